"""What the screens share: the bars, how they are given snapshots, how they ask for pictures."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding
from textual.geometry import Size
from textual.widget import Widget
from textual.widgets import Static
from textual.worker import Worker, WorkerState

from aetui.errors import BadInput, printable
from aetui.model_spec import Capability
from aetui.processes.inference import Inference, Superseded
from aetui.terminal import TerminalProfile
from aetui.tui.bars import GuideLine, Help, KeyBar, Tab, TopBar, UnderwayLine
from aetui.tui.guide import Guide
from aetui.tui.messages import ChooseRun, EditSettings, ErrorMessage
from aetui.tui.screens.checkpoint_choice import checkpoint_commands
from aetui.tui.screens.run_colours import RunColours
from aetui.tui.screens.run_commands import copy_commands, run_commands
from aetui.tui.screens.run_status import empty_text, fault_text, status_lines
from aetui.tui.screens.saving import SAVE_BINDING, SavingScreen
from aetui.tui.underway import Underway

if TYPE_CHECKING:
    from aetui.processes.snapshots import RunSnapshot, Snapshot
    from aetui.protocol import Array, Packet
    from aetui.runs.basis import Floats

Command = tuple[str, str, Callable[[], Any]]
"""An entry of the command palette: its name, a line of help, what it does."""


@dataclass(frozen=True)
class Services:
    """What the app lends its screens."""

    tabs: tuple[Tab, ...]
    inference: Inference
    profile: TerminalProfile
    snapshot: Callable[[], Snapshot | None]  # the newest that the app was given
    guide: Guide
    underway: Underway
    run_colours: RunColours = field(default_factory=RunColours)


class SnapshotScreen(SavingScreen):
    """Any screen that the app gives snapshots."""

    _fault = ""  # of the newest snapshot

    @cached_property
    def snapshot(self) -> Snapshot:
        """What is shown: at first nothing, then what `take_snapshot` was given last.

        A screen that is not on top is behind the app's newest, but of one piece.
        """
        from aetui.processes.snapshots import Snapshot  # not for the first picture

        return Snapshot()

    def take_snapshot(self, snapshot: Snapshot) -> None:
        """Show it. A picture that fails becomes a message, once, and not the end of the app."""
        self.snapshot = snapshot
        fault = ""
        try:
            self.show_snapshot(snapshot)
        except Exception as error:  # noqa: BLE001  whatever it is, the other screens work
            self.log.error(traceback.format_exc())
            fault = fault_text(error)
        if fault and fault != self._fault:
            self.post_message(ErrorMessage(fault))
        self._fault = fault

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Show the run directories as they are now."""
        raise NotImplementedError

    def commands(self) -> Iterable[Command]:
        """What the command palette offers here beyond what it offers everywhere."""
        return ()


