"""What the colours of codes say on a scatter: class, cluster, error or density."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from numpy.typing import NDArray

from aetui.figures.plane import draw_codes, draw_dots, label_of, legend, list_beside
from aetui.figures.source import Source
from aetui.ml.pictures import reconstruct
from aetui.ml.quality.classes import clusters_like_classes
from aetui.runs.code_colours import scale_ends
from aetui.runs.density import density_side, point_density

ALPHA: Final = 0.9
SQUARE: Final = "s"  # in place of a dot: the dots have other colours
BAR: Final[dict[str, Any]] = {"location": "bottom", "shrink": 0.7, "aspect": 40, "pad": 0.02}
CLUSTERS: Final = "cluster of k-means, by\nthe class it fits best\n(images)"


@dataclass(frozen=True)
class Colouring:
    """The number of each code's class or cluster, [N]; or a value of each, on a scale."""

    words: str  # for the title
    numbers: NDArray[np.int64]
    title: str = "class (images)"  # of the legend
    values: NDArray[np.float32] | None = None
    scale: str = ""  # what the values are, with their unit


def colouring_of(source: Source) -> Colouring:
    """What was chosen, for all codes of the map; `BadInput` where it needs images not here."""
    latent = source.latent
    labels, points = latent.labels, latent.points
    if source.choices.color_by == "cluster":
        clusters = clusters_like_classes(latent.codes, labels, source.tell)
        return Colouring(", by cluster", clusters, CLUSTERS)
    if source.choices.color_by == "density":
        scale = f"density (images within a square of side {density_side(points):.2g})"
        return Colouring(", by density", labels, values=point_density(points), scale=scale)
    if source.choices.color_by == "error":
        images = source.mapped_images(latent).images.numpy()
        source.tell("errors")
        errors = reconstruct(source.opened, images).errors
        scale = f"reconstruction error (nats){_other_weights(source)}"
        return Colouring(", by error", labels, values=errors, scale=scale)
    return Colouring("", labels)


def _other_weights(source: Source) -> str:
    """Whose errors these are, where they are not of the epoch of the map."""
    epoch = source.opened.epoch
    return "" if epoch == source.latent.epoch else f", with the weights after epoch {epoch:.4g}"


def draw_coloured(
    axes: Axes,
    source: Source,
    colouring: Colouring,
    among: NDArray[np.bool_],
    others: Sequence[Artist],
) -> None:
    """Draw the codes that are `among` [N] those shown, and say what the colours mean.

    `others` are named in the legend as well; it names all the classes in whose colours layers are.
    """
    points, numbers = source.latent.points[among], colouring.numbers[among]
    layers = source.choices.layers
    unseen = np.setdiff1d(colouring.numbers, numbers).tolist() if "decisions" in layers else []
    if colouring.values is None:
        draw_codes(axes, source, numbers, points)
        legend(axes, source, numbers, others, colouring.title, unseen)
        return
    _draw_values(axes, source, colouring, points, colouring.values[among])
    if layers:
        legend(axes, source, numbers, others, colouring.title, unseen, SQUARE)
    elif others:
        list_beside(axes, others, [label_of(other) for other in others])


def _draw_values(
    axes: Axes,
    source: Source,
    colouring: Colouring,
    points: NDArray[np.float32],
    values: NDArray[np.float32],
) -> None:
    """Codes in the colours of a scale, which stands below; a few lie beyond its ends."""
    assert colouring.values is not None and axes.figure is not None
    low, high = scale_ends(colouring.values)
    dots = draw_dots(
        axes, points, c=values, cmap=source.theme.ramp, vmin=low, vmax=high, alpha=ALPHA
    )
    bar = axes.figure.colorbar(dots, ax=axes, label=colouring.scale, extend="both", **BAR)
    bar.set_alpha(1)
    bar.outline.set_visible(False)
