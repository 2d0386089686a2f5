"""What the wire sends shows the same as what Textual wrote, in far fewer bytes."""

from __future__ import annotations

import pyte
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

COLUMNS, ROWS = 30, 8
COLOURS = st.sampled_from(
    [
        "",
        "38;5;240",
        "38;2;1;2;3",
        "48;5;17",
        "31",
        "94",
        "42",
        "38;5;1;48;5;2",
        "1",
        "4",
        "7",
        "1;38;5;9",
    ]
)
TEXTS = st.text(alphabet="ab  ▀─⣿", min_size=1, max_size=12)
RUNS = st.tuples(st.integers(0, ROWS - 1), st.integers(0, COLUMNS - 1), COLOURS, TEXTS)


def rendered(row: int, column: int, style: str, text: str) -> str:
    """A run of cells as Textual writes it."""
    text = text[: COLUMNS - column]
    styled = f"\x1b[{style}m{text}\x1b[0m" if style else text
    return f"\x1b[{row + 1};{column + 1}H{styled}\n"


def cells(screen: pyte.Screen) -> list[list[tuple[object, ...]]]:
    """What a person sees: a blank has no foreground unless it is underlined or reversed."""
    seen = []
    for row in range(ROWS):
        line: list[tuple[object, ...]] = []
        for column in range(COLUMNS):
            cell = screen.buffer[row][column]
            inkless = cell.data == " " and not (cell.underscore or cell.reverse)
            line.append(
                (cell.data, cell.bg, cell.underscore, cell.reverse) if inkless else tuple(cell)
            )
        seen.append(line)
    return seen


@settings(max_examples=300, deadline=None)
@given(st.lists(st.lists(RUNS, max_size=12), max_size=6))
def test_the_screen_is_the_same(frames: list[list[tuple[int, int, str, str]]]) -> None:
    direct, through = pyte.Screen(COLUMNS, ROWS), pyte.Screen(COLUMNS, ROWS)
    plain, compressed = pyte.Stream(direct), pyte.Stream(through)
    wire = OutputDiff()
    blank = "".join(rendered(row, 0, "", " " * COLUMNS) for row in range(ROWS))
    for frame in [blank, *("".join(rendered(*run) for run in frame) for frame in frames)]:
        plain.feed(frame.replace("\n", ""))  # on the last line it would scroll
        compressed.feed(wire.compress(frame, (COLUMNS, ROWS)))
        assert cells(direct) == cells(through)


def test_what_shows_already_is_not_sent_again() -> None:
    wire = OutputDiff()
    frame = rendered(2, 3, "38;5;240", "hello")
    assert "hello" in wire.compress(frame, (COLUMNS, ROWS))
    assert wire.compress(f"\x1b[?2026h{frame}\x1b[?2026l", (COLUMNS, ROWS)) == ""
    assert wire.compress(rendered(2, 3, "38;5;240", "hallo"), (COLUMNS, ROWS)) == "\x1b[3;5Ha"


def test_a_resize_or_a_wish_sends_everything_again() -> None:
    wire = OutputDiff()
    frame = rendered(2, 3, "31", "hello")
    wire.compress(frame, (COLUMNS, ROWS))
    assert "hello" in wire.compress(frame, (COLUMNS + 1, ROWS))
    wire.forget()
    assert "hello" in wire.compress(frame, (COLUMNS + 1, ROWS))


def test_cells_outside_the_terminal_are_not_sent() -> None:
    assert OutputDiff().compress(rendered(ROWS + 3, 2, "31", "below"), (COLUMNS, ROWS)) == ""


def test_characters_of_two_cells_pass() -> None:
    wire = OutputDiff()
    assert "漢字" in wire.compress("\x1b[1;1H漢字", (COLUMNS, ROWS))
    assert "ab" in wire.compress("\x1b[1;1Habcd", (COLUMNS, ROWS))


@pytest.mark.parametrize(
    "sequence", ["\x1b[?1049h", "\x1b[?25l", "\x1b[>7u", "\x1b[?2004h", "\x1b[6n"]
)
def test_other_sequences_pass(sequence: str) -> None:
    assert OutputDiff().compress(sequence, (COLUMNS, ROWS)) == sequence


def test_without_colours_no_colour_is_sent_but_bold_is() -> None:
    sent = OutputDiff(colours=False).compress(
        rendered(0, 0, "1;38;5;9;48;2;1;2;3", "bold"), (COLUMNS, ROWS)
    )
    assert "1m" in sent
    assert "38" not in sent
    assert "48" not in sent


def test_ascii_sends_only_ascii() -> None:
    frame = rendered(0, 0, "31", "┌──┐│▀█⣿ é…")
    sent = OutputDiff(ascii_only=True).compress(frame, (COLUMNS, ROWS))
    assert "+--+|=#*" in sent
    assert sent.isascii()
