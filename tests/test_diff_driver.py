"""What the differ sends shows the same as what was written, in far fewer bytes."""

from __future__ import annotations

from collections.abc import Iterable

import pyte
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aetui.tui.textual_internals.diff_driver import OutputDiff
from tests.streams import COLUMNS, ROWS, cell_run, split_streams
from tests.terminal import PyteScreen

SIZE = COLUMNS, ROWS
Frames = list[list[tuple[int, int, str, str]]]
TEXTS = st.text(alphabet="ab  ▀─⣿", min_size=1, max_size=12)
COLOURS = "38;5;240 38;2;1;2;3 48;5;17 31 94 42 38;5;1;48;5;2 1 4 7 1;38;5;9".split()
RUNS = st.tuples(
    st.integers(0, ROWS - 2),  # a line feed on the last row would scroll
    st.integers(0, COLUMNS - 1),
    st.sampled_from(["", *COLOURS]),
    TEXTS,
)


def compressed(pieces: Iterable[str], **options: bool) -> str:
    diff = OutputDiff(**options)
    return "".join([*(diff.compress(piece, SIZE) for piece in pieces), diff.finish()])


def shown(stream: str) -> list[list[tuple[object, ...]]]:
    """What a person sees: a blank has no foreground unless it is underlined or the like."""
    screen = PyteScreen(COLUMNS, ROWS)
    pyte.Stream(screen).feed(stream)
    return [
        [_visible(screen.buffer[row][column]) for column in range(COLUMNS)] for row in range(ROWS)
    ]


def _visible(cell: pyte.screens.Char) -> tuple[object, ...]:
    if cell.data != " " or cell.underscore or cell.reverse or cell.strikethrough:
        return tuple(cell)
    return (" ", *cell[2:])


@settings(max_examples=400, deadline=None)
@given(split_streams())
def test_any_stream_shows_the_same_cells(pieces: list[str]) -> None:
    assert shown(compressed(pieces)) == shown("".join(pieces))


@settings(max_examples=200, deadline=None)
@given(st.lists(st.lists(RUNS, max_size=12), max_size=6))
def test_frames_show_the_same_cells_and_are_never_longer(frames: Frames) -> None:
    written = [
        f"\x1b[?2026h{''.join(cell_run(*run) for run in frame)}\x1b[?2026l" for frame in frames
    ]
    sent = compressed(written)
    assert shown(sent) == shown("".join(written))
    assert len(sent) <= len("".join(written)) + len("\x1b[0m")


def test_what_shows_already_is_not_sent_again() -> None:
    diff = OutputDiff()
    frame = cell_run(2, 3, "38;5;240", "hello")
    assert "hello" in diff.compress(frame, SIZE)
    assert diff.compress(f"\x1b[?2026h{frame}\x1b[?2026l", SIZE) == ""
    assert diff.compress(cell_run(2, 3, "38;5;240", "hallo"), SIZE) == "\x1b[3;5Ha"


def test_a_resize_or_a_wish_sends_everything_again() -> None:
    diff = OutputDiff()
    frame = cell_run(2, 3, "31", "hello")
    diff.compress(frame, SIZE)
    assert "hello" in diff.compress(frame, (COLUMNS + 1, ROWS))
    diff.forget()
    assert "hello" in diff.compress(frame, (COLUMNS + 1, ROWS))


@pytest.mark.parametrize(
    "sequence",
    [
        "\x1b]22;text\a",  # the mouse pointer over a field
        "\x1b]52;c;bWUgdGV4dA==\a",  # a copy
        "\x1b]52;c;bWUgdGV4dA==\x1b\\",
        "\x1b]8;;https://example.org\x1b\\",
        "\x1bPtmux;\x1b\x1b]0;t\a\x1b\\",
        "\x1bP+q544e\x1b\\",
        "\x1b_Ga=q;AAAA\x1b\\",
        "\x1b^private\x1b\\",
        "\x1bXstring\x1b\\",
        "\x1b[?1049h",
        "\x1b[?25l",
        "\x1b[>7u",
        "\x1b[>4;2m",
        "\x1b[=0;1u",
        "\x1b[?2004h",
        "\x1b[6n",
        "\x1b[?2026$p",
        "\x1b[2 q",
        "\x1b[12;34;56z",
        "\x1b[!p",
        "\x1b#8",
    ],
)
def test_other_sequences_pass_whole(sequence: str) -> None:
    """Also in two writes, wherever they are split, and between other output."""
    assert OutputDiff().compress(sequence, SIZE).removeprefix("\x1b[0m") == sequence
    for split in range(1, len(sequence)):
        diff = OutputDiff()
        before = diff.compress(cell_run(1, 1, "31", "red"), SIZE)
        sent = [diff.compress(piece, SIZE) for piece in (sequence[:split], sequence[split:])]
        assert sequence in "".join([before, *sent])


def test_after_an_unknown_sequence_nothing_is_taken_for_shown() -> None:
    diff = OutputDiff()
    frame = cell_run(2, 3, "31", "hello")
    diff.compress(frame, SIZE)
    diff.compress("\x1b]22;text\a", SIZE)
    assert diff.compress(frame, SIZE) == ""  # the pointer's shape moves no cells
    diff.compress("\x1b]1337;File=;AAAA\a", SIZE)  # an image may have
    assert "hello" in diff.compress(frame, SIZE)


def test_the_cursor_rests_where_it_was_put() -> None:
    """Input methods open their window there, though the cursor is hidden."""
    sent = compressed([cell_run(2, 3, "31", "hello") + "\x1b[5;7H"])
    screen = PyteScreen(COLUMNS, ROWS)
    pyte.Stream(screen).feed(sent)
    assert (screen.cursor.y, screen.cursor.x) == (4, 6)


def test_characters_of_two_cells_pass() -> None:
    diff = OutputDiff()
    assert "漢字" in diff.compress("\x1b[1;1H漢字", SIZE)
    assert "abcd" in diff.compress("\x1b[1;1Habcd", SIZE)


def test_without_colours_no_colour_is_sent_but_bold_is() -> None:
    frame = cell_run(0, 0, "1;38;5;9;48;2;1;2;3", "bold")
    odd = "\x1b[38:2::1:2:3mcolon\x1b[58;5;9mline\x1b[4:3mcurly"
    sent = compressed([frame, odd], colours=False)
    assert "\x1b[0;1mbold" in sent
    assert "4:3" in sent
    assert not any(number in sent for number in ("38", "48", "58"))


def test_ascii_sends_only_ascii_and_keeps_its_place() -> None:
    sent = compressed([cell_run(0, 0, "31", "┌──┐│▀█⣿ é…"), "\x1b[2;1H漢字x"], ascii_only=True)
    assert "+--+|=#* e." in sent
    assert "????x" in sent
    assert sent.isascii()


@pytest.mark.parametrize("options", [{}, {"colours": False}, {"ascii_only": True}])
def test_plain_output_is_only_filtered(options: dict[str, bool]) -> None:
    stream = cell_run(1, 2, "1", "abc") * 3 + "\x1b]22;text\a\x1b[?2026h\x1b[2J\x1b[?2026l"
    assert compressed([stream], follow=False, **options) == stream
