"""A terminal's screen as an image: blocks, lines and Braille are drawn, the rest is set in type."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, Final

import matplotlib as mpl
import pyte
from PIL import Image, ImageDraw, ImageFont

FONT: Final = Path(mpl.get_data_path()) / "fonts" / "ttf"  # DejaVu Sans Mono comes with matplotlib
GROUND: Final = "#000000"
INK: Final = "#d0d0d0"
NAMED: Final = {
    **{"black": "#000000", "red": "#cd3131", "green": "#0dbc79", "brown": "#e5e510"},
    **{"blue": "#2472c8", "magenta": "#bc3fbc", "cyan": "#11a8cd", "white": "#e5e5e5"},
}
DOTS: Final = ((0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2), (0, 3), (1, 3))  # of Braille, by bit
QUADRANTS: Final = dict(zip("▖▗▘▙▚▛▜▝▞▟", (4, 8, 1, 13, 9, 7, 11, 2, 6, 14), strict=True))
"""1 upper left, 2 upper right, 4 lower left, 8 lower right."""
LINES: Final = dict(zip("─│┌┐└┘├┤┬┴┼", (3, 12, 10, 9, 6, 5, 14, 13, 11, 7, 15), strict=True))
LINES.update(
    zip("━┃┏┓┗┛┣┫┳┻╋╭╮╰╯", (3, 12, 10, 9, 6, 5, 14, 13, 11, 7, 15, 10, 9, 6, 5), strict=True)
)
LINES.update(zip("╴╶╵╷╸╺╹╻", (1, 2, 4, 8, 1, 2, 4, 8), strict=True))
"""From the middle: 1 to the left, 2 to the right, 4 up, 8 down."""
Box = tuple[float, float, float, float]


def draw_terminal(screen: pyte.Screen, cell: tuple[int, int]) -> Image.Image:
    """What `screen` shows, with cells of (width, height) pixels."""
    width, height = cell
    image = Image.new("RGB", (width * screen.columns, height * screen.lines), GROUND)
    draw = ImageDraw.Draw(image)
    for row in range(screen.lines):
        for column in range(screen.columns):
            _draw_cell(draw, screen.buffer[row][column], (column * width, row * height), cell)
    return image


def _draw_cell(
    draw: ImageDraw.ImageDraw, shown: Any, place: tuple[int, int], cell: tuple[int, int]
) -> None:
    ink, ground = _colour(shown.fg, INK), _colour(shown.bg, GROUND)
    if shown.reverse:
        ink, ground = ground, ink
    left, top = place
    width, height = cell

    def fill(box: Box, colour: str) -> None:
        x0, y0, x1, y1 = box
        if x1 > x0 and y1 > y0:
            draw.rectangle((left + x0, top + y0, left + x1 - 1, top + y1 - 1), fill=colour)

    if ground != GROUND:
        fill((0, 0, width, height), ground)
    boxes = _boxes(shown.data, width, height)
    for box in boxes:
        fill(box, ink)
    if not boxes and shown.data.strip():
        draw.text(place, shown.data, font=_font(height, bold=shown.bold), fill=ink)
    if shown.underscore:
        fill((0, height - 2, width, height - 1), ink)


@cache
def _font(height: int, *, bold: bool) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(FONT / f"DejaVuSansMono{'-Bold' if bold else ''}.ttf", height * 0.8)


def _colour(name: str, default: str) -> str:
    if name == "default":
        return default
    plain = name.removeprefix("bright")
    return NAMED.get(plain, f"#{name}" if name == plain else default)


@cache
def _boxes(text: str, width: int, height: int) -> list[Box]:
    """The rectangles that make up a block, a line or a Braille character; of others, none."""
    if len(text) != 1:
        return []
    if "\u2580" <= text <= "\u259f":
        return _block(text, width, height)
    middle, centre = height // 2, width // 2
    if text in LINES:
        arms = (
            (0, middle, centre + 1, middle + 1),
            (centre, middle, width, middle + 1),
            (centre, 0, centre + 1, middle + 1),
            (centre, middle, centre + 1, height),
        )
        return [arm for bit, arm in enumerate(arms) if LINES[text] >> bit & 1]
    number = ord(text) - 0x2800
    dots = [dot for bit, dot in enumerate(DOTS) if 0 <= number <= 0xFF and number >> bit & 1]
    places = ((x * centre + centre // 4, y * height // 4 + 1) for x, y in dots)
    return [(x, y, x + max(2, centre // 2), y + max(2, height // 8)) for x, y in places]


def _block(text: str, width: int, height: int) -> list[Box]:
    number = ord(text) - 0x2580
    middle, centre = height // 2, width // 2
    if text in QUADRANTS:
        corners = ((0, 0), (centre, 0), (0, middle), (centre, middle))
        lit = (corner for bit, corner in enumerate(corners) if QUADRANTS[text] >> bit & 1)
        return [(x, y, width if x else centre, height if y else middle) for x, y in lit]
    if 1 <= number <= 8:  # lower eighths
        return [(0, height - round(height * number / 8), width, height)]
    if 9 <= number <= 15:  # left eighths
        return [(0, 0, round(width * (16 - number) / 8), height)]
    halves: dict[str, list[Box]] = {
        "▀": [(0, 0, width, middle)],
        "▐": [(centre, 0, width, height)],
    }
    return halves.get(text, [])  # shades are in the font
