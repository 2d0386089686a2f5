"""The app: a thin shell of five modes, the keys that work everywhere, and the one route of errors."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from functools import partial
from importlib import import_module
from pathlib import Path

from textual import on
from textual.app import App
from textual.binding import Binding

from aetui.board import Board
from aetui.config import MODELS, BadInput, Model
from aetui.inference import Inference
from aetui.processes import TrainerOptions
from aetui.terminal import Look
from aetui.tui.commands import TrainerDesk
from aetui.tui.leaving import leave_on_signals
from aetui.tui.messages import OpenPoint, PickRun, Problem, TrainerCommand
from aetui.tui.screen import MODES, ModeScreen
from aetui.tui.stylesheet import PatientStylesheet
from aetui.tui.theme import DARK
from aetui.tui.wire import Wire, driver_for

POLL_EVERY = 0.5  # seconds


class AetuiApp(App[None]):
    """Shows what the run directories say. It owns no state of a training: close it, open two of them."""

    CSS_PATH = "app.tcss"
    DEFAULT_MODE = "train"
    TITLE = "aetui"
    BINDINGS = [
        *(
            Binding(f"{number},{key}", f"switch_mode('{mode}')", mode.capitalize(), show=False)
            for number, (mode, key) in enumerate(MODES.items(), 1)
        ),
        Binding("question_mark", "help", "Help", key_display="?"),
        Binding("q", "quit", "Quit"),
        Binding("ctrl+l", "redraw", "Redraw", show=False),
    ]

    def __init__(
        self, runs: Path, options: TrainerOptions, inference: Inference, look: Look | None = None, shipped: tuple[Path, ...] = ()
    ) -> None:
        look = look or Look()
        self._wire = Wire(colours=look.colours != "none", ascii_only=look.ascii_only)
        super().__init__(driver_class=driver_for(self._wire))
        self.farewell = ""
        self._board = Board(runs, *shipped)
        self._desk = TrainerDesk(self._board, options)
        self._inference = inference
        self._look = look
        self._polling = False
        self.register_theme(DARK)
        self.theme = DARK.name
        self.stylesheet = PatientStylesheet(variables=self.get_css_variables())
        for mode in MODES:
            self.add_mode(mode, partial(self._make_screen, mode))

    def get_default_screen(self) -> ModeScreen:
        """The first screen; there is no other below it."""
        return self._make_screen(self.DEFAULT_MODE)

    def _make_screen(self, mode: str) -> ModeScreen:
        """The screen of a mode. Imported late: the first picture needs only the first screen."""
        module = import_module(f"aetui.tui.{mode}")
        screen: type[ModeScreen] = getattr(module, f"{mode.capitalize()}Screen")
        return screen(self._board, self._inference, self._look)

    def on_mount(self) -> None:
        """Look at the directories, now and from now on."""
        if not self.is_headless:
            leave_on_signals(self)
        self.call_after_refresh(self._start_polling)

    async def _start_polling(self) -> None:
        """The first picture is there: fill it, then make ready what the other screens need."""
        await self._poll()
        self.run_worker(self._listen(), group="listen")
        self.set_interval(POLL_EVERY, lambda: self.run_worker(self._poll(), group="poll"))
        self.run_worker(asyncio.to_thread(_load_screens), group="load")

    async def _poll(self) -> None:
        """Read what is new off the screen's own thread: a file system may be slow, and a metrics file long."""
        if self._polling:
            return
        self._polling = True
        try:
            changed = await asyncio.to_thread(self._board.poll)
        finally:
            self._polling = False
        while self._board.complaints:
            self.post_message(Problem(self._board.complaints.popleft()))
        if changed:
            self._tell(changed)

    def _tell(self, models: frozenset[Model]) -> None:
        for screen in self.screen_stack:
            if isinstance(screen, ModeScreen):
                screen.look(models)

    async def _listen(self) -> None:
        """Pass on what the inference process says unasked."""
        async for notice in self._inference.notices():
            if message := notice.header.get("message"):
                self.post_message(Problem(message))
            self._tell(frozenset(MODELS))

    @on(TrainerCommand)
    async def _command_trainer(self, command: TrainerCommand) -> None:
        try:
            said = self._desk.do(command.action, command.model, command.settings)
        except BadInput as error:
            self.post_message(Problem(str(error)))
            return
        if said:
            self.notify(said)
        await self._poll()

    @on(PickRun)
    def _pick_run(self, wish: PickRun) -> None:
        from aetui.tui.picker import RunPicker

        runs, shown = self._board.runs_of(wish.model), self._board.current(wish.model)
        if not runs:
            self.notify(f"There is no {wish.model} run yet; b on the Train screen starts one.")
            return
        picked = self.push_screen_wait(RunPicker(wish.model, runs, shown.path if shown else None))
        self.run_worker(self._show_picked(wish.model, picked), group="pick")

    async def _show_picked(self, model: Model, picked: Awaitable[Path | None]) -> None:
        if (path := await picked) is not None:
            self._board.pick(model, path)
            await self._poll()

    @on(OpenPoint)
    async def _open_point(self, point: OpenPoint) -> None:
        await self.switch_mode("navigate")
        if isinstance(self.screen, ModeScreen):
            self.screen.go_to(point.x, point.y)

    @on(Problem)
    def _show_problem(self, problem: Problem) -> None:
        """The one route of errors: every refusal comes by here."""
        self.notify(problem.text, severity="error", timeout=8, markup=False)

    def action_help(self) -> None:
        """Show the keys of this screen."""
        if isinstance(self.screen, ModeScreen):
            bindings = [binding for binding in type(self.screen).BINDINGS if isinstance(binding, Binding)]
            from aetui.tui.help import HelpScreen

            self.push_screen(HelpScreen(self.screen.MODE, bindings))

    def action_redraw(self) -> None:
        """Paint everything anew, for a terminal that something else has written to."""
        self._wire.forget()
        self.refresh(repaint=True, layout=True)

    async def action_quit(self) -> None:
        """Leave, and say which trainings go on."""
        names = ", ".join(watch.name for watch in self._board.running())
        self.farewell = f"still training: {names}; `aetui launch` shows it again, `aetui runs` lists all" if names else ""
        self.exit()


def _load_screens() -> None:
    """Import what the other screens need, so that the first visit to each is as quick as the second."""
    for mode in MODES:
        import_module(f"aetui.tui.{mode}")
