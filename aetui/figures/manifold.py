"""manifold: the plane scanned at regular intervals and decoded."""

from __future__ import annotations

from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from aetui.errors import BadInput
from aetui.figures.drawing import Plot, finished
from aetui.figures.plane import name_axes
from aetui.figures.source import Source
from aetui.figures.tiles import Pixels, Tiles, minus, mosaic
from aetui.ml.evaluate import scan_plane
from aetui.ml.pictures import decoded
from aetui.runs.latent_map import LatentMap

SIDE: Final = 20  # images a side
WIDTH: Final = 6.0  # inches
TICKS: Final = 7
OTHERS: Final = 0.9  # inches above and below


def draw_manifold(source: Source) -> Plot:
    """A grid of decoded images over what the newest map shows; of a chosen epoch, its own."""
    latent = source.latent
    is_stored = source.choices.epoch is not None
    images = stored_map(source).plane if is_stored else scanned(source, latent)
    figure = Figure(figsize=(WIDTH, WIDTH))
    axes = figure.add_subplot()
    tiles = show_plane(axes, images, latent, source.theme.ground)
    figure.set_size_inches(WIDTH, (WIDTH - 0.7) * tiles.aspect + OTHERS)
    title = f"The latent plane, decoded at {tiles.columns} x {tiles.rows} points"
    if latent.codes.shape[1] > 2:
        held = "0" if is_stored else "their means"
        title += f"; the other {latent.codes.shape[1] - 2} axes are {held}"
    axes.set_title(title)
    return finished(figure, source, title, latent.epoch)


def scanned(source: Source, latent: LatentMap) -> Pixels:
    """The plane decoded with the run's newest weights, [SIDE, SIDE, C, H, W].

    The other axes are the codes' means.
    """
    points = scan_plane(2, (0, 1), latent.span, (SIDE, SIDE)).numpy()
    z = latent.basis.around(latent.codes, points)
    return decoded(source.opened, z).reshape(SIDE, SIDE, *source.config.image_shape.sizes)


def stored_map(source: Source) -> LatentMap:
    """The map, whose stored plane is shown in place of weights that are gone."""
    latent = source.latent
    if latent.chosen is not None:
        where = f"{source.run.name} keeps weights of its last epoch only"
        reason = f"{where}, so other axes cannot be decoded as of epoch {latent.epoch}"
        raise BadInput(f"{reason}. Choose the last epoch, or the axes of the largest KL.")
    return latent


def show_plane(axes: Axes, images: Pixels, latent: LatentMap, ground: str) -> Tiles:
    """Draw decoded images [rows, columns, C, H, W], with the plane's coordinates at the axes."""
    picture, tiles = mosaic(images, ground)
    axes.imshow(picture)
    left, right, bottom, top = latent.span
    x = np.array([tiles.column(0), tiles.column(tiles.columns - 1)])
    y = np.array([tiles.row(tiles.rows - 1), tiles.row(0)])
    _label(axes, "x", x, (left, right))
    _label(axes, "y", y, (bottom, top))
    name_axes(axes, latent)
    axes.spines[:].set_visible(False)
    return tiles


def _label(axes: Axes, which: str, pixels: np.ndarray, values: tuple[float, float]) -> None:
    """Ticks at round coordinates; the first and last image stand at `values`."""
    ticks = MaxNLocator(TICKS, steps=[1, 2, 5, 10]).tick_values(*values)
    shown = [tick for tick in ticks if values[0] <= tick <= values[1]]
    places = np.interp(shown, values, pixels)
    labels = [minus(f"{tick:.6g}") for tick in shown]
    (axes.set_xticks if which == "x" else axes.set_yticks)(places, labels)
