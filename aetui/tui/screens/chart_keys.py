"""The keys of the large chart."""

from __future__ import annotations

from typing import Final

from textual.binding import Binding

FAR: Final = 10  # columns

CHART_BINDINGS: Final = (
    Binding("left,h", "move(-1)", "Read", key_display="←→"),
    Binding("right,l", "move(1)", show=False),
    Binding("down,j,c", "curves(1)", "Curves", key_display="↓↑"),
    Binding("up,k", "curves(-1)", show=False),
    Binding("plus,equals_sign", "zoom(1)", "Zoom", key_display="+-"),
    Binding("minus", "zoom(-1)", show=False),
    Binding("f", "smoothing", "Smooth"),
    Binding("y", "log_scale", "Log"),
    Binding("a", "axis", "Axis"),
    Binding("escape,enter", "close", "Back", key_display="esc"),
    Binding("o", "choose_run", "Runs"),
    Binding("v", "parts", "Train/test"),
    Binding("shift+left,H", f"move(-{FAR})", "Read further", show=False),
    Binding("shift+right,L", f"move({FAR})", show=False),
    Binding("end", "newest", "Read the newest values", show=False),
    Binding("comma,less_than_sign", "pan(-1)", "Move the curves", show=False),
    Binding("full_stop,greater_than_sign", "pan(1)", show=False),
    Binding("0,home", "fit", "Show everything", show=False),
    Binding("left_square_bracket", "smoother(-1)", "Smooth less, more", show=False),
    Binding("right_square_bracket", "smoother(1)", show=False),
    Binding("u", "one_run", "Compare no more", show=False),
)
