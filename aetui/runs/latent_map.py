"""latent/NNNN.npz: the codes of test images after an epoch, and the plane decoded."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from aetui.config import ImageShape
from aetui.errors import BadInput, printable
from aetui.runs.basis import PCA, AxesChoice, Basis, Floats, axes_basis, components_basis
from aetui.runs.directory import LATENT, latent_epochs, write_atomically

MAPS_KEPT: Final = 100
FIRST_MAPS: Final = 20  # epochs after each of which there is a map, however many follow
NEAR: Final = 50.0  # widths of a plane; a walk may start so far beside it
NEAR_POINTS: Final = 0.0  # the same where codes follow no prior: there the origin means nothing
FIELDS: Final = ("codes", "labels", "plane", "axes", "extent")
CURE: Final = "Delete it; the next epoch writes another."


Extent = tuple[float, float, float, float]
"""left, right, bottom and top."""
OUTER: Final = 0.005  # share of the codes that lie beyond a plane, at each end of an axis
NARROWEST: Final = 1e-3  # extent of a plane whose codes are all alike


def _none() -> Floats:
    return np.zeros(0, np.float32)


@dataclass(frozen=True, eq=False)  # arrays do not compare to one truth value
class LatentMap:
    """The latent space after one epoch. Arrays are read-only: they are shared between threads."""

    epoch: int
    codes: NDArray[np.float32]  # [N, latent_dim], z_mean of test images
    labels: NDArray[np.int64]  # [N]
    axes: tuple[int, int]  # the two latent axes that the decoded plane spans: the largest KL
    plane: NDArray[np.uint8]  # [rows, columns, channels, height, width], top row first
    extent: Extent  # of the outermost decoded images
    kl: Floats = field(default_factory=_none)  # of each axis in nats, [latent_dim]; or empty
    chosen: AxesChoice | None = None  # the plane that is shown, where it is not the decoded one

    @cached_property
    def basis(self) -> Basis:
        """The coordinates whose first two span the plane that is shown."""
        if self.chosen == PCA:
            return components_basis(self.codes)
        return axes_basis(self.codes, self.kl, self.chosen or self.axes)

    @cached_property
    def points(self) -> NDArray[np.float32]:
        """The codes on the plane that is shown, [N, 2]."""
        points = self.basis.points(self.codes)
        points.flags.writeable = False
        return points

    @cached_property
    def span(self) -> Extent:
        """The part of the shown plane that holds nearly all codes."""
        return self.extent if self.chosen is None else plane_extent(self.points)

    @property
    def image_shape(self) -> ImageShape:
        return ImageShape(*self.plane.shape[2:])

    @cached_property
    def home(self) -> Floats:
        """Where a walk begins, [latent_dim]: 0 along each coordinate that has codes near it.

        Along the others the median of the codes.
        """
        coordinates = self.basis.coordinates(self.codes)
        low, middle, high = np.quantile(coordinates, [OUTER, 0.5, 1 - OUTER], axis=0)
        reach = self._near * np.maximum(high - low, NARROWEST)
        is_near = (low - reach <= 0) & (high + reach >= 0)
        return np.where(is_near, 0, middle).astype(np.float32)

    @property
    def _near(self) -> float:
        return NEAR if len(self.kl) else NEAR_POINTS

    def codes_at(self, points: NDArray[np.float32]) -> NDArray[np.float32]:
        """The codes [N, latent_dim] of points [N, 2] of the plane through `home`."""
        others = np.tile(self.home[2:], (len(points), 1))
        return self.basis.codes(np.concatenate([points, others], 1))

    def is_near(self, x: float, y: float) -> bool:
        """Whether the point lies on the shown plane or not far beside it."""
        left, right, bottom, top = self.span
        beside, above = self._near * (right - left), self._near * (top - bottom)
        return left - beside <= x <= right + beside and bottom - above <= y <= top + above

    def stored_at(self, codes: NDArray[np.float32]) -> NDArray[np.uint8]:
        """The decoded images of the plane that are nearest to these codes, [N, C, H, W]."""
        left, right, bottom, top = self.extent
        rows, columns = self.plane.shape[:2]
        xs, ys = codes[:, self.axes[0]], codes[:, self.axes[1]]
        column = np.rint((xs - left) / (right - left) * (columns - 1))
        row = np.rint((top - ys) / (top - bottom) * (rows - 1))
        column = np.clip(column, 0, columns - 1).astype(np.int64)
        row = np.clip(row, 0, rows - 1).astype(np.int64)
        images: NDArray[np.uint8] = self.plane[row, column]
        return images


def plane_extent(points: NDArray[np.float32]) -> Extent:
    """Where `points` [N, 2] lie, but for the OUTER ones at each end of an axis."""
    low, high = np.quantile(points, [OUTER, 1 - OUTER], axis=0)
    extent = np.maximum(high - low, NARROWEST)
    middle = (low + high) / 2
    (left, bottom), (right, top) = middle - extent / 2, middle + extent / 2
    return float(left), float(right), float(bottom), float(top)


def map_path(run: Path, epoch: int) -> Path:
    """Where the map after `epoch` is kept."""
    return run / LATENT / f"{epoch:04d}.npz"


def is_map_due(epoch: int, epochs: int) -> bool:
    """Whether a map is written after `epoch` of `epochs`; it takes longer than a tiny epoch."""
    stride = max(1, epochs // MAPS_KEPT)
    return epoch <= FIRST_MAPS or epoch % stride == 0 or epoch == epochs


def save_latent_map(run: Path, latent: LatentMap, keep: int = 0) -> None:
    """Write latent/NNNN.npz atomically, and thin older maps to about MAPS_KEPT.

    That of the epoch `keep` stays.
    """
    (run / LATENT).mkdir(exist_ok=True)
    buffer = io.BytesIO()
    np.savez_compressed(
        buffer,
        epoch=latent.epoch,
        codes=latent.codes.astype(np.float16),
        labels=latent.labels.astype(np.min_scalar_type(int(latent.labels.max(initial=0)))),
        axes=np.array(latent.axes),
        plane=latent.plane,
        extent=np.array(latent.extent, dtype=np.float32),
        kl=latent.kl,
    )
    path = map_path(run, latent.epoch)
    write_atomically(path, lambda file: file.write(buffer.getbuffer()))
    epochs = latent_epochs(run)
    if len(epochs) > 2 * MAPS_KEPT:
        for epoch in set(epochs[1:-1:2]) - {keep}:
            map_path(run, epoch).unlink(missing_ok=True)


def load_latent_map(run: Path, epoch: int) -> LatentMap:
    """The map kept after `epoch`; `BadInput` where it cannot be used."""
    path = map_path(run, epoch)
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: np.asarray(file[name]) for name in FIELDS}
            arrays["kl"] = np.asarray(file["kl"]) if "kl" in file else _none()
    except Exception as error:  # noqa: BLE001  damaged bytes can raise anything in zipfile, zlib and numpy
        reason = printable(str(error))
        raise BadInput(f"{path} is not a usable latent map ({reason}). {CURE}") from None
    plane = arrays["plane"]
    if plane.ndim == 4:  # format 1 had no axis of channels
        arrays["plane"] = plane[:, :, None]
    if not (_codes_usable(arrays) and _plane_usable(arrays)):
        raise BadInput(f"{path} is not a usable latent map (wrong shapes or values). {CURE}")
    return _from_arrays(epoch, arrays)


def _codes_usable(arrays: dict[str, NDArray[Any]]) -> bool:
    codes, labels, axes, kl = (arrays[name] for name in ("codes", "labels", "axes", "kl"))
    return (
        codes.dtype == np.float16
        and codes.ndim == 2
        and len(codes) > 0
        and bool(np.isfinite(codes).all())
        and labels.dtype.kind == "u"
        and labels.shape == codes.shape[:1]
        and axes.shape == (2,)
        and axes.dtype.kind == "i"
        and bool(((axes >= 0) & (axes < codes.shape[1])).all())
        and kl.dtype == np.float32
        and kl.shape in ((0,), codes.shape[1:])
        and bool(np.isfinite(kl).all())
    )


def _plane_usable(arrays: dict[str, NDArray[Any]]) -> bool:
    plane, extent = arrays["plane"], arrays["extent"]
    return (
        plane.dtype == np.uint8
        and plane.ndim == 5
        and plane.size > 0
        and plane.shape[2] in (1, 3)
        and extent.shape == (4,)
        and extent.dtype == np.float32
        and bool(np.isfinite(extent).all())
        and bool(extent[0] < extent[1] and extent[2] < extent[3])
    )


def _from_arrays(epoch: int, arrays: dict[str, NDArray[Any]]) -> LatentMap:
    codes = arrays["codes"].astype(np.float32)
    labels = arrays["labels"].astype(np.int64)
    plane, kl = arrays["plane"], arrays["kl"]
    for array in (codes, labels, plane, kl):
        array.flags.writeable = False
    first, second = arrays["axes"].tolist()
    left, right, bottom, top = arrays["extent"].tolist()
    extent = left, right, bottom, top
    return LatentMap(epoch, codes, labels, (first, second), plane, extent, kl)
