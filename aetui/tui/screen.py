"""What the five screens share: the bar at the top, the keys at the bottom, and how they hear of news."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, ClassVar, Final

from textual.app import ComposeResult
from textual.binding import Binding
from textual.content import Content
from textual.screen import Screen
from textual.style import Style
from textual.widget import Widget
from textual.widgets import Static

from aetui.board import Board, RunWatch
from aetui.config import MODELS, BadInput, Model, printable
from aetui.inference import Inference, Superseded
from aetui.terminal import Look
from aetui.tui.messages import PickRun, Problem

if TYPE_CHECKING:
    from aetui.frames import Array, Frame

MODES: Final = {"train": "t", "denoise": "d", "scatter": "l", "manifold": "m", "navigate": "n"}
SMALLEST: Final = (80, 24)


class TopBar(Static):
    """One line: the five modes with their keys, the current one marked, and at the right what is shown."""

    def __init__(self, mode: str) -> None:
        super().__init__(id="top-bar")
        self._mode = mode
        self._status: tuple[str, ...] = ()

    def show(self, *status: str) -> None:
        """Say at the right what the screen shows: the longest of the `status` that fits."""
        if status != self._status:
            self._status = status
            self._draw()

    def on_resize(self) -> None:
        """Keep the status at the right edge."""
        self._draw()

    def _draw(self) -> None:
        parts: list[tuple[str, str]] = [(" aetui ", "bold $accent")]
        for number, (mode, letter) in enumerate(MODES.items(), start=1):
            # In the navigator the letter l steps to the right, as in vi; the number works everywhere.
            key = str(number) if self._mode == "navigate" and mode == "scatter" else letter
            label, current = mode.capitalize(), mode == self._mode
            parts += [(f" {key} ", "bold $accent on $primary-muted" if current else "bold $accent")]
            parts += [(f"{label} ", "bold underline $foreground on $primary-muted" if current else "$foreground-muted")]
        left = sum(len(text) for text, _ in parts)
        room = self.size.width - left - 1
        status = next((words for words in self._status if len(words) <= room), "")
        parts.append((" " * max(0, room - len(status)) + status, "$foreground-muted"))
        self.update(Content.assemble(*parts), layout=False)


class KeyBar(Static):
    """One line: the screen's keys, each a link for the mouse.

    Textual's Footer is a widget for every key, which makes the first picture and each change of screens slower.
    """

    def __init__(self, bindings: Iterable[Any]) -> None:
        own = [binding for binding in bindings if isinstance(binding, Binding) and binding.show]
        keys = [(binding.key_display or binding.key, binding.description, f"screen.{binding.action}") for binding in own]
        everywhere = [("?", "Help", "app.help"), ("q", "Quit", "app.quit")]
        shown = [
            Content.assemble((key, "bold $accent"), Content(f" {meaning}").stylize(Style.from_meta({"@click": action})))
            for key, meaning, action in keys + everywhere
        ]
        super().__init__(Content.assemble(" ", Content("  ").join(shown)), id="key-bar")


class ModeScreen(Screen[None]):
    """A screen of the app. It reads the board, asks the inference process, and posts messages; it never imports the app."""

    MODE: ClassVar[str]
    MODEL: ClassVar[Model | None] = None
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-wide")]

    def __init__(self, board: Board, inference: Inference, appearance: Look) -> None:
        super().__init__()
        self.board = board
        self.inference = inference
        self.appearance = appearance

    def compose(self) -> ComposeResult:
        """Top bar, body, keys; a line that takes their place where the terminal is too small."""
        yield TopBar(self.MODE)
        yield from self.body()
        yield Static(id="too-small")
        yield KeyBar(self.BINDINGS)

    def body(self) -> Iterable[Widget]:
        """The screen's own widgets."""
        raise NotImplementedError

    def look(self, models: frozenset[Model]) -> None:
        """Something about the runs of `models` has changed: show it."""
        raise NotImplementedError

    def go_to(self, x: float, y: float) -> None:
        """Show that point of the plane, if this screen can."""

    def on_screen_resume(self) -> None:
        """Show what has happened since the screen was last seen."""
        if self.board.known:
            self.look(frozenset(MODELS))

    def on_resize(self) -> None:
        """Below the smallest size, say so in place of a broken picture."""
        width, height = self.app.size
        small = width < SMALLEST[0] or height < SMALLEST[1]
        self.set_class(small, "-too-small")
        if small:
            self.query_one("#too-small", Static).update(f"aetui needs {SMALLEST[0]}x{SMALLEST[1]}; this is {width}x{height}")

    def show_emptiness(self, text: str) -> None:
        """Put `text` in place of the content; "" brings the content back."""
        self.set_class(bool(text), "-empty")
        if text:
            self.query_one("#empty", Static).update(text)

    @property
    def run_watch(self) -> RunWatch | None:
        """The run that this screen shows."""
        return self.board.current(self.MODEL) if self.MODEL else None

    def action_pick(self) -> None:
        """Choose among the runs of this screen's model."""
        if self.MODEL:
            self.post_message(PickRun(self.MODEL))

    def show_status(self) -> None:
        """Name the run in the top bar."""
        watch = self.run_watch
        self.query_one(TopBar).show(*status_lines(watch) if watch else "")

    async def ask(self, kind: str, arrays: dict[str, Array] | None = None, **values: Any) -> Frame | None:
        """The inference process's answer for this screen's run; None where a newer question took its place or it has none."""
        watch = self.run_watch
        if watch is None or not watch.has_checkpoint:
            return None
        try:
            return await self.inference.ask(kind, watch.path, arrays, **values)
        except Superseded:
            return None
        except BadInput as error:
            self.post_message(Problem(str(error)))
            return None


def status_lines(watch: RunWatch) -> tuple[str, ...]:
    """A run in a few words, in fewer, and in fewest."""
    epochs = f"{watch.epoch:.0f}/{watch.config.hyperparameters.epochs}"
    name = printable(watch.name, 24)
    return f"{name} · {printable(watch.config.data, 24)} · epoch {epochs} · {watch.state} ", f"{name} {epochs} ", f"{name} "


def nothing_yet(model: Model, watch: RunWatch | None) -> str:
    """What an empty screen says: what to press to fill it."""
    name = "variational autoencoder" if model == "vae" else "denoising autoencoder"
    if watch is None:
        return f"No {name} yet.\n\nPress [b $accent]b[/] to train one (and its sister);\nthis screen fills as it learns."
    if watch.state == "running":
        return f"{watch.name} is training.\n\nIts first picture comes with its first save."
    return f"{watch.name} has nothing to show ({watch.state}).\n\nPress [b $accent]o[/] to pick another run, or [b $accent]t[/] to train."
