"""`save_figure`: draws a figure of a run into a file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from aetui.figures.drawing import (
    ANIMATIONS,
    PLOTS,
    Animation,
    Plot,
    check_path,
    save_animation,
    save_plot,
)
from aetui.figures.film import draw_film
from aetui.figures.loss import draw_loss
from aetui.figures.manifold import draw_manifold
from aetui.figures.pairs import draw_pairs
from aetui.figures.scatter import draw_scatter
from aetui.figures.source import Source
from aetui.figures.theme import drawn_in
from aetui.figures.traversal import draw_traversal
from aetui.figures.walk import draw_walk
from aetui.figures.worst import draw_worst

PRINT_DPI: Final = 300
SCREEN_DPI: Final = 110  # of an animation

PLOT_KINDS: Final[Mapping[str, Callable[[Source], Plot]]] = {
    "pairs": draw_pairs,
    "scatter": draw_scatter,
    "manifold": draw_manifold,
    "loss": draw_loss,
    "traversal": draw_traversal,
    "worst": draw_worst,
}
ANIMATION_KINDS: Final[Mapping[str, Callable[[Source, int], Animation]]] = {
    "film": draw_film,
    "walk": draw_walk,
}
KINDS: Final = (*PLOT_KINDS, *ANIMATION_KINDS)


def endings_of(kind: str) -> tuple[str, ...]:
    """The endings of the files that a figure of `kind` can be, the usual one first."""
    return ANIMATIONS if kind in ANIMATION_KINDS else PLOTS


def needs_plane(kind: str) -> bool:
    """Whether only a model with a latent plane has figures of `kind`."""
    return kind not in ("loss", "pairs", "worst")


def save_figure(kind: str, source: Source, path: Path, dpi: int | None = None) -> None:
    """Draw the figure `kind` and write it to `path`, in the format that its ending names.

    `BadInput` where the run lacks what the figure shows, and where the file cannot be written.
    """
    check_path(path, endings_of(kind))
    with drawn_in(source.theme):
        if kind in ANIMATION_KINDS:
            save_animation(ANIMATION_KINDS[kind](source, dpi or SCREEN_DPI), path)
        else:
            save_plot(PLOT_KINDS[kind](source), path, dpi or PRINT_DPI)
