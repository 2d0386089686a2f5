"""scatter: where the codes of the test images lie on the plane."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
from matplotlib.figure import Figure

from aetui.errors import BadInput
from aetui.figures.drawing import Plot, finished
from aetui.figures.plane import (
    draw_codes,
    draw_prior,
    extent_of,
    legend,
    name_classes,
    set_extent,
)
from aetui.figures.source import Source
from aetui.runs.basis import PCA
from aetui.runs.latent_map import LatentMap

HEIGHT: Final = 5.2  # inches
OTHERS: Final = (2.0, 0.9)  # inches beside and below the plane
NARROWEST: Final = 3.6  # inches
WIDEST: Final = 9.0


def draw_scatter(source: Source) -> Plot:
    """The codes of a latent map, which needs neither weights nor images."""
    latent = shown_classes(source, source.latent)
    points = latent.points
    extent = source.choices.view or extent_of(source.latent.points)
    left, right, bottom, top = extent
    width = (HEIGHT - OTHERS[1]) * (right - left) / (top - bottom) + OTHERS[0]
    figure = Figure(figsize=(min(max(width, NARROWEST), WIDEST), HEIGHT))
    axes = figure.add_subplot()
    set_extent(axes, extent, latent)
    colours = draw_codes(axes, source, latent, points)
    rings = draw_prior(axes, source, latent)
    name_classes(axes, source, latent, points)
    legend(axes, source, latent, colours, rings)
    title = f"Codes of {len(points):,} test images"
    if len(points) < len(source.latent.labels):
        title += f", {len(np.unique(latent.labels))} classes"
    if latent.codes.shape[1] > 2:
        kind = "principal components" if latent.chosen == PCA else "latent axes"
        title += f", 2 of {latent.codes.shape[1]} {kind}"
    axes.set_title(title)
    return finished(figure, source, title, latent.epoch)


def shown_classes(source: Source, latent: LatentMap) -> LatentMap:
    """The map with the codes of the chosen classes only; `BadInput` where they have none."""
    chosen = source.choices.classes
    if not chosen:
        return latent
    among = np.isin(latent.labels, chosen)
    if not among.any():
        listed = ", ".join(map(str, chosen))
        raise BadInput(f"{source.run.name} has no codes of the classes {listed}.")
    return replace(latent, codes=latent.codes[among], labels=latent.labels[among])
