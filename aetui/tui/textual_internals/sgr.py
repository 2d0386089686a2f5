"""The styles of cells: what an SGR sequence makes of one, and the shortest sequence to another."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Final

Style = tuple[str, str, str]
"""(attributes such as "1;3", foreground such as "38;5;240", background); "" is the default."""
PLAIN: Final[Style] = ("", "", "")
UNKNOWN: Final[Style] = ("?", "?", "?")  # equals no style that a cell can have

# Attributes that every terminal takes alike, and what switches each off. Others, such as 21, mean
# different things on different terminals.
ATTRIBUTES: Final = frozenset({1, 2, 3, 4, 5, 7, 8, 9, 53})
SWITCHED_OFF: Final = {22: "1 2", 23: "3", 24: "4", 25: "5", 27: "7", 28: "8", 29: "9", 55: "53"}
SHOWN_ON_BLANKS: Final = frozenset({"4", "7", "9", "53"})
EXTENDED: Final = {"5": 1, "2": 3}  # how many numbers follow 38;5 and 38;2


class _NotFollowedError(Exception):
    """The parameters ask for something whose effect is not known here."""


@lru_cache(8192)
def apply_sgr(style: Style | None, parameters: str) -> Style | None:
    """`style` after an SGR sequence; None where either is not fully known."""
    known = style is not None
    attributes, foreground, background = style or PLAIN
    kept = [name for name in attributes.split(";") if name]
    parts = iter(parameters.split(";"))
    try:
        for number in map(_integer, parts):
            if number == 0:
                known, kept, foreground, background = True, [], "", ""
            elif number in ATTRIBUTES:
                kept = [name for name in kept if name != str(number)] + [str(number)]
            elif number in SWITCHED_OFF:
                kept = [name for name in kept if name not in SWITCHED_OFF[number].split()]
            elif 40 <= number < 50 or 100 <= number < 108:
                background = _colour(number, parts)
            else:
                foreground = _colour(number, parts)
    except _NotFollowedError:
        return None
    return (";".join(kept), foreground, background) if known else None


def _integer(text: str) -> int:
    if text and not (text.isascii() and text.isdigit()):
        raise _NotFollowedError
    return int(text or 0)


def _colour(number: int, rest: Iterator[str]) -> str:
    """The colour that `number` stands for, with what it takes from `rest`."""
    if number in (39, 49):
        return ""
    if number in (38, 48):
        return f"{number};{_extended(rest)}"
    if 30 <= number < 48 or 90 <= number < 98 or 100 <= number < 108:
        return str(number)
    raise _NotFollowedError


def _extended(rest: Iterator[str]) -> str:
    """`5;n` or `2;r;g;b`, complete and in range."""
    kind = next(rest, "")
    values = [_integer(next(rest, "") or "?") for _ in range(EXTENDED.get(kind, 0))]
    if not values or max(values) > 255:
        raise _NotFollowedError
    return ";".join([kind, *map(str, values)])


@lru_cache(16384)
def change_style(before: Style, after: Style) -> str:
    """The shortest SGR sequence from one style to another; `before` may be UNKNOWN."""
    if before == after:
        return ""
    anew = ["0", after[0], after[1], after[2]] if before != PLAIN else list(after)
    ways = [";".join(filter(None, anew))]
    if before != UNKNOWN:
        parts = [*_switched(before[0], after[0])]
        parts += [new or default for old, new, default in _colours(before, after) if old != new]
        if not parts:  # the same attributes in another order
            return ""
        ways.append(";".join(parts))
    return f"\x1b[{min(ways, key=len)}m"


def _switched(before: str, after: str) -> Iterator[str]:
    """What switches attributes off and on."""
    kept, wanted = set(before.split(";")) - {""}, after.split(";") if after else []
    for number, off in SWITCHED_OFF.items():
        attributes = set(off.split())
        if not (kept & attributes) <= set(wanted):
            kept -= attributes
            yield str(number)
    yield from (name for name in wanted if name not in kept)


def _colours(before: Style, after: Style) -> Iterator[tuple[str, str, str]]:
    """(before, after, what asks for the default) of foreground and background."""
    yield before[1], after[1], "39"
    yield before[2], after[2], "49"


@lru_cache(1024)
def without_colours(parameters: str) -> str | None:
    """SGR parameters less those for colours, in any notation; None where nothing is left."""
    kept: list[str] = []
    parts = iter(parameters.split(";"))
    for part in parts:
        first = part.partition(":")[0]
        number = int(first) if first.isdigit() else 0
        if part in ("38", "48", "58"):
            for _ in range(EXTENDED.get(next(parts, ""), 0)):
                next(parts, "")
        elif not (30 <= number < 50 or number in (58, 59) or 90 <= number < 108):
            kept.append(part)
    return ";".join(kept) if kept else None


@lru_cache(4096)
def shows_on_blanks(style: Style) -> bool:
    """Whether a blank of that style shows more than its background."""
    return bool(style[0]) and not SHOWN_ON_BLANKS.isdisjoint(style[0].split(";"))
