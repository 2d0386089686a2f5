"""Which characters can be shown, by the locale, and what stands for the others in ASCII."""

from __future__ import annotations

import codecs
import locale
import unicodedata
from collections.abc import Mapping
from typing import Final

_STIPPLE: Final = "".join(chr(0x2800 + bits) for bits in range(1, 256) if bits & ~0x95 == 0)
"""Braille with dots as on the white fields of a chess board: what a chart fills an area with."""
_LOOKALIKES: Final = {
    "-": "─╌┄╴╶┴┬┻┳╵╷▁▔·–—−",
    "=": "━═╍┅╸╺╾╼▀▄▂▃",
    "|": "│┃║┆┇╎╏▏▕▎▍▌▐╿╽",
    "+": "┌┐└┘├┤┼╭╮╰╯┏┓┗┛┣┫╋╔╗╚╝╠╣╬┠┨┢┪┡┩",
    "#": "█▉▊▋▆▇▅■",
    "<": "←≤◀",
    ">": "→≥▶",
    "^": "↑▲",
    "v": "↓▼",
    "*": "●•" + "".join(map(chr, range(0x2801, 0x2900))),
    ".": "…" + _STIPPLE,  # after the other braille, which it is taken from
    "o": "○◎°",
    "x": "×",
    "s": "σ",
    "E": "⏎",
    "B": "⌫",
    "_": "\u00a0",
    "'": "‘’",
    '"': "“”",
    " ": "\u2800",
}
_TABLE: Final = {
    ord(character): plain for plain, group in _LOOKALIKES.items() for character in group
}
ASCII_ERRORS: Final = "aetui-ascii"
"""The name of an error handler for streams: what cannot be encoded is written as in `to_ascii`."""


def to_ascii(text: str) -> str:
    """`text` in ASCII, in as many cells as before."""
    if text.isascii():
        return text
    text = text.translate(_TABLE)
    return text if text.isascii() else "".join(map(_plain, text))


def _plain(character: str) -> str:
    if character.isascii():
        return character
    letter = unicodedata.normalize("NFKD", character)[0]
    shown = letter if letter.isascii() else "?"
    return shown * _width(character)


def _width(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _replace(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return to_ascii(error.object[error.start : error.end]), error.end


codecs.register_error(ASCII_ERRORS, _replace)


def locale_name(environ: Mapping[str, str]) -> str:
    """The locale for characters, as it is set; "" where none is."""
    return environ.get("LC_ALL") or environ.get("LC_CTYPE") or environ.get("LANG") or ""


def knows_unicode(environ: Mapping[str, str]) -> bool:
    """Whether text may go beyond ASCII: not where the locale has another character set than UTF-8.

    The C library is asked, since a name such as en_US does not tell. Without a locale, or with C or
    POSIX, nothing is known about the terminal, and today's terminals support UTF-8.
    """
    name = locale_name(environ)
    language, _, charset = name.partition(".")
    if language in ("", "C", "POSIX"):
        return True
    return "utf" in (_charset_of(name) or charset or "UTF-8").lower()


def _charset_of(name: str) -> str:
    """The character set of a locale by the C library; "" where it does not have that locale."""
    before = locale.setlocale(locale.LC_CTYPE)
    try:
        locale.setlocale(locale.LC_CTYPE, name)
        return locale.nl_langinfo(locale.CODESET)
    except locale.Error:
        return ""
    finally:
        locale.setlocale(locale.LC_CTYPE, before)
