"""Draw: a picture of one's own, and at once what the models make of it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from textual import on
from textual.actions import SkipAction
from textual.binding import Binding
from textual.containers import Container, Vertical
from textual.widget import Widget
from textual.widgets import Static

from aetui.config import ImageShape
from aetui.errors import printable
from aetui.processes.snapshots import RunSnapshot, Snapshot
from aetui.protocol import Packet
from aetui.tui.messages import AskPath, SaveFigure
from aetui.tui.screens.base import Command, ModeScreen, Services
from aetui.tui.screens.draw_explainer import Explainer, Models
from aetui.tui.screens.draw_layout import arrange
from aetui.tui.screens.draw_results import DrawResults
from aetui.tui.screens.draw_text import pen_words, source_text
from aetui.tui.widgets.canvas import Canvas
from aetui.tui.widgets.image_grid import picture_image
from aetui.tui.widgets.readout import Readout
from aetui.tui.widgets.room import Room
from aetui.tui.widgets.sketch import THICKEST, THINNEST

FAR: Final = 4  # pixels that the pen goes with shift
THICKNESS_STEP: Final = 0.5  # pixels


class DrawScreen(ModeScreen):
    """A canvas, and beside it the models' pictures, the map, and a verdict in words."""

    CSS_PATH = ["plane.tcss", "draw.tcss"]
    NAME = "draw"
    CAPABILITY = "plane"
    BINDINGS = [
        Binding("left,h", "pen(-1,0)", "Move the pen", key_display="←↓↑→", show=False),
        Binding("right,l", "pen(1,0)", show=False),
        Binding("up,k", "pen(0,-1)", show=False),
        Binding("down,j", "pen(0,1)", show=False),
        Binding("shift+left,H", f"pen(-{FAR},0)", f"{FAR} pixels", key_display="HJKL", show=False),
        Binding("shift+right,L", f"pen({FAR},0)", show=False),
        Binding("shift+up,K", f"pen(0,-{FAR})", show=False),
        Binding("shift+down,J", f"pen(0,{FAR})", show=False),
        Binding("space,enter", "toggle_pen", "Pen", key_display="space"),
        Binding("e", "eraser", "Eraser", show=False),
        Binding("plus,equals_sign", "thickness(1)", "Thicker", key_display="+", show=False),
        Binding("minus", "thickness(-1)", "Thinner", key_display="-", show=False),
        Binding("c", "colour(1)", "Colour", show=False),
        Binding("C", "colour(-1)", show=False),
        Binding("F", "fill", "Fill with the colour", show=False),
        Binding("I", "invert", "Light for dark", show=False),
        Binding("u,ctrl+z", "undo", "Undo", key_display="u"),
        Binding("x,delete", "clear", "Clear", key_display="x"),
        Binding("g", "test_image(1)", "Test image"),
        Binding("G", "test_image(-1)", "The test image before", show=False),
        Binding("i", "open_image", "Open"),
        Binding("f", "refine", "Refine"),
        Binding("escape", "stop", "Stop refining", show=False),
        Binding("v", "next_view", "Show what has no room", show=False),
        Binding("o", "choose_run", "Runs", show=False),
    ]

    def __init__(self, services: Services) -> None:
        super().__init__(services)
        self._models = Models()
        self._shape: ImageShape | None = None
        self._test_image = -1  # the number of the one that was shown last
        self._has_run = asyncio.Event()  # keys that are pressed at once wait for it
        self._source = ""  # where the picture is from, if it was not drawn

    def body(self) -> Iterable[Widget]:
        """The canvas, what is made of it, and a few lines of words."""
        with Vertical(id="content"):
            with Room(id="draw"):
                with Container(id="draw-canvas"):
                    yield Canvas(ink=self.services.profile.ink, id="canvas")
                yield DrawResults(self.services.profile.ink, id="draw-results")
            yield Readout(id="draw-words")
        yield Static(id="empty")

    def on_mount(self) -> None:
        results, words = self.query_one(DrawResults), self.query_one("#draw-words", Readout)
        self._explainer = Explainer(self, results, words)
        self.run_task(self._explainer.follow(), "follow")

    def commands(self) -> Iterable[Command]:
        yield from super().commands()
        yield "Test image", "Take the next test image of the data set", self.action_test_image
        yield "Open image", "Take a picture from a file", self.action_open_image
        yield "Refine", "Let the code slide to where it explains the drawing", self.action_refine
        yield "Clear", "An empty canvas", self.action_clear
        yield "Undo", "Take back the newest stroke", self.action_undo
        yield "Eraser", "Erase in place of drawing, or draw again", self.action_eraser
        yield "Thicker pen", "By half a pixel", self.action_thickness
        yield "Thinner pen", "By half a pixel", lambda: self.action_thickness(-1)
        yield "Colour", "The pen's next colour", self.action_colour
        yield "Invert", "Light for dark: for ink on paper", self.action_invert
        yield "Fill", "The pen's colour everywhere", self.action_fill

    @property
    def canvas(self) -> Canvas:
        return self.query_one(Canvas)

    @property
    def run_shown(self) -> RunSnapshot | None:
        """The run with a plane, or a denoiser where there is only that."""
        views = self.snapshot.views
        return Models.of(self.snapshot).main or views.get("plane") or views.get("denoise")

    def show_snapshot(self, snapshot: Snapshot) -> None:
        self.show_status()
        models = Models.of(snapshot)
        self.show_placeholder("" if models.main else self.empty_text())
        if models.main is None:
            self._models, self._shape = models, None
            return
        changed = models.key != self._models.key
        self._models = models
        self._has_run.set()
        self._explainer.watch(models, snapshot.plane)
        if models.shape != self._shape:
            self._shape = models.shape
            self.canvas.reset(models.shape)
        if changed:
            self._arrange()
            self._explainer.look_at(self.canvas.sketch)
            self._show_pen()

    @on(Room.Resized)
    def _arrange(self) -> None:
        """Draw everything as large as there is room for."""
        views, room = self._models.views, self.query_one(Room).size
        if self._shape is None or not views or not room.height:
            return
        pictures = sum(view != "map" for view in views)
        layout = arrange(self._shape, pictures, room.width, room.height)
        self.canvas.fit(layout.canvas.drawn)
        frame = self.query_one("#draw-canvas")
        frame.styles.width, frame.styles.height = layout.canvas.columns, layout.canvas.rows
        self.query_one(DrawResults).place(layout, views)

    @on(Canvas.Drawn)
    def _follow_drawing(self) -> None:
        if self.canvas.sketch.is_blank:
            self._source = ""
        elif not self._source:
            self.services.guide.note("draw")
        self._show_pen()
        self._explainer.look_at(self.canvas.sketch)

    def _show_pen(self) -> None:
        """The frame of the canvas says where the picture is from, and what the pen does."""
        frame = self.query_one("#draw-canvas")
        frame.border_title = self._source or "drawing"
        frame.border_subtitle = pen_words(self.canvas.sketch)

    def action_pen(self, right: int, down: int) -> None:
        self.canvas.step(right, down)

    def action_toggle_pen(self) -> None:
        self.canvas.toggle_pen()

    def action_eraser(self) -> None:
        sketch = self.canvas.sketch
        sketch.lift()
        sketch.erasing = not sketch.erasing
        self._show_pen()

    def action_thickness(self, direction: int = 1) -> None:
        sketch = self.canvas.sketch
        wanted = sketch.thickness + direction * THICKNESS_STEP
        sketch.thickness = min(THICKEST, max(THINNEST, wanted))
        self._show_pen()

    def action_colour(self, direction: int = 1) -> None:
        self.canvas.sketch.next_ink(direction)
        self._show_pen()

    def action_fill(self) -> None:
        self.canvas.fill()

    def action_invert(self) -> None:
        self.canvas.load(255 - self.canvas.sketch.image)

    def action_undo(self) -> None:
        self.canvas.undo()

    def action_clear(self) -> None:
        self.canvas.clear()

    def action_next_view(self) -> None:
        if not self.query_one(DrawResults).next_view():
            self._explainer.say("Everything is shown already.")

    def action_refine(self) -> None:
        if self.canvas.sketch.is_blank:
            self._explainer.say("Draw something first, or press g for a test image.")
        elif self._models.plane is None:
            self._explainer.say("Only a run with a latent plane has a code to refine.")
        else:
            self._explainer.refine()

    def action_stop(self) -> None:
        """End a refinement; where there is none, the key is the app's."""
        if not self._explainer.stop():
            raise SkipAction

    def action_test_image(self, direction: int = 1) -> None:
        self._test_image += direction
        self.run_task(self._take_test_image(), "load", newest=True)

    async def _take_test_image(self) -> None:
        await self._has_run.wait()
        if (run := self._models.main) is None:
            return
        reply = await self.ask_run(run, "test_image", number_in_set=self._test_image)
        if reply is not None:
            self._test_image = int(reply.header["number_in_set"])
            self._take(reply, source_text(reply.header, run.config.classes))

    def figure(self) -> SaveFigure | None:
        """What is on the canvas, and what the run makes of it."""
        if self.canvas.sketch.is_blank:
            return None
        image = picture_image(self.canvas.sketch.image.copy())
        return self.figure_of(self._models.main, "pairs", picture=image.save)

    def action_open_image(self) -> None:
        self.post_message(AskPath("Open image", self._open))

    def _open(self, path: Path) -> None:
        self.run_task(self._take_file(path), "load", newest=True)

    async def _take_file(self, path: Path) -> None:
        if (run := self._models.main) is None:
            return
        reply = await self.ask_run(run, "picture", path=str(path))
        if reply is not None:
            self._take(reply, printable(path.name, 40))

    def _take(self, reply: Packet, source: str) -> None:
        """Show the picture of a reply on the canvas."""
        self._source = source
        self.canvas.load(reply.arrays["image"])
