"""A picture that can be drawn on, with the mouse or with a pen that keys move."""

from __future__ import annotations

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip

from aetui.config import ImageShape
from aetui.terminal import Ink
from aetui.tui.widgets.image_grid import DrawnSize, shrink
from aetui.tui.widgets.pixel_view import PixelView
from aetui.tui.widgets.sketch import Image, Sketch

RIGHT: int = 3  # the button that erases


class Canvas(PixelView):
    """Shows a sketch, and draws on it. Posts `Drawn` whenever the sketch has changed."""

    ALLOW_SELECT = False  # a drag draws
    COMPONENT_CLASSES = {"canvas--pen", "canvas--pen-down"}

    class Drawn(Message):
        """The sketch has changed."""

    def __init__(self, *, ink: Ink = "true_colour", id: str | None = None) -> None:
        super().__init__(ink=ink, id=id)
        self._has_colour = ink in ("true_colour", "palette")
        self._by_mouse = False
        self.reset(ImageShape())

    def reset(self, shape: ImageShape) -> None:
        """Begin with a blank image of that shape."""
        self.sketch = Sketch(shape.sizes)
        self._shape = shape
        self._pen = (shape.width / 2, shape.height / 2)
        self._pen_shown = True
        self.fit(DrawnSize(shape.height, shape.width))

    def fit(self, drawn: DrawnSize) -> None:
        """Show the image at that size from now on."""
        self._drawn = drawn
        self._redraw()

    def step(self, right: int, down: int) -> None:
        """Move the pen by pixels; it draws if it is down."""
        x, y = self._pen
        x = min(self._shape.width - 0.5, max(0.5, int(x) + 0.5 + right))
        y = min(self._shape.height - 0.5, max(0.5, int(y) + 0.5 + down))
        self._put_pen(x, y, shown=True)
        if self.sketch.is_down:
            self.sketch.move(x, y)
            self._has_drawn()

    def toggle_pen(self) -> None:
        """Put the pen down, which makes a dot, or lift it."""
        if self.sketch.is_down:
            self.sketch.lift()
        else:
            self.sketch.press(*self._pen)
        self._put_pen(*self._pen, shown=True)
        self._has_drawn()

    def undo(self) -> None:
        if self.sketch.undo():
            self._has_drawn()

    def clear(self) -> None:
        if not self.sketch.is_blank:
            self.sketch.clear()
            self._has_drawn()

    def fill(self) -> None:
        self.sketch.fill()
        self._has_drawn()

    def load(self, image: Image) -> None:
        """Show an image [C, H, W] in place of the drawing."""
        self.sketch.load(image)
        self._put_pen(*self._pen, shown=False)
        self._has_drawn()

    def on_mouse_down(self, event: events.MouseDown) -> None:
        self.capture_mouse()
        self._by_mouse = True
        was_erasing = self.sketch.erasing
        self.sketch.erasing = was_erasing or event.button == RIGHT
        self._put_pen(*self._pixel(event), shown=False)
        self.sketch.press(*self._pen)
        self.sketch.erasing = was_erasing
        self._has_drawn()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        if self._by_mouse:
            self._put_pen(*self._pixel(event), shown=False)
            self.sketch.move(*self._pen)
            self._has_drawn()

    def on_mouse_up(self) -> None:
        if self._by_mouse:
            self.release_mouse()
            self._by_mouse = False
            self.sketch.lift()
            self._has_drawn()

    def _pixel(self, event: events.MouseEvent) -> tuple[float, float]:
        """Where on the image the middle of the event's cell is."""
        drawn = self._drawn
        x = (event.x + 0.5) / drawn.scale * (self._shape.width / drawn.width)
        y = (event.y + 0.5) * 2 / drawn.scale * (self._shape.height / drawn.height)
        return x, y

    def _put_pen(self, x: float, y: float, *, shown: bool) -> None:
        before = self._pen_row
        self._pen, self._pen_shown = (x, y), shown
        for row in {before, self._pen_row}:
            self.refresh(Region(0, row, self.size.width, 1))

    def _has_drawn(self) -> None:
        self._redraw()
        self.post_message(self.Drawn())

    def _redraw(self) -> None:
        self.show(shrink(self.sketch.image, self._drawn), self._drawn.scale)

    @property
    def _pen_row(self) -> int:
        """The row of cells that the pen's mark stands in."""
        pixel = int(self._pen[1] * self._drawn.height / self._shape.height)
        return int((pixel + 0.5) * self.scale / 2)

    def line_at(self, row: int, width: int) -> Strip:
        """A line of cells, with the pen's mark if it stands there."""
        strip = super().line_at(row, width)
        if not self._pen_shown or row != self._pen_row:
            return strip
        pixel = int(self._pen[0] * self._drawn.width / self._shape.width)
        left, right = pixel * self.scale, (pixel + 1) * self.scale
        mark = Strip([Segment(_mark(self.scale), self._pen_style())], self.scale)
        return Strip.join([strip.crop(0, left), mark, strip.crop(right, strip.cell_length)])

    def _pen_style(self) -> Style:
        """The pen's colour on that of the pixel below it."""
        part = "canvas--pen-down" if self.sketch.is_down else "canvas--pen"
        style = self.get_component_rich_style(part)
        if not self._has_colour:
            return Style(bold=True, reverse=self.sketch.is_down)
        if self.sketch.is_down:
            return style
        pixel = self.sketch.image[:, int(self._pen[1]), int(self._pen[0])]
        red, green, blue = pixel.tolist() * (3 // len(pixel))
        return style + Style(bgcolor=f"#{red:02x}{green:02x}{blue:02x}")


def _mark(width: int) -> str:
    return "+" if width == 1 else f"[{' ' * (width - 2)}]"
