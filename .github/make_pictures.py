"""README's pictures, from the app as it runs in a pseudo-terminal: one a screen, and a moving one.

    uv run python .github/make_pictures.py [NAME ...]

Shows the shipped runs; AETUI_DATA_DIR must hold MNIST for the pictures of test images. The moving
picture trains a model for a minute first. Needs DejaVu Sans Mono (Debian: fonts-dejavu-core).
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from PIL import Image, ImageDraw, ImageFont

HERE: Final = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from tests.terminal import Terminal, launch  # noqa: E402  the root is on the path now

SIZE: Final = (100, 32)  # columns, rows
CELL: Final = (8, 17)  # pixels
FONT: Final = "/usr/share/fonts/truetype/dejavu/DejaVuSansMono{}.ttf"
GROUND: Final = "#000000"
INK: Final = "#d0d0d0"
NAMED: Final = {
    "black": "#000000",
    "red": "#cd3131",
    "green": "#0dbc79",
    "brown": "#e5e510",
    "blue": "#2472c8",
    "magenta": "#bc3fbc",
    "cyan": "#11a8cd",
    "white": "#e5e5e5",
}
DOTS: Final = ((0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2), (0, 3), (1, 3))  # of Braille, by bit
SCREENS: Final[dict[str, tuple[str, ...]]] = {
    "train": ("1",),
    "denoise": ("2",),
    "scatter": ("3",),
    "manifold": ("4",),
    "navigate": ("5", "L", "L", "K", "right", "up"),
    "draw": ("6", "g"),
}
SETTLE: Final = 6.0  # seconds until a screen stands still
FRAME_MS: Final = 120


def main(names: list[str]) -> None:
    wanted = names or [*SCREENS, "moving"]
    with tempfile.TemporaryDirectory() as runs:
        stills = [name for name in wanted if name in SCREENS]
        if stills:
            with launch(Path(runs), size=SIZE) as terminal:
                terminal.wait("Navigate")
                for name in stills:
                    terminal.press(*SCREENS[name])
                    terminal.read(SETTLE)
                    picture(terminal).save(HERE / f"{name}.png", optimize=True)
        if "moving" in wanted:
            frames = list(moving_frames(Path(runs)))
            frames[0].save(
                HERE / "moving.gif",
                save_all=True,
                append_images=frames[1:],
                duration=FRAME_MS,
                loop=0,
                optimize=True,
            )


def moving_frames(runs: Path) -> Iterator[Image.Image]:
    """A training that begins, its plane that takes shape, and a walk on it."""
    with launch(runs, "--data", "mnist", size=SIZE) as terminal:
        terminal.wait("Navigate")
        terminal.press("s")
        terminal.wait("images/s")
        yield from _watch(terminal, 24, 0.8)
        terminal.press("3")
        yield from _watch(terminal, 20, 0.8)
        terminal.press("5")
        terminal.read(SETTLE)
        for key in ("right", "right", "up", "up", "left", "left", "down", "down") * 3:
            terminal.press(key.replace("right", "L").replace("left", "H") if key != "up" else "K")
            yield from _watch(terminal, 1, 0.3)
        terminal.press("1", "x")
        terminal.wait("stopped")


def _watch(terminal: Terminal, frames: int, every: float) -> Iterator[Image.Image]:
    for _ in range(frames):
        terminal.read(every)
        yield picture(terminal).quantize(64, dither=Image.Dither.NONE)


def picture(terminal: Terminal) -> Image.Image:
    """The terminal's screen. Blocks and Braille are drawn, all else comes from the font."""
    width, height = CELL
    screen = terminal.screen
    image = Image.new("RGB", (width * screen.columns, height * screen.lines), GROUND)
    draw = ImageDraw.Draw(image)
    fonts = {bold: ImageFont.truetype(FONT.format("-Bold" if bold else ""), 13) for bold in (0, 1)}
    for row in range(screen.lines):
        for column in range(screen.columns):
            cell = screen.buffer[row][column]
            ink, ground = _colour(cell.fg, INK), _colour(cell.bg, GROUND)
            if cell.reverse:
                ink, ground = ground, ink
            place = (column * width, row * height)
            draw.rectangle((*place, place[0] + width - 1, place[1] + height - 1), fill=ground)
            if not _draw_block(draw, cell.data, place, ink) and cell.data.strip():
                draw.text(place, cell.data, font=fonts[bool(cell.bold)], fill=ink)
    return image


def _colour(name: str, default: str) -> str:
    if name == "default":
        return default
    plain = name.removeprefix("bright")
    return NAMED.get(plain, f"#{name}" if name == plain else default)


def _draw_block(draw: ImageDraw.ImageDraw, text: str, place: tuple[int, int], ink: str) -> bool:
    """Draw half blocks, full blocks and Braille; whether `text` was one of them."""
    width, height = CELL
    left, top = place
    halves: dict[str, Callable[[], tuple[int, int, int, int]]] = {
        "▀": lambda: (left, top, left + width - 1, top + height // 2 - 1),
        "▄": lambda: (left, top + height // 2, left + width - 1, top + height - 1),
        "█": lambda: (left, top, left + width - 1, top + height - 1),
    }
    if text in halves:
        draw.rectangle(halves[text](), fill=ink)
        return True
    if len(text) != 1 or not 0x2800 <= ord(text) <= 0x28FF:
        return False
    for bit, (x, y) in enumerate(DOTS):
        if (ord(text) - 0x2800) >> bit & 1:
            dot = (left + x * width // 2 + 1, top + y * height // 4 + 1)
            draw.rectangle((*dot, dot[0] + 1, dot[1] + 1), fill=ink)
    return True


if __name__ == "__main__":
    main(sys.argv[1:])
