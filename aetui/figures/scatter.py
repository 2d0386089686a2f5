"""scatter: where the codes of the test images lie on the plane."""

from __future__ import annotations

from typing import Final

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from aetui.errors import BadInput
from aetui.figures.colouring import colouring_of, draw_coloured
from aetui.figures.drawing import Plot, finished
from aetui.figures.layers import add_layers, layer_marks
from aetui.figures.plane import draw_prior, extent_of, name_classes, set_extent
from aetui.figures.source import Source
from aetui.runs.basis import PCA

HEIGHT: Final = 5.2  # inches
OTHERS: Final = (2.0, 0.9)  # inches beside and below the plane
SCALE: Final = 0.55  # inches below it, for a scale of values
NARROWEST: Final = 3.6  # inches
WIDEST: Final = 9.0


def draw_scatter(source: Source) -> Plot:
    """The codes of a latent map; only errors need weights, they and thumbnails need images."""
    latent, among, colouring = source.latent, shown_codes(source), colouring_of(source)
    extent = source.choices.view or extent_of(latent.points)
    left, right, bottom, top = extent
    width = (HEIGHT - OTHERS[1]) * (right - left) / (top - bottom) + OTHERS[0]
    height = HEIGHT if colouring.values is None else HEIGHT + SCALE
    figure = Figure(figsize=(min(max(width, NARROWEST), WIDEST), height))
    axes = figure.add_subplot()
    set_extent(axes, extent, latent)
    marks = [*layer_marks(source), *draw_prior(axes, source, latent)]
    draw_coloured(axes, source, colouring, among, marks)
    if "thumbnails" not in source.choices.layers:  # which show what the names say
        name_classes(axes, source, latent.labels[among], latent.points[among])
    title = _title(source, among) + colouring.words
    axes.set_title(title)
    plot = finished(figure, source, title, latent.epoch)
    add_layers(figure, axes, source, among)
    return plot


def _title(source: Source, among: NDArray[np.bool_]) -> str:
    latent = source.latent
    title = f"Codes of {among.sum():,} test images"
    if not among.all():
        title += f", {len(np.unique(latent.labels[among]))} classes"
    if latent.codes.shape[1] > 2:
        kind = "principal components" if latent.chosen == PCA else "latent axes"
        title += f", 2 of {latent.codes.shape[1]} {kind}"
    return title


def shown_codes(source: Source) -> NDArray[np.bool_]:
    """Which codes of the map are of the chosen classes, [N]; `BadInput` where none is."""
    chosen, labels = source.choices.classes, source.latent.labels
    if not chosen:
        return np.ones(len(labels), bool)
    among = np.isin(labels, chosen)
    if not among.any():
        listed = ", ".join(map(str, chosen))
        raise BadInput(f"{source.run.name} has no codes of the classes {listed}.")
    return among
