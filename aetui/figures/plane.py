"""The codes of test images on the plane, drawn alike in all figures."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes
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
    axes: Axes, source: Source, latent: LatentMap, points: NDArray[np.float32], alpha: float = 0.75
) -> list[str]:
    """Draw `points` [N, 2], the codes of `latent`, in the colours of their classes, by label."""
    count = max(len(source.config.classes), int(latent.labels.max()) + 1)
    colours = source.theme.class_colours(count)
    shades = np.array(colours)[latent.labels]
    area = float(np.clip(INKED / len(points), *DOT))
    axes.scatter(points[:, 0], points[:, 1], s=area, c=shades, alpha=alpha, linewidths=0)
    return colours


def name_classes(
    axes: Axes, source: Source, latent: LatentMap, points: NDArray[np.float32]
) -> None:
    """Write each class's name where its codes are densest, unless there are very many classes."""
    present = np.unique(latent.labels)
    if not 1 < len(present) <= MOST_NAMED:
        return
    for label in present:
        x, y = densest(points[latent.labels == label])
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
    axes: Axes, source: Source, latent: LatentMap, colours: list[str], others: list[Line2D]
) -> None:
    """Name the classes beside the axes, each with the number of its codes, and then `others`."""
    present, counts = np.unique(latent.labels, return_counts=True)
    shown = list(zip(present.tolist(), counts.tolist(), strict=True))[:MOST_LISTED]
    marks = [_mark(colours[label]) for label, _ in shown]
    names = [f"{source.class_name(label, LONGEST_NAME)}  ({count:,})" for label, count in shown]
    if len(present) > len(shown):
        marks.append(Line2D([], [], linewidth=0))
        names.append(f"and {len(present) - len(shown)} more")
    marks += others
    names += [str(other.get_label()) for other in others]
    axes.legend(
        marks,
        names,
        title="class (images)",
        loc="upper left",
        bbox_to_anchor=(1.01, 1.0),
        alignment="left",
        handlelength=1.5,
        handletextpad=0.4,
    )


def _mark(colour: str) -> Line2D:
    return Line2D([], [], linewidth=0, marker="o", markersize=4, color=colour)


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
