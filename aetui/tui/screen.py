"""What the five screens share: the bar at the top, the keys at the bottom, and how they hear of news."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar, Final

from textual.app import ComposeResult
from textual.content import Content
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Footer, Static

from aetui.board import Board, RunWatch
from aetui.config import MODELS, BadInput, Model
from aetui.frames import Array, Frame
from aetui.inference import Inference, Superseded
from aetui.tui.messages import Problem

MODES: Final = {"train": "t", "denoise": "d", "scatter": "l", "manifold": "m", "navigate": "n"}
SMALLEST: Final = (80, 24)


class TopBar(Static):
    """One line: the five modes with their keys, the current one marked, and at the right what is shown."""

    def __init__(self, mode: str) -> None:
        super().__init__(id="top-bar")
        self._mode = mode
        self._status = ""

    def show(self, status: str) -> None:
        """Say at the right what the screen shows."""
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
            parts += [(f"{label} ", "bold $foreground on $primary-muted" if current else "$foreground-muted")]
        left = sum(len(text) for text, _ in parts)
        room = self.size.width - left - 1
        status = self._status if len(self._status) <= room else self._status[: max(0, room - 1)] + "…" if room > 6 else ""
        parts.append((" " * max(0, room - len(status)) + status, "$foreground-muted"))
        self.update(Content.assemble(*parts))


class ModeScreen(Screen[None]):
    """A screen of the app. It reads the board, asks the inference process, and posts messages; it never imports the app."""

    MODE: ClassVar[str]
    MODEL: ClassVar[Model | None] = None
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-wide")]

    def __init__(self, board: Board, inference: Inference) -> None:
        super().__init__()
        self.board = board
        self.inference = inference

    def compose(self) -> ComposeResult:
        """Top bar, body, keys; a line that takes their place where the terminal is too small."""
        yield TopBar(self.MODE)
        yield from self.body()
        yield Static(id="too-small")
        yield Footer(show_command_palette=False)

    def body(self) -> Iterable[Widget]:
        """The screen's own widgets."""
        raise NotImplementedError

    def look(self, models: frozenset[Model]) -> None:
        """Something about the runs of `models` has changed: show it."""
        raise NotImplementedError

    def on_screen_resume(self) -> None:
        """Show what has happened since the screen was last seen."""
        self.look(frozenset(MODELS))

    def on_resize(self) -> None:
        """Below the smallest size, say so in place of a broken picture."""
        width, height = self.app.size
        small = width < SMALLEST[0] or height < SMALLEST[1]
        self.set_class(small, "-too-small")
        if small:
            self.query_one("#too-small", Static).update(f"aetui needs {SMALLEST[0]}x{SMALLEST[1]}; this is {width}x{height}")

    @property
    def run_watch(self) -> RunWatch | None:
        """The run that this screen shows."""
        return self.board.current(self.MODEL) if self.MODEL else None

    def show_status(self) -> None:
        """Name the run in the top bar."""
        watch = self.run_watch
        self.query_one(TopBar).show(status_line(watch) if watch else "")

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


def status_line(watch: RunWatch) -> str:
    """A run in a few words."""
    epochs = watch.config.hyperparameters.epochs
    return f"{watch.name} · {watch.config.data} · epoch {watch.epoch:.0f}/{epochs} · {watch.state} "


def nothing_yet(model: Model, watch: RunWatch | None) -> str:
    """What an empty screen says: what to press to fill it."""
    name = "variational autoencoder" if model == "vae" else "denoising autoencoder"
    if watch is None:
        return f"No {name} yet.\n\nPress [b $accent]b[/] to train one (and its sister);\nthis screen fills as it learns."
    if watch.state == "running":
        return f"{watch.name} is training.\n\nIts first picture comes with its first save."
    return f"{watch.name} has nothing to show ({watch.state}).\n\nPress [b $accent]o[/] to pick another run, or [b $accent]t[/] to train."
