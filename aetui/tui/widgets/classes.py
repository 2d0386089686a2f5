"""What stands for a class on the plane: a character of its own and a colour that can be read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from rich.style import Style
from textual.color import Color

from aetui.tui.contrast import legible

# Petroff, "Accessible color sequences for data visualization" (arXiv:2107.02270): ten colours that
# colour-blind readers tell apart.
PETROFF_10: Final = (
    "#3f90da",
    "#ffa90e",
    "#bd1f01",
    "#94a4a2",
    "#832db6",
    "#a96b59",
    "#e76300",
    "#b9ac70",
    "#717581",
    "#92dadd",
)
CHARACTERS: Final = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
DOT: Final = "•"  # where there are more classes than characters
FAINT: Final = 1
STRONG: Final = 3
"""Levels: how much a class stands out, from FAINT for a single image to STRONG for many."""
SHARES: Final = (0.0, 0.68, 0.86, 1.0)  # of its full colour that a class shows, by level
CONTRASTS: Final = (1.0, 3.0, 3.8, 4.8)  # to the ground, at least, by level


@dataclass(frozen=True)
class ClassMarks:
    """The names of the classes and their characters, by label."""

    names: tuple[str, ...] = ()
    glyphs: tuple[str, ...] = ()

    @property
    def are_names(self) -> bool:
        """Whether the characters say all that the names say."""
        return self.names == self.glyphs

    def glyph(self, label: int) -> str:
        return self.glyphs[label] if label < len(self.glyphs) else DOT

    def name(self, label: int) -> str:
        return self.names[label] if label < len(self.names) else str(label)


def class_marks(names: Sequence[str]) -> ClassMarks:
    """A class's first letter where no other has it, else another of its letters, else any."""
    if len(names) > len(CHARACTERS):
        return ClassMarks(tuple(names), (DOT,) * len(names))
    firsts = Counter(name[:1] for name in names)
    glyphs = [name[0] if firsts[name[:1]] == 1 and name[0] in CHARACTERS else "" for name in names]
    for label, name in enumerate(names):
        if not glyphs[label]:
            candidates = (*name, *CHARACTERS)
            glyphs[label] = next(
                letter for letter in candidates if letter in CHARACTERS and letter not in glyphs
            )
    return ClassMarks(tuple(names), tuple(glyphs))


@lru_cache(4096)
def class_colour(label: int, ground: Color, level: int = STRONG) -> Color:
    """The colour of a class at a level, with enough contrast to `ground`."""
    full = Color.parse(PETROFF_10[label % len(PETROFF_10)])
    return legible(ground.blend(full, SHARES[level]), ground, CONTRASTS[level])


@lru_cache(4096)
def class_style(label: int, ground: Color, level: int = STRONG) -> Style:
    """The style of a class's character; what is behind it is left as it is."""
    colour = class_colour(label, ground, level)
    return Style(color=colour.rich_color, bold=level == STRONG)
