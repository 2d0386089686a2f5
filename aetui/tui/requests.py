"""Carries out what the screens ask for: each request of theirs, and who answers it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine
from functools import singledispatchmethod
from pathlib import Path
from typing import Any, TypeVar

from textual.app import App

from aetui.processes.controller import Outcome, TrainerController
from aetui.processes.monitor import RunMonitor
from aetui.processes.snapshots import Snapshot
from aetui.processes.trainer_options import TrainerOptions
from aetui.processes.wishes import HoldEpoch, ShowAxes, UseCheckpoint
from aetui.tui.dialogs.open import Dialogs
from aetui.tui.figure_actions import FigureActions
from aetui.tui.messages import (
    AskPath,
    AskText,
    ChooseAxes,
    ChooseRun,
    CompareRuns,
    EditSettings,
    HoldMapEpoch,
    OpenChart,
    OpenCode,
    Request,
    RunChange,
    SaveFigure,
    ShowCheckpoint,
    ShowLog,
    StartAll,
    TrainerCommand,
)
from aetui.tui.run_actions import RunActions, is_started
from aetui.tui.screens.base import ModeScreen, Services

T = TypeVar("T")


class Requests:
    """Answers the screens of an app. `run_task` runs a task beside it."""

    def __init__(
        self,
        app: App[None],
        services: Services,
        runs: Path,
        options: TrainerOptions,
        monitor: RunMonitor,
        run_task: Callable[[Coroutine[Any, Any, None]], None],
        *,
        read_only: bool,
    ) -> None:
        self._app, self._run_task = app, run_task
        self._guide = services.guide
        self._monitor = monitor
        controller = TrainerController(runs, options)
        self._dialogs = dialogs = Dialogs(app, services, options.data)
        self._actions = RunActions(controller, monitor, dialogs, self._say, read_only=read_only)
        self._figures = FigureActions(
            options, dialogs, services.underway, self._say, read_only=read_only
        )

    def _say(self, text: str) -> None:
        self._app.notify(text, markup=False)

    async def take_snapshot(self, snapshot: Snapshot) -> None:
        """Let what waits for the outcome of a request see it."""
        await self._actions.take_snapshot(snapshot)

    def show_help(self, screen: ModeScreen) -> None:
        """Show the keys of that screen."""
        self._dialogs.show_help(screen)

    @singledispatchmethod
    def answer(self, request: Request) -> Coroutine[Any, Any, None] | None:
        """Carry out what a screen asks for; what is returned is to end before the next request."""
        raise NotImplementedError(type(request).__name__)

    @answer.register(TrainerCommand)
    def _command_trainer(self, command: TrainerCommand) -> None:
        self._run_task(self._note_start(self._actions.command(command)))

    @answer.register(StartAll)
    def _start_all(self, command: StartAll) -> None:
        self._run_task(self._note_start(self._actions.start_all(command)))

    async def _note_start(self, acting: Coroutine[Any, Any, list[Outcome]]) -> None:
        if is_started(await acting):
            self._guide.note("train")

    @answer.register(EditSettings)
    def _edit_settings(self, wish: EditSettings) -> None:
        self._run_task(self._send_on(self._actions.edit(wish)))

    @answer.register(ChooseRun)
    def _choose_run(self, wish: ChooseRun) -> None:
        self._run_task(self._send_on(self._actions.choose_run(wish)))

    @answer.register(CompareRuns)
    def _compare_runs(self, wish: CompareRuns) -> None:
        self._run_task(self._actions.compare(wish.paths))

    @answer.register(OpenChart)
    def _open_chart(self, wish: OpenChart) -> None:
        self._dialogs.show_chart(wish.model)

    async def _send_on(self, asking: Coroutine[Any, Any, TrainerCommand | None]) -> None:
        if (command := await asking) is not None:
            self._app.post_message(command)

    @answer.register(RunChange)
    def _change_run(self, change: RunChange) -> None:
        self._run_task(self._actions.change_run(change))

    @answer.register(ShowLog)
    def _show_log(self, wish: ShowLog) -> None:
        self._dialogs.show_log(wish.run)

    @answer.register(AskPath)
    def _ask_path(self, wish: AskPath) -> None:
        self._run_task(_answer(self._dialogs.ask_path(wish.title), wish.answered))

    @answer.register(SaveFigure)
    def _save_figure(self, wish: SaveFigure) -> None:
        self._run_task(self._figures.save(wish))

    @answer.register(AskText)
    def _ask_text(self, wish: AskText) -> None:
        asking = self._dialogs.ask_text(wish.title, wish.meaning)
        self._run_task(_answer(asking, wish.answered))

    @answer.register(HoldMapEpoch)
    def _hold_epoch(self, wish: HoldMapEpoch) -> None:
        self._monitor.ask(HoldEpoch(wish.epoch))

    @answer.register(ShowCheckpoint)
    def _show_checkpoint(self, wish: ShowCheckpoint) -> None:
        self._monitor.ask(UseCheckpoint(wish.run, wish.best))

    @answer.register(ChooseAxes)
    def _choose_axes(self, wish: ChooseAxes) -> None:
        self._monitor.ask(ShowAxes(wish.axes))

    @answer.register(OpenCode)
    async def _open_code(self, wish: OpenCode) -> None:
        await self._app.switch_mode("navigate")
        if isinstance(self._app.screen, ModeScreen):
            self._app.screen.go_to_code(wish.code)


async def _answer(asking: Awaitable[T | None], answered: Callable[[T], None]) -> None:
    """Pass the answer on, unless the question was cancelled."""
    if answer := await asking:
        answered(answer)
