"""How many colours are used, by the names that terminals give themselves."""

from __future__ import annotations

import pytest

from aetui.terminal import detect_terminal

TRUECOLOR = {"COLORTERM": "truecolor"}


@pytest.mark.parametrize(
    ("environ", "colours"),
    [
        ({"TERM": "xterm"}, "256"),
        ({"TERM": "xterm", **TRUECOLOR}, "truecolor"),
        ({"TERM": "xterm-256color"}, "256"),
        ({"TERM": "xterm-direct"}, "truecolor"),
        ({"TERM": "xterm-ghostty"}, "truecolor"),
        ({"TERM": "foot-extra"}, "truecolor"),
        ({"TERM": "wezterm"}, "truecolor"),
        ({"TERM": "contour"}, "truecolor"),
        ({"TERM": "rio"}, "truecolor"),
        ({"TERM": "iterm2"}, "truecolor"),
        ({"TERM": "vte-256color"}, "truecolor"),
        ({"TERM": "rxvt-unicode-256color"}, "256"),
        ({"TERM": "a-terminal-of-tomorrow"}, "256"),
        # GNU screen, whatever is left from the terminal around it
        ({"TERM": "screen", **TRUECOLOR}, "256"),
        ({"TERM": "screen.xterm-256color", **TRUECOLOR}, "256"),
        ({"TERM": "xterm-256color", "STY": "1.pts", **TRUECOLOR}, "256"),
        # tmux makes of 24 bits what it can send
        ({"TERM": "tmux-256color", "TMUX": "/tmp/x"}, "256"),
        ({"TERM": "tmux-256color", "TMUX": "/tmp/x", **TRUECOLOR}, "truecolor"),
        ({"TERM": "screen-256color", "TMUX": "/tmp/x", **TRUECOLOR}, "truecolor"),
        ({"TERM": "tmux-256color", "STY": "1.pts", **TRUECOLOR}, "truecolor"),
        ({"TERM": "linux"}, "16"),
        ({"TERM": "linux", **TRUECOLOR}, "16"),
        ({"TERM": "vt220"}, "16"),
        ({"TERM": "ansi"}, "16"),
        ({"TERM": "xterm-kitty", "NO_COLOR": "1"}, "none"),
        ({"TERM": "xterm-kitty", "NO_COLOR": ""}, "none"),
    ],
)
def test_colours_by_the_inner_terminal(environ: dict[str, str], colours: str) -> None:
    assert detect_terminal(environ).colours == colours


def test_only_16_detected_colours_need_a_hint() -> None:
    assert "--color 256" in detect_terminal({"TERM": "linux"}).hint
    assert not detect_terminal({"TERM": "linux"}, colours="16").hint
    assert not detect_terminal({"TERM": "xterm"}).hint
