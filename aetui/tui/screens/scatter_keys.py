"""The keys of Scatter."""

from __future__ import annotations

from typing import Final

from textual.binding import Binding

from aetui.tui.screens.plane_screen import PLANE_BINDINGS

SCATTER_BINDINGS: Final = (
    Binding("left,h", "move(-1,0)", "Move", key_display="←↓↑→"),
    Binding("right,l", "move(1,0)", show=False),
    Binding("up,k", "move(0,1)", show=False),
    Binding("down,j", "move(0,-1)", show=False),
    Binding("enter", "open", "Walk here", key_display="⏎"),
    Binding("g", "go_to_place", "Go to"),
    Binding("plus,equals_sign", "zoom(1)", "Zoom", key_display="+-"),
    Binding("minus", "zoom(-1)", show=False),
    Binding("c", "next_colours", "Colours"),
    Binding("e", "worst", "Worst"),
    Binding("tab", "focus_legend", "Classes"),
    Binding("o", "choose_run", "Runs"),
    *PLANE_BINDINGS,
    Binding("shift+left,H", "pan(-1,0)", "Pan", key_display="HJKL", show=False),
    Binding("shift+right,L", "pan(1,0)", show=False),
    Binding("shift+up,K", "pan(0,-1)", show=False),
    Binding("shift+down,J", "pan(0,1)", show=False),
    Binding("0,home", "fit", "Show everything", key_display="0", show=False),
    Binding("p", "decisions", "Decisions of a probe, behind the cells", show=False),
    Binding("i", "thumbnails", "Images at the densest places", show=False),
    Binding("u", "show_class", "Show a class that is hidden", show=False),
    Binding("v", "only_class", "Only the class of the cursor's image", show=False),
    Binding("a", "all_classes", "All classes", show=False),
    Binding("B", "colour('label')", "Colour by label", show=False),
    Binding("C", "colour('cluster')", "Colour by cluster", show=False),
    Binding("E", "colour('error')", "Colour by error", show=False),
    Binding("D", "colour('density')", "Colour by density", show=False),
    Binding("y", "quality", "Quality of the codes", show=False),
    Binding("M", "beside", "The map of a marked run beside", show=False),
    Binding("escape", "stop", "Give up what is being waited for", show=False),
)
