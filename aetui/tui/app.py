"""The app: a thin shell of screens, the keys that work everywhere, and the one route of errors."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable, Sequence
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from textual import events, on
from textual.app import App, SystemCommand
from textual.binding import Binding
from textual.screen import Screen
from textual.theme import Theme
from textual.worker import Worker, WorkerState

from aetui.catalog import add_model
from aetui.preferences import write_preferences
from aetui.processes.inference import Inference
from aetui.processes.trainer_options import TrainerOptions
from aetui.spec_json import spec_from_object
from aetui.terminal import TerminalProfile
from aetui.terminal.device import TerminalDevice
from aetui.tui.farewell import farewell
from aetui.tui.guide import Guide
from aetui.tui.messages import ErrorMessage, Request, SnapshotPublished
from aetui.tui.modes import MODES, load_screens
from aetui.tui.screens.base import ModeScreen, Services, SnapshotScreen
from aetui.tui.screens.run_status import fault_text
from aetui.tui.textual_internals.diff_driver import OutputDiff, driver_for
from aetui.tui.textual_internals.exit_signals import leave_on_signals
from aetui.tui.textual_internals.keymap import Keymap
from aetui.tui.textual_internals.stylesheet import CachedStylesheet
from aetui.tui.theme import THEMES, THEMES_BY_NAME, first_theme
from aetui.tui.underway import Underway

if TYPE_CHECKING:
    from aetui.processes.monitor import RunMonitor
    from aetui.processes.snapshots import Snapshot
    from aetui.tui.requests import Requests

ERROR_SECONDS: Final = 8.0  # that an error message stays


class AetuiApp(App[None]):
    """Shows what the run directories say. It owns no state of a training: close it, open two."""

    CSS_PATH = "app.tcss"
    DEFAULT_MODE = "train"
    TITLE = "aetui"
    BINDINGS = [
        Binding("question_mark,f1", "help", "Help", key_display="?"),
        Binding("q", "quit", "Quit"),
        Binding("ctrl+l", "redraw", "Redraw", show=False),
        Binding("ctrl+p", "command_palette", "Palette", show=False, priority=True),
        Binding("f2", "command_palette", show=False),  # some editors keep ctrl+p
        Binding("ctrl+z", "suspend_process", "Suspend", show=False),
        Binding("escape", "stop", "Give up a figure, else end the guide", show=False),
    ]

    def __init__(
        self,
        runs: Path,
        options: TrainerOptions,
        inference: Inference,
        profile: TerminalProfile | None = None,
        shipped: Sequence[Path] = (),
        terminal: TerminalDevice | None = None,
        *,
        read_only: bool = False,
    ) -> None:
        profile = profile or TerminalProfile()
        self._diff = OutputDiff(
            colours=profile.colours != "none",
            ascii_only=profile.ascii_only,
            follow=not profile.plain_output,
        )
        super().__init__(driver_class=driver_for(self._diff, terminal))
        self.farewell = ""
        self._runs, self._shipped = runs, shipped
        self._options = options
        self._read_only = read_only
        self._inference = inference
        self._snapshot: Snapshot | None = None
        self._errors_shown: frozenset[str] = frozenset()
        self._loads_screens = False
        self._guide = Guide(self._guide_changed)
        self._own_keys = Keymap(profile.keymap)
        modes, newest = tuple(MODES), lambda: self._snapshot
        self._underway = Underway(self._show_underway)
        self._services = Services(modes, inference, profile, newest, self._guide, self._underway)
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = first_theme(profile)
        self.stylesheet = CachedStylesheet(variables=self.get_css_variables())
        for number, mode in enumerate(MODES, 1):
            self.add_mode(mode.name, partial(self._make_screen, mode.name))
            action = f"switch_mode('{mode.name}')"
            self.bind(f"{number},{mode.key}", action, description=mode.title, show=False)

    @cached_property
    def _monitor(self) -> RunMonitor:
        """Imported when it is first wanted, as is what answers requests.

        That is once the first picture stands, which comes 5 ms sooner.
        """
        from aetui.processes.monitor import RunMonitor

        return RunMonitor(self._runs, *self._shipped, publish=self._publish)

    @cached_property
    def _requests(self) -> Requests:
        from aetui.tui.requests import Requests

        return Requests(
            self,
            self._services,
            self._runs,
            self._options,
            self._monitor,
            self._run_task,
            read_only=self._read_only,
        )

    @property
    def available_themes(self) -> dict[str, Theme]:
        """Only those under which every screen has been looked at."""
        return THEMES_BY_NAME

    def get_default_screen(self) -> ModeScreen:
        """The first screen; there is no other below it."""
        return self._make_screen(self.DEFAULT_MODE)

    def _make_screen(self, name: str) -> ModeScreen:
        mode = next(mode for mode in MODES if mode.name == name)
        return mode.load()(self._services)

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """The command palette: Textual's own entries, then those of the screen."""
        yield from super().get_system_commands(screen)
        if isinstance(screen, SnapshotScreen):
            yield from (SystemCommand(*command) for command in screen.commands())

    def on_mount(self) -> None:
        if not self.is_headless:
            leave_on_signals(self)
        self.theme_changed_signal.subscribe(self, self._keep_theme)
        if hint := self._services.profile.hint:
            self.notify(hint, timeout=ERROR_SECONDS)
        self.call_after_refresh(self._start_watching)

    def _start_watching(self) -> None:
        """The first picture stands: fill it. What the other screens need is loaded after that."""
        self._monitor.start()
        self._run_task(self._listen())
        self._run_task(self._open_guide())

    def _run_task(self, task: Coroutine[Any, Any, None]) -> None:
        """Run `task` beside the app. An exception in it becomes a message, not the app's end."""
        self.run_worker(task, exit_on_error=False)

    @on(Request)
    async def _answer(self, request: Request) -> None:
        if (answering := self._requests.answer(request)) is not None:
            await answering

    def _keep_theme(self, theme: Theme) -> None:
        self._run_task(asyncio.to_thread(_write_theme, theme.name))

    async def on_event(self, event: events.Event) -> None:
        if isinstance(event, events.Key) and not event.is_forwarded:
            event = self._own_keys.translated(event, self.focused)
        await super().on_event(event)

    async def _open_guide(self) -> None:
        await asyncio.to_thread(self._guide.load)
        self._show_guide()

    def _show_guide(self) -> None:
        if isinstance(self.screen, ModeScreen):
            self.screen.show_guide()

    def _show_underway(self) -> None:
        if isinstance(self.screen, ModeScreen):
            self.screen.show_underway()

    def _guide_changed(self) -> None:
        self._show_guide()
        self._run_task(asyncio.to_thread(self._guide.save))

    def action_stop(self) -> None:
        """Give up what is under way; where nothing is, end the guide."""
        if self._underway.stop is not None:
            self._underway.stop()
        else:
            self._guide.end()

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        if event.state is WorkerState.ERROR:
            self.post_message(ErrorMessage(fault_text(event.worker.error)))

    def on_unmount(self) -> None:
        self._monitor.stop()

    def _publish(self, snapshot: Snapshot) -> None:
        """Called in the monitor's thread."""
        self.post_message(SnapshotPublished(snapshot))

    @on(SnapshotPublished)
    async def _show_snapshot(self, message: SnapshotPublished) -> None:
        self._snapshot = message.snapshot
        await self._requests.take_snapshot(message.snapshot)
        errors = frozenset(message.snapshot.read_errors)
        for error in sorted(errors - self._errors_shown):
            self.post_message(ErrorMessage(error))
        self._errors_shown = errors
        self._refresh_screens(message.snapshot)
        if message.snapshot.indexed and not self._loads_screens:
            self._loads_screens = True
            self.call_after_refresh(self._run_task, asyncio.to_thread(load_screens))

    def _refresh_screens(self, snapshot: Snapshot) -> None:
        for screen in self.screen_stack:
            if isinstance(screen, SnapshotScreen) and screen.is_mounted:
                screen.take_snapshot(snapshot)

    async def _listen(self) -> None:
        """Show what the inference process reports, and ask again with its newest weights."""
        async for notice in self._inference.notices():
            if message := notice.header.get("message"):
                self.post_message(ErrorMessage(message))
            if spec := notice.header.get("spec"):
                add_model(spec_from_object(spec))
            if self._snapshot is not None:
                self._refresh_screens(self._snapshot)

    @on(ErrorMessage)
    def _show_error(self, message: ErrorMessage) -> None:
        """The one route of errors: every refusal is shown here."""
        self.notify(message.text, severity="error", timeout=ERROR_SECONDS, markup=False)

    def action_help(self) -> None:
        """Show the keys of this screen."""
        if isinstance(self.screen, ModeScreen):
            self._requests.show_help(self.screen)

    def action_redraw(self) -> None:
        """Repaint the screen, for a terminal that something else has written to."""
        self._diff.forget()
        self.refresh(repaint=True, layout=True)

    async def action_quit(self) -> None:
        """Leave, and say which trainings continue."""
        self.farewell = farewell(self._snapshot, self._runs)
        if self._guide.end_by_leaving():
            await asyncio.to_thread(self._guide.save)
        self.exit()


def _write_theme(name: str) -> None:
    write_preferences(theme=name)
