"""The error that a person is shown, and text made safe to show."""

from __future__ import annotations

from typing import Final

WIDEST_KNOWN: Final = "\uffef"  # beyond it, terminals disagree on how wide a character is


class BadInput(Exception):
    """What a person gave cannot be used. The message says what, why and what to do. Exit code 2."""


def printable_lines(text: str, most: int, limit: int = 80) -> list[str]:
    """The last lines of `text`, at most so many, each safe for a terminal."""
    return [printable(line, limit) for line in text.splitlines()[-most:]]


def printable(text: str, limit: int = 80) -> str:
    """`text` safe for a terminal: control characters replaced, at most `limit` characters."""
    shown = text[: limit + 1]
    clean = "".join(
        char if char.isprintable() and char <= WIDEST_KNOWN else "\N{REPLACEMENT CHARACTER}"
        for char in shown
    )
    return clean if len(clean) <= limit else clean[: limit - 1] + "…"
