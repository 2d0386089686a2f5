"""Coordinates of a latent space of any width, of which the first two span the plane shown."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from aetui.errors import BadInput, printable

Floats = NDArray[np.float32]
Components = Literal["pca"]
AxesChoice = tuple[int, int] | Components
"""Two latent axes, or the principal components of the codes."""
PCA: Final[Components] = "pca"
KL: Final = "kl"  # the two latent axes of the largest KL divergence
TRAVERSED_FROM: Final = 0.005  # share of the points beyond each end of a traversal
PAIR: Final = re.compile(r"z?(\d{1,5})[\s,;]+z?(\d{1,5})")


def read_axes(text: str, latent_dim: int) -> AxesChoice | None:
    """The axes that `text` means; `BadInput` where it means none of this latent space."""
    if text.casefold() == PCA:
        return PCA
    if text.casefold() == KL:
        return None
    pair = PAIR.fullmatch(text)
    axes = (int(pair[1]), int(pair[2])) if pair else (-1, -1)
    if axes[0] == axes[1] or not all(0 <= axis < latent_dim for axis in axes):
        given = printable(text, 40)
        known = f"two different numbers from 0 to {latent_dim - 1}, {PCA} or {KL}"
        raise BadInput(f"'{given}' names no two axes of this run. Give {known}.")
    return axes


def axes_argument(axes: AxesChoice) -> str:
    """What `read_axes` reads as these axes."""
    return axes if axes == PCA else ",".join(map(str, axes))


@dataclass(frozen=True, eq=False)  # arrays do not compare to one truth value
class Basis:
    """The latent axes, or the principal components of the codes, in an order of their own."""

    names: tuple[str, ...]  # of the coordinates, as in z3 or pc1
    origin: Floats  # [latent_dim]
    directions: Floats  # [latent_dim, latent_dim], orthonormal, a row for each coordinate
    carried: Floats  # what each coordinate carries, [latent_dim]
    unit: str  # of that

    def __post_init__(self) -> None:
        for array in (self.origin, self.directions, self.carried):
            array.flags.writeable = False

    @property
    def plane_names(self) -> tuple[str, str]:
        return self.names[0], self.names[1]

    def coordinates(self, codes: Floats) -> Floats:
        """The coordinates [N, latent_dim] of codes [N, latent_dim]."""
        return np.asarray((codes - self.origin) @ self.directions.T, np.float32)

    def points(self, codes: Floats) -> Floats:
        """The first two coordinates of codes [N, latent_dim], [N, 2]."""
        return np.asarray((codes - self.origin) @ self.directions[:2].T, np.float32)

    def codes(self, coordinates: Floats) -> Floats:
        """The codes [N, latent_dim] of coordinates [N, latent_dim]."""
        return np.asarray(self.origin + coordinates @ self.directions, np.float32)

    def around(self, codes: Floats, points: Floats) -> Floats:
        """The codes of `points` [N, 2]; the other coordinates are the means of `codes`.

        Far from those a decoder has seen nothing.
        """
        coordinates = np.tile(self.coordinates(codes).mean(0), (len(points), 1))
        coordinates[:, :2] = points
        return self.codes(coordinates)

    def plane_sigma(self, sigma: Floats) -> tuple[float, float]:
        """The standard deviations along the plane's two directions of a code with `sigma`."""
        first, second = np.sqrt(self.directions[:2] ** 2 @ sigma**2).tolist()
        return first, second


def axes_basis(codes: Floats, kl: Floats, axes: tuple[int, int]) -> Basis:
    """The latent axes: `axes`, then the others by what they carry, the most first.

    That is the KL divergence in nats, or the standard deviation of the codes where `kl` is empty.
    """
    carried = kl if len(kl) else codes.std(0)
    others = [axis for axis in np.argsort(-carried, kind="stable").tolist() if axis not in axes]
    order = [*axes, *others]
    names = tuple(f"z{axis}" for axis in order)
    identity = np.eye(codes.shape[1], dtype=np.float32)
    origin = np.zeros(codes.shape[1], np.float32)
    return Basis(names, origin, identity[order], carried[order], "nats" if len(kl) else "sd")


def components_basis(codes: Floats) -> Basis:
    """The principal components, that of the largest variance first.

    The largest weight of each is positive, so that a map is not mirrored from one epoch to the
    next.
    """
    origin = codes.mean(0)
    covariance = np.atleast_2d(np.cov(codes - origin, rowvar=False, ddof=0))
    variances, vectors = np.linalg.eigh(covariance.astype(np.float64))
    directions = vectors.T[::-1]
    largest = np.abs(directions).argmax(1)
    directions = directions * np.sign(directions[np.arange(len(directions)), largest])[:, None]
    names = tuple(f"pc{number}" for number in range(1, len(directions) + 1))
    deviations = np.sqrt(np.maximum(variances[::-1], 0))
    return Basis(names, origin, directions.astype(np.float32), deviations.astype(np.float32), "sd")


def traversal_ends(points: Floats) -> NDArray[np.float64]:
    """The first and the last value of each coordinate of `points` [N, D] in a traversal, [2, D]."""
    ends: NDArray[np.float64]
    ends = np.quantile(points, [TRAVERSED_FROM, 1 - TRAVERSED_FROM], axis=0)
    return ends


def traversals(
    points: Floats, ends: NDArray[np.float64], axes: Sequence[int], columns: int
) -> Floats:
    """Each of the `axes` from end to end, the others at the mean of `points`.

    `points` are [N, D], the result [axes, columns, D].
    """
    places = np.tile(points.mean(0), (len(axes), columns, 1))
    for row, axis in enumerate(axes):
        places[row, :, axis] = np.linspace(ends[0, axis], ends[1, axis], columns)
    return places
