"""Carries out what the screens ask for: each message of theirs, and who answers it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

from textual import on
from textual.app import App

from aetui.processes.controller import Outcome
from aetui.processes.monitor import RunMonitor
from aetui.processes.wishes import HoldEpoch, ShowAxes, UseCheckpoint
from aetui.tui.dialogs.open import Dialogs
from aetui.tui.figure_actions import FigureActions
from aetui.tui.guide import Guide
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
    RunChange,
    SaveFigure,
    ShowCheckpoint,
    ShowLog,
    StartAll,
    TrainerCommand,
)
from aetui.tui.run_actions import RunActions, is_started
from aetui.tui.screens.base import ModeScreen

T = TypeVar("T")


class RequestApp(App[None]):
    """An app that answers its screens. A class below it makes the parts that act."""

    _monitor: RunMonitor
    _dialogs: Dialogs
    _actions: RunActions
    _figures: FigureActions
    _guide: Guide

    def _run_task(self, task: Coroutine[Any, Any, None]) -> None:
        """Run `task` beside the app. An exception in it becomes a message, not the app's end."""
        self.run_worker(task, exit_on_error=False)

    @on(TrainerCommand)
    def _command_trainer(self, command: TrainerCommand) -> None:
        self._run_task(self._note_start(self._actions.command(command)))

    @on(StartAll)
    def _start_all(self, command: StartAll) -> None:
        self._run_task(self._note_start(self._actions.start_all(command)))

    async def _note_start(self, acting: Coroutine[Any, Any, list[Outcome]]) -> None:
        if is_started(await acting):
            self._guide.note("train")

    @on(EditSettings)
    def _edit_settings(self, wish: EditSettings) -> None:
        self._run_task(self._send_on(self._actions.edit(wish)))

    @on(ChooseRun)
    def _choose_run(self, wish: ChooseRun) -> None:
        self._run_task(self._send_on(self._actions.choose_run(wish)))

    @on(CompareRuns)
    def _compare_runs(self, wish: CompareRuns) -> None:
        self._run_task(self._actions.compare(wish.paths))

    @on(OpenChart)
    def _open_chart(self, wish: OpenChart) -> None:
        self._dialogs.show_chart(wish.model)

    async def _send_on(self, asking: Coroutine[Any, Any, TrainerCommand | None]) -> None:
        if (command := await asking) is not None:
            self.post_message(command)

    @on(RunChange)
    def _change_run(self, change: RunChange) -> None:
        self._run_task(self._actions.change_run(change))

    @on(ShowLog)
    def _show_log(self, wish: ShowLog) -> None:
        self._dialogs.show_log(wish.run)

    @on(AskPath)
    def _ask_path(self, wish: AskPath) -> None:
        self._run_task(_answer(self._dialogs.ask_path(wish.title), wish.answered))

    @on(SaveFigure)
    def _save_figure(self, wish: SaveFigure) -> None:
        self._run_task(self._figures.save(wish))

    @on(AskText)
    def _ask_text(self, wish: AskText) -> None:
        asking = self._dialogs.ask_text(wish.title, wish.meaning)
        self._run_task(_answer(asking, wish.answered))

    @on(HoldMapEpoch)
    def _hold_epoch(self, wish: HoldMapEpoch) -> None:
        self._monitor.ask(HoldEpoch(wish.epoch))

    @on(ShowCheckpoint)
    def _show_checkpoint(self, wish: ShowCheckpoint) -> None:
        self._monitor.ask(UseCheckpoint(wish.run, wish.best))

    @on(ChooseAxes)
    def _choose_axes(self, wish: ChooseAxes) -> None:
        self._monitor.ask(ShowAxes(wish.axes))

    @on(OpenCode)
    async def _open_code(self, wish: OpenCode) -> None:
        await self.switch_mode("navigate")
        if isinstance(self.screen, ModeScreen):
            self.screen.go_to_code(wish.code)


async def _answer(asking: Awaitable[T | None], answered: Callable[[T], None]) -> None:
    """Pass the answer on, unless the question was cancelled."""
    if answer := await asking:
        answered(answer)
