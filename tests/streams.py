"""Random terminal output for tests: what programs write, and what they hardly ever write."""

from __future__ import annotations

from hypothesis import strategies as st

COLUMNS, ROWS = 30, 8

NARROW = st.text(alphabet="abc   ▀─⣿é", min_size=1, max_size=12)
WIDE = st.text(alphabet="ab漢字 e\u0301👍", min_size=1, max_size=6)
ATTRIBUTES = st.sampled_from("0 1 2 3 4 5 7 8 9 22 23 24 25 27 28 29".split())
COLOURS = st.sampled_from(
    "31 39 42 49 94 103 38;5;240 48;5;17 38;2;1;2;3 48;2;9;8;7 38;5;1;48;5;2".split()
)
RARE_STYLES = st.sampled_from(
    "4:3 4:0 21 53 55 58;5;9 58;2;1;2;3 58:2::1:2:3 59 38:2::9:8:7 38:5:99 48:5:4 6 73 "
    "38;5 38;2;1;2 1;;4 38;5;300".split(" ")
)
STYLES = st.one_of(
    st.lists(st.one_of(ATTRIBUTES, COLOURS), min_size=1, max_size=3).map(";".join), RARE_STYLES
)


def cell_run(row: int, column: int, style: str, text: str) -> str:
    """A run of cells as Textual writes it: never the last row with a line feed."""
    text = text[: COLUMNS - column]
    styled = f"\x1b[{style}m{text}\x1b[0m" if style else text
    return f"\x1b[{row + 1};{column + 1}H{styled}\n"


RUNS = st.builds(
    cell_run,
    st.integers(0, ROWS - 2),
    st.integers(0, COLUMNS - 1),
    st.one_of(st.just(""), COLOURS, ATTRIBUTES),
    NARROW,
)
SGR = STYLES.map("\x1b[{}m".format)
JUMPS = st.builds("\x1b[{};{}H".format, st.integers(0, ROWS + 2), st.integers(0, COLUMNS + 2))
COUNTS = st.sampled_from(["", "0", "1", "2", "3", "99"])
MOVES = st.one_of(
    st.builds("\x1b[{}{}".format, COUNTS, st.sampled_from("ABCDEFGd`ae")),
    st.sampled_from(["\r", "\n", "\b", "\t", "\r\n", "\x1bM", "\x1bD", "\x1bE", "\x1b7", "\x1b8"]),
)
ERASES = st.builds("\x1b[{}{}".format, st.sampled_from(["", "0", "1", "2"]), st.sampled_from("JKX"))
EDITS = st.builds("\x1b[{}{}".format, st.sampled_from(["", "1", "2"]), st.sampled_from("LMP@ST"))
STRINGS = st.builds(
    "\x1b{}{}{}".format,
    st.sampled_from("]]]P_^X"),
    st.sampled_from(
        "0;a·title 22;text 52;c;bWUg 8;;http://a.b 8;; 9;note 1337;x q#0 ".replace("·", " ").split(
            " "
        )
    ),
    st.sampled_from(["\a", "\x1b\\"]),
)
HARMLESS = st.sampled_from(
    ["\a", "\x1b=", *(f"\x1b[?{mode}" for mode in "25l 2004h 7l 7h 2026h 2026l".split())]
)
# After most of these the differ follows no longer, so that they must not stand in every stream.
ODD = st.sampled_from(
    [
        "\x18",
        "\x1b",
        "\x0e",
        "\x1b(0",
        "\x1b(B",
        "\x1b#8",
        "\x1bc",
        "\x85",
        "\x9b31m",
        "\x9d0;t\x9c",
    ]
    + [f"\x1b[{code}" for code in "2;5r r ?6h ?6l 4h 4l 20h ?1049h 1;2z 3b !p".split()]
    + ["\x1b]0;no end", "\x1b_no end", "\x1bPno end"]
)
COMMON = st.one_of(RUNS, RUNS, RUNS, NARROW, SGR, JUMPS, HARMLESS)
STREAMS = st.one_of(
    st.lists(COMMON, max_size=25),
    st.lists(st.one_of(COMMON, COMMON, MOVES, ERASES, EDITS, STRINGS, WIDE), max_size=25),
    st.lists(st.one_of(COMMON, MOVES, STRINGS, ODD), max_size=25),
).map("".join)


@st.composite
def split_streams(draw: st.DrawFn) -> list[str]:
    """A stream cut anywhere, as a terminal may get it."""
    stream = draw(STREAMS)
    cuts = sorted(draw(st.lists(st.integers(0, len(stream)), max_size=4)))
    return [
        stream[start:stop] for start, stop in zip([0, *cuts], [*cuts, len(stream)], strict=True)
    ]
