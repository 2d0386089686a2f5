"""What Manifold lays out: the shown plane at regular intervals, or a row for each latent axis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from aetui.runs.basis import Floats, traversal_ends, traversals
from aetui.runs.latent_map import LatentMap
from aetui.tui.widgets.image_grid import DrawnSize
from aetui.tui.widgets.scan import Scan, lay_out, x_axis, y_axis

GUTTER: Final = 7  # columns left of the images, for the numbers of the vertical axis
NAMES: Final = 16  # columns left of traversals
Named = tuple[str, float]
"""A coordinate and its value."""


@dataclass(frozen=True, eq=False)
class Sheet:
    """Places of the latent space in rows and columns, and what stands beside and below them."""

    rows: int
    columns: int
    drawn: DrawnSize
    codes: Floats  # row by row, [rows * columns, latent_dim]
    left: str
    below: str
    places: Sequence[Sequence[Named]]  # the coordinates of each of the codes that are shown
    step: float  # the distance between neighbours
    says: str  # what this is, in a few words


def plane_sheet(latent: LatentMap, scan: Scan) -> Sheet:
    """The plane at the points of `scan`."""
    points, (first, second) = scan.points, latent.basis.plane_names
    return Sheet(
        scan.rows,
        scan.columns,
        scan.drawn,
        latent.codes_at(points),
        y_axis(scan, GUTTER),
        " " * GUTTER + x_axis(scan),
        [((first, x), (second, y)) for x, y in points.tolist()],
        scan.step,
        f"{scan.rows} x {scan.columns} points",
    )


def traversal_sheet(latent: LatentMap, side: int, room: tuple[int, int], first: int) -> Sheet:
    """The axes from the `first` on, those that carry most before the others, as many as fit.

    Each goes from end to end of its codes while the others stay at their mean. `room` is in
    (columns, rows) of cells, `side` in pixels.
    """
    basis = latent.basis
    coordinates = basis.coordinates(latent.codes)
    scan = lay_out(latent.image_shape, side, (room[0] - NAMES, room[1]), latent.span)
    order = np.argsort(-basis.carried, kind="stable")[first : first + scan.rows].tolist()
    ends = traversal_ends(coordinates)
    z = traversals(coordinates, ends, order, scan.columns)
    values = [z[row, :, axis].tolist() for row, axis in enumerate(order)]
    names = [basis.names[axis] for axis in order]
    carried = [f"{basis.carried[axis]:.2g} {basis.unit}" for axis in order]
    labels = [f"{name} · {much}" for name, much in zip(names, carried, strict=True)]
    pairs = zip(names, values, strict=True)
    return Sheet(
        len(order),
        scan.columns,
        scan.drawn,
        basis.codes(z.reshape(-1, len(basis.names))),
        _labels(labels, scan.drawn),
        " " * NAMES + "each axis from end to end, the others at their mean",
        [((name, value),) for name, row in pairs for value in row],
        float((ends[1] - ends[0])[order].min()) / max(1, scan.columns - 1),
        f"axes {first + 1} to {first + len(order)} of {len(basis.names)}",
    )


def _labels(labels: Sequence[str], drawn: DrawnSize) -> str:
    """Each beside the middle of its row of images."""
    height = drawn.height * drawn.scale
    lines = [" " * NAMES] * ((len(labels) * height + 1) // 2)
    for row, label in enumerate(labels):
        lines[(row * height + height // 2) // 2] = f"{label} "[:NAMES].rjust(NAMES)
    return "\n".join(lines)
