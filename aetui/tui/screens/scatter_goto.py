"""Go to: what a person typed as a place on Scatter."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from aetui.errors import BadInput, printable
from aetui.tui.widgets.classes import ClassMarks

MEANING: Final = "A class, a test image such as #1234, or two coordinates such as 0.5 -1.2."
NUMBER: Final = re.compile(r"#\s*(\d{1,9})")
PAIR: Final = re.compile(r"\(?([^\s,;()]+)[\s,;]+([^\s,;()]+)\)?")


@dataclass(frozen=True)
class ImageNumber:
    number: int


@dataclass(frozen=True)
class ClassLabel:
    label: int


@dataclass(frozen=True)
class PlanePoint:
    x: float
    y: float


def read_place(text: str, marks: ClassMarks) -> ImageNumber | ClassLabel | PlanePoint:
    """What `text` means; `BadInput` where it means nothing here."""
    if match := NUMBER.fullmatch(text):
        return ImageNumber(int(match[1]))
    label = find_class(text, marks)
    if label is not None:
        return ClassLabel(label)
    if match := PAIR.fullmatch(text):
        try:
            point = PlanePoint(float(match[1]), float(match[2]))
        except ValueError:
            pass
        else:
            if abs(point.x) < 1e30 and abs(point.y) < 1e30:  # neither infinite nor no number
                return point
    raise BadInput(f"'{printable(text, 40)}' is no place here. Give a class, #1234, or 0.5 -1.2.")


def find_class(text: str, marks: ClassMarks) -> int | None:
    """The label of the class with this name, or with this character on the map."""
    for names in (marks.names, [name.casefold() for name in marks.names], marks.glyphs):
        wanted = text.casefold() if names is not marks.glyphs else text
        for label, name in enumerate(names):
            if name in (text, wanted):
                return label
    return None
