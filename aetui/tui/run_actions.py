"""What screens ask for about runs, carried out. `BadInput` says why something is impossible."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Final

from aetui.errors import BadInput
from aetui.processes.controller import Outcome, TrainerController
from aetui.processes.monitor import RunMonitor
from aetui.processes.snapshots import Snapshot
from aetui.processes.wishes import Compare, Follow, Pick, Refresh, Wish
from aetui.runs.keeping import check_changeable, delete_run, rename_run, write_note
from aetui.runs.summary import RunSummary
from aetui.tui.dialogs.open import Dialogs
from aetui.tui.messages import ChooseRun, EditSettings, RunChange, StartAll, TrainerCommand

PATIENCE: Final = 5.0  # seconds; a disk that hangs must not keep all keys waiting
READ_ONLY: Final = "this app was launched with --read-only: it changes nothing"


class RunActions:
    """One at a time: each sees the snapshot that shows what came of the one before."""

    def __init__(
        self,
        controller: TrainerController,
        monitor: RunMonitor,
        dialogs: Dialogs,
        say: Callable[[str], None],
        *,
        read_only: bool,
    ) -> None:
        self._controller = controller
        self._monitor = monitor
        self._dialogs = dialogs
        self._say = say
        self._read_only = read_only
        self._snapshot = Snapshot()
        self._acting = asyncio.Lock()
        self._published = asyncio.Condition()

    async def take_snapshot(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        async with self._published:
            self._published.notify_all()

    async def command(self, command: TrainerCommand) -> list[Outcome]:
        """Start, pause, stop or resume one training."""
        self._check_writable()
        model, settings, epochs = command.model, command.settings, None
        if command.action == "resume":
            finished = self._controller.finished_run(model, self._snapshot)
            if finished and (epochs := await self._dialogs.ask_epochs(finished)) is None:
                return []

        def act() -> list[Outcome]:
            action, data = command.action, command.data
            return [self._controller.act(action, model, self._snapshot, settings, data, epochs)]

        outcomes = await self._carry_out(act)
        if command.action == "start" and settings is not None:
            self._dialogs.forget_settings(model)
        return outcomes

    async def start_all(self, command: StartAll) -> list[Outcome]:
        return await self._carry_out(
            lambda: self._controller.start_all(command.models, self._snapshot)
        )

    async def _carry_out(self, act: Callable[[], list[Outcome]]) -> list[Outcome]:
        self._check_writable()
        async with self._acting:
            outcomes = await asyncio.to_thread(act)
            self._say(" ".join(outcome.sentence for outcome in outcomes))
            for outcome in outcomes:
                if outcome.wish is not None:
                    await self._wish(outcome.wish)
        return outcomes

    def _check_writable(self) -> None:
        if self._read_only:
            raise BadInput(f"{READ_ONLY}.")

    async def _wish(self, wish: Wish) -> None:
        """Have the monitor carry it out, and wait for the snapshot that shows it."""
        number = self._monitor.ask(wish)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE), self._published:
                await self._published.wait_for(lambda: self._snapshot.wishes >= number)

    async def edit(self, wish: EditSettings) -> TrainerCommand | None:
        """The command to start a run, or to change one that trains; None where it was cancelled."""
        self._check_writable()
        if not wish.of_training:
            return await self.edit_settings(wish.model, wish.like)
        run = self._controller.changing_run(wish.model, self._snapshot)
        settings = await self._dialogs.change_settings(run)
        return None if settings is None else TrainerCommand("change", wish.model, settings)

    async def edit_settings(
        self, model: str, like: RunSummary | None = None
    ) -> TrainerCommand | None:
        """Open the settings form; filled with those of the run `like`, if there is one."""
        self._check_writable()
        self._controller.check_start(model, self._snapshot)
        return await self._dialogs.edit_settings(model, like)

    async def choose_run(self, wish: ChooseRun) -> TrainerCommand | None:
        """Open the list of runs, and show the one chosen; or start another with its settings."""
        chosen = await self._dialogs.choose_run(wish)
        if chosen is None:
            return None
        if chosen.use == "settings":
            return await self.edit_settings(chosen.run.config.model, chosen.run)
        await self.compare(chosen.marked)
        if chosen.marked and wish.capability == "plane":
            self._say("Marked. Scatter shows another run's map beside; enter on Train, the curves.")
        elif chosen.marked:
            self._dialogs.show_chart(chosen.run.config.model)
        else:
            await self._wish(Pick(chosen.run.path))
        return None

    async def compare(self, paths: tuple[Path, ...]) -> None:
        """Follow these runs, to be drawn in one chart."""
        if paths != tuple(run.path for run in self._snapshot.compared):
            await self._wish(Compare(paths))

    async def change_run(self, change: RunChange) -> None:
        """Delete or rename the run, or note something about it, after asking."""
        self._check_writable()
        run = change.run
        allowed = change.what == "note"
        await asyncio.to_thread(check_changeable, run.path, while_training=allowed)
        match change.what:
            case "delete":
                if not await self._dialogs.ask_delete(run):
                    return
                await asyncio.to_thread(delete_run, run.path)
                self._say(f"Deleted {run.name}.")
            case "rename":
                if not (name := await self._dialogs.ask_name(run)):
                    return
                renamed = await asyncio.to_thread(rename_run, run.path, name)
                self._say(f"Renamed {run.name} to {renamed.name}.")
                await self._wish(Refresh())
                if change.is_shown:
                    await self._wish(Pick(renamed))
            case "note":
                if (text := await self._dialogs.ask_note(run)) is None:
                    return
                await asyncio.to_thread(write_note, run.path, text)
                self._say(f"Noted about {run.name}." if text else f"{run.name} has no note now.")
        await self._wish(Refresh())


def is_started(outcomes: list[Outcome]) -> bool:
    """Whether a trainer was started."""
    return any(isinstance(outcome.wish, Follow) for outcome in outcomes)
