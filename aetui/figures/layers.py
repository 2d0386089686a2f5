"""Layers of a scatter: what a probe decides at each place, and images where codes are densest."""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle
from numpy.typing import NDArray

from aetui.figures.plane import class_colours
from aetui.figures.source import Extent, Source
from aetui.runs.class_probe import ClassProbe, decide
from aetui.runs.density import density_peaks

PROBED: Final = 240  # places across the figure
AT_ONCE: Final = 4096  # of them
STRONGEST: Final = 0.34  # share of its class's colour that a ground takes where all agree
PICTURE: Final = 0.3  # inches, the longer side of an image
CELL: Final = (0.06, 0.03)  # inches; the density of codes is counted in cells of this size


def layer_marks(source: Source) -> list[Artist]:
    """For the legend."""
    if "decisions" not in source.choices.layers:
        return []
    said = "ground: class of the\ncodes nearby, paler\nwhere they disagree"
    return [Patch(facecolor=source.theme.whisper, alpha=STRONGEST, label=said)]


def add_layers(figure: Figure, axes: Axes, source: Source, among: NDArray[np.bool_]) -> None:
    """Add the chosen layers to a figure that has all else: its layout is not changed any more.

    The codes `among` [N] are shown. `BadInput` where the images of the thumbnails are not here.
    """
    figure.draw_without_rendering()  # axes in true proportion take their limits only now
    figure.set_layout_engine("none")
    extent: Extent = (*axes.get_xlim(), *axes.get_ylim())
    if "decisions" in source.choices.layers:
        _draw_decisions(axes, source, extent)
    if "thumbnails" in source.choices.layers:
        _draw_thumbnails(figure, axes, source, extent, among)


def _draw_decisions(axes: Axes, source: Source, extent: Extent) -> None:
    """The ground of each place in the colour of its class, paler where the codes disagree."""
    latent, (left, right, bottom, top) = source.latent, extent
    columns = PROBED
    rows = max(1, round(columns * (top - bottom) / (right - left)))
    x = left + (np.arange(columns) + 0.5) * (right - left) / columns
    y = top - (np.arange(rows) + 0.5) * (top - bottom) / rows
    points = np.stack([np.tile(x, rows), np.repeat(y, columns)], 1).astype(np.float32)
    z, probe = latent.codes_at(points), ClassProbe(latent.codes, latent.labels)
    found = []
    for first in range(0, len(z), AT_ONCE):
        source.tell(f"decisions {first / len(z):.0%}")
        found.append(probe.shares(z[first : first + AT_ONCE]))
    labels, confidence = decide(np.concatenate(found))
    ground = np.array(to_rgb(source.theme.ground))
    colours = np.array([to_rgb(colour) for colour in class_colours(source, latent.labels)])[labels]
    tinted = ground + STRONGEST * confidence[:, None] * (colours - ground)
    axes.imshow(tinted.reshape(rows, columns, 3), extent=extent, zorder=0, interpolation="nearest")


def _draw_thumbnails(
    figure: Figure, axes: Axes, source: Source, extent: Extent, among: NDArray[np.bool_]
) -> None:
    """An image at each peak of the density, framed in the colour of its class."""
    latent, shown = source.latent, np.flatnonzero(among)
    images = source.mapped_images(latent).images
    box = axes.get_window_extent()
    size = round(box.width / figure.dpi / CELL[1]), round(box.height / figure.dpi / CELL[0])
    left, right, bottom, top = extent
    width, height = (right - left) / size[0], (top - bottom) / size[1]  # of a cell
    shape = source.config.image_shape
    share = PICTURE / max(shape.sizes[1:])
    sides = share * shape.height, share * shape.width
    window = math.ceil(sides[0] / CELL[0]), math.ceil(sides[1] / CELL[1])
    colours = class_colours(source, latent.labels)
    for row, column, number in density_peaks(latent.points[shown], extent, size, window):
        x, y = left + column * width, top - row * height
        place = x, x + sides[1] / CELL[1] * width, y - sides[0] / CELL[0] * height, y
        chosen = shown[number]
        _draw_image(axes, images[chosen].numpy(), place, colours[latent.labels[chosen]])


def _draw_image(axes: Axes, image: NDArray[np.uint8], place: Extent, colour: str) -> None:
    left, right, bottom, top = place
    pixels = np.broadcast_to(image, (3, *image.shape[1:])).transpose(1, 2, 0)
    axes.imshow(pixels, extent=place, zorder=4)
    frame: dict[str, Any] = {"fill": False, "edgecolor": colour, "linewidth": 0.9, "zorder": 5}
    axes.add_patch(Rectangle((left, bottom), right - left, top - bottom, **frame))