class ModeScreen(SnapshotScreen):
    """A screen of the app. It is given snapshots, asks the inference process, posts messages."""

    NAME: ClassVar[str]
    CAPABILITY: ClassVar[Capability | None] = None  # what the run that it shows must have
    SMALLEST: ClassVar[tuple[int, int]] = (80, 24)  # (columns, rows)
    BINDINGS = [Binding("Y", "copy", "Copy", show=False), SAVE_BINDING]
    PAGE: ClassVar[Help | None] = None  # of a screen that is not one of the tabs
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-wide")]
    VERTICAL_BREAKPOINTS = [(0, "-short"), (24, "-tall")]

    def __init__(self, services: Services) -> None:
        super().__init__()
        self.services = services

    def compose(self) -> ComposeResult:
        yield TopBar(self.services.tabs, self.NAME)
        yield from self.body()
        yield Static(id="too-small")
        yield GuideLine(self.services.guide)
        yield UnderwayLine(self.services.underway)
        yield KeyBar(self.BINDINGS)

    def body(self) -> Iterable[Widget]:
        """The screen's own widgets."""
        raise NotImplementedError

    def commands(self) -> Iterable[Command]:
        """All that needs a letter: some keyboards have others. And what has no key."""
        if self.CAPABILITY:
            yield "Runs", "Choose the run that is shown (o)", self.action_choose_run
        yield from self.figure_commands()
        if (run := self.copied_run) is not None:
            yield from copy_commands(run, self.copy)
            yield from checkpoint_commands(run, self.post_message)
            listed = next((line for line in self.snapshot.runs if line.path == run.path), None)
            if listed is not None:
                edit = partial(self.post_message, EditSettings(listed.config.model, like=listed))
                yield from run_commands(self, listed, edit, is_shown=True)

    @property
    def copied_run(self) -> RunSnapshot | None:
        """The run of which path and command are copied."""
        return self.run_shown

    def copy(self, text: str) -> None:
        """Put `text` on the clipboard of the person's terminal (OSC 52)."""
        self.app.copy_to_clipboard(text)
        self.notify(f"Copied: {printable(text, 200)}", markup=False)

    def action_copy(self) -> None:
        """Copy what a person most likely wants of this screen: here the command of the run."""
        if (run := self.copied_run) is not None:
            self.copy(run.config.command or str(run.path.absolute()))

    def go_to_code(self, code: Floats) -> None:
        """Show that code [latent_dim], if this screen can."""

    @property
    def run_shown(self) -> RunSnapshot | None:
        """The run that this screen shows."""
        return self.snapshot.views.get(self.CAPABILITY) if self.CAPABILITY else None

    def on_screen_resume(self) -> None:
        """Show what has happened since the screen was last seen."""
        self.services.guide.note_screen(self.NAME)
        self.show_guide()
        self.show_underway()
        newest = self.services.snapshot()
        if newest is not None and newest.indexed:
            self.take_snapshot(newest)

    def on_resize(self) -> None:
        """Below the smallest size, say so in place of a broken picture."""
        width, height = self.app.size
        columns, rows = self.SMALLEST
        small = width < columns or height < rows
        self.set_class(small, "-too-small")
        if small:
            text = f"This screen needs {columns}x{rows}; the terminal has {width}x{height}."
            self.query_one("#too-small", Static).update(text)

    def show_guide(self) -> None:
        """Show the guide's step as it is now."""
        if self.is_mounted:
            self.query_one(GuideLine).draw()

    def show_underway(self) -> None:
        """Show what the app is doing beside its screens."""
        if self.is_mounted:
            self.query_one(UnderwayLine).draw()

    @property
    def room(self) -> Size:
        """The size of the content, or of the placeholder that stands in its place."""
        return self.query_one("#content").size or self.query_one("#empty").size

    def show_placeholder(self, text: str) -> None:
        """Put `text` in place of the content; "" brings the content back."""
        self.set_class(bool(text), "-empty")
        if text:
            self.query_one("#empty", Static).update(text)

    def show_status(self) -> None:
        """Name the run in the top bar."""
        run = self.run_shown
        self.query_one(TopBar).show(*(status_lines(run) if run else ("",)))

    def empty_text(self) -> str:
        """What stands in the place of pictures that cannot be had yet, and what to press."""
        return empty_text(self.run_shown, self.CAPABILITY)

    def action_choose_run(self) -> None:
        if self.CAPABILITY:
            self.post_message(ChooseRun(capability=self.CAPABILITY))

    def run_task(
        self, task: Coroutine[Any, Any, None], group: str, *, newest: bool = False
    ) -> None:
        """Run `task` beside the screen; `newest` takes the place of the group's other tasks.

        An exception in it becomes a message, not the end of the app.
        """
        self.run_worker(task, group=group, exclusive=newest, exit_on_error=False)

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        if event.state is WorkerState.ERROR:
            error = event.worker.error
            self.post_message(ErrorMessage(fault_text(error)))

    async def ask(
        self, kind: str, arrays: dict[str, Array] | None = None, **values: Any
    ) -> Packet | None:
        """The reply for this screen's run; None where that is out of date by now, or failed."""
        run = self.run_shown
        if run is None or not run.has_checkpoint:
            return None
        return await self.ask_run(run, kind, arrays, **values)

    async def ask_run(
        self, run: RunSnapshot, kind: str, arrays: dict[str, Array] | None = None, **values: Any
    ) -> Packet | None:
        """The same for any run."""
        try:
            inference = self.services.inference
            if run.uses_best and run.best is not None:
                values = {"epoch": run.best.epoch, **values, "best": True}
            return await inference.ask(kind, run.path, arrays, identity=run.identity, **values)
        except Superseded:
            return None
        except BadInput as error:
            self.post_message(ErrorMessage(str(error)))
            return None
