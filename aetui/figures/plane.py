"""The codes of test images on the plane, drawn alike in all figures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.lines import Line2D
from matplotlib.patches import Circle
from matplotlib.patheffects import withStroke
from numpy.typing import NDArray

from aetui.figures.source import Extent, Source
from aetui.runs.latent_map import LatentMap

OUTERMOST: Final = 0.001  # share of the codes, at each end of each axis, that may lie outside
MARGIN: Final = 0.05
NARROWEST: Final = 1e-3
MOST_NAMED: Final = 40  # classes; the names of more would cover the codes
MOST_LISTED: Final = 20  # classes in a legend
DOT: Final = (3.2, 20.0)  # points squared: the area of a code, of very many and of a few
INKED: Final = 16_000.0  # points squared: of all codes together, within those bounds
LONGEST_NAME: Final = 20  # letters, of a class
MOST_WEIGHED: Final = 1000  # codes of a class that are compared with each other
WEIGHED: Final = 0.3  # standard deviations of a class within which codes count as near


def extent_of(points: NDArray[np.float32]) -> Extent:
    """The extent of a figure of `points` [N, 2]: all but a few far out."""
    low, high = np.quantile(points, [OUTERMOST, 1 - OUTERMOST], axis=0)
    margin = MARGIN * np.maximum(high - low, NARROWEST)
    (left, bottom), (right, top) = low - margin, high + margin
    return float(left), float(right), float(bottom), float(top)


def set_extent(axes: Axes, extent: Extent, latent: LatentMap) -> None:
    """Show `extent` in true proportion, and name the axes."""
    axes.set_xlim(*extent[:2])
    axes.set_ylim(*extent[2:])
    axes.set_aspect("equal", adjustable="datalim")
    name_axes(axes, latent)


def name_axes(axes: Axes, latent: LatentMap) -> None:
    across, up = latent.basis.plane_names
    axes.set_xlabel(across)
    axes.set_ylabel(up, rotation=0, labelpad=8)


def draw_codes(
    axes: Axes,
    source: Source,
    labels: NDArray[np.int64],
    points: NDArray[np.float32],
    alpha: float = 0.75,
) -> None:
    """Draw `points` [N, 2] in the colours of their classes."""
    colours = np.array(class_colours(source, labels))
    draw_dots(axes, points, c=colours[labels], alpha=alpha)


def class_colours(source: Source, labels: NDArray[np.int64]) -> list[str]:
    """The colours of the classes, by label."""
    count = max(len(source.config.classes), int(labels.max()) + 1)
    return source.theme.class_colours(count)


def draw_dots(axes: Axes, points: NDArray[np.float32], **colours: Any) -> PathCollection:
    """Draw `points` [N, 2] at a size that suits their number."""
    area = float(np.clip(INKED / len(points), *DOT))
    return axes.scatter(points[:, 0], points[:, 1], s=area, linewidths=0, **colours)


def name_classes(
    axes: Axes, source: Source, labels: NDArray[np.int64], points: NDArray[np.float32]
) -> None:
    """Write each class's name where its codes are densest, unless there are very many classes."""
    present = np.unique(labels)
    if not 1 < len(present) <= MOST_NAMED:
        return
    for label in present:
        x, y = densest(points[labels == label])
        name = source.class_name(int(label), LONGEST_NAME)
        text = axes.text(x, y, name, ha="center", va="center", weight="bold", zorder=3)
        text.set_path_effects([withStroke(linewidth=2.5, foreground=source.theme.ground)])
        text.set_clip_on(True)


def densest(points: NDArray[np.float32]) -> tuple[float, float]:
    """The point that has most of the others near it, weighed by a Gaussian."""
    some = points[:: -(-len(points) // MOST_WEIGHED)]
    width = WEIGHED * np.maximum(some.std(0), NARROWEST)
    squares = np.square((some[:, None] - some[None]) / width).sum(2)
    x, y = some[np.exp(-0.5 * squares).sum(1).argmax()]
    return float(x), float(y)


def legend(
    axes: Axes,
    source: Source,
    labels: NDArray[np.int64],
    others: Sequence[Artist] = (),
    title: str = "class (images)",
    unseen: Sequence[int] = (),
    marker: str = "o",
) -> None:
    """Name the classes beside the axes, each with the number of its codes, and then `others`.

    `labels` are those of the codes. Classes that are `unseen` have none, but layers have colours
    of theirs.
    """
    counts = np.bincount(labels)
    colours = class_colours(source, np.array([*labels, *unseen]))
    present = sorted({*np.flatnonzero(counts).tolist(), *unseen})
    marks: list[Artist] = []
    names: list[str] = []
    for label in present[:MOST_LISTED]:
        said = "none" if label in unseen else f"{counts[label]:,}"
        marks.append(_mark(colours[label], marker))
        names.append(f"{source.class_name(label, LONGEST_NAME)}  ({said})")
    if len(present) > len(marks):
        names.append(f"and {len(present) - len(marks)} more")
        marks.append(Line2D([], [], linewidth=0))
    list_beside(axes, [*marks, *others], [*names, *map(label_of, others)], title)


def list_beside(axes: Axes, marks: Sequence[Artist], names: Sequence[str], title: str = "") -> None:
    """A legend beside the axes."""
    axes.legend(
        marks,
        names,
        title=title,
        loc="upper left",
        bbox_to_anchor=(1.01, 1.0),
        alignment="left",
        handlelength=1.5,
        handletextpad=0.4,
    )


def label_of(mark: Artist) -> str:
    """What a legend calls it."""
    return str(mark.get_label())


def _mark(colour: str, marker: str) -> Line2D:
    return Line2D([], [], linewidth=0, marker=marker, markersize=4, color=colour)


def draw_prior(axes: Axes, source: Source, latent: LatentMap) -> list[Line2D]:
    """Rings at 1 and 2 standard deviations of the prior, for a model that has one; their mark."""
    if not any(term.weight for term in source.spec.score.terms):
        return []
    line: dict[str, Any] = {"linestyle": (0, (3, 2)), "linewidth": 0.7}
    (x, y), *_ = latent.basis.points(np.zeros((1, latent.codes.shape[1]), np.float32)).tolist()
    for sigma in (1, 2):
        ring = Circle((x, y), sigma, fill=False, edgecolor=source.theme.whisper, **line)
        axes.add_patch(ring)
    return [Line2D([], [], color=source.theme.whisper, label="prior, 1σ 2σ", **line)]
