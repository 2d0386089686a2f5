"""latent/NNNN.npz: the codes of test images after an epoch, and the plane decoded."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from aetui.config import ImageShape
from aetui.errors import BadInput, printable
from aetui.runs.directory import LATENT, latent_epochs, write_atomically

MAPS_KEPT: Final = 100
FIRST_MAPS: Final = 20  # epochs after each of which there is a map, however many follow
NEAR: Final = 50.0  # widths of a plane; a walk may start so far beside it
FIELDS: Final = ("codes", "labels", "plane", "axes", "extent")
CURE: Final = "Delete it; the next epoch writes another."


@dataclass(frozen=True, eq=False)  # arrays do not compare to one truth value
class LatentMap:
    """The latent space after one epoch. Arrays are read-only: they are shared between threads."""

    epoch: int
    codes: NDArray[np.float32]  # [N, latent_dim], z_mean of test images
    labels: NDArray[np.int64]  # [N]
    axes: tuple[int, int]  # the two latent axes that the plane spans: those of the largest KL
    plane: NDArray[np.uint8]  # [rows, columns, channels, height, width], top row first
    extent: tuple[float, float, float, float]  # left, right, bottom, top of the outermost images

    @property
    def points(self) -> NDArray[np.float32]:
        """The codes on the plane, [N, 2]."""
        return self.codes[:, list(self.axes)]

    @property
    def image_shape(self) -> ImageShape:
        return ImageShape(*self.plane.shape[2:])

    def codes_at(self, points: NDArray[np.float32]) -> NDArray[np.float32]:
        """The codes [N, latent_dim] of points [N, 2] of the plane; axes not shown are 0."""
        z = np.zeros((len(points), self.codes.shape[1]), np.float32)
        z[:, list(self.axes)] = points
        return z

    def is_near(self, x: float, y: float) -> bool:
        """Whether the point lies on the scanned plane or not many times its width beside it."""
        left, right, bottom, top = self.extent
        beside, above = NEAR * (right - left), NEAR * (top - bottom)
        return left - beside <= x <= right + beside and bottom - above <= y <= top + above

    def scanned(self, xs: NDArray[np.float32], ys: NDArray[np.float32]) -> NDArray[np.uint8]:
        """The decoded images nearest to these columns and rows, [len(ys), len(xs), C, H, W]."""
        left, right, bottom, top = self.extent
        rows, columns = self.plane.shape[:2]
        column = np.rint((xs - left) / (right - left) * (columns - 1))
        row = np.rint((top - ys) / (top - bottom) * (rows - 1))
        column = np.clip(column, 0, columns - 1).astype(np.int64)
        row = np.clip(row, 0, rows - 1).astype(np.int64)
        return self.plane[np.ix_(row, column)]


def map_path(run: Path, epoch: int) -> Path:
    """Where the map after `epoch` is kept."""
    return run / LATENT / f"{epoch:04d}.npz"


def is_map_due(epoch: int, epochs: int) -> bool:
    """Whether a map is written after `epoch` of `epochs`; it takes longer than a tiny epoch."""
    stride = max(1, epochs // MAPS_KEPT)
    return epoch <= FIRST_MAPS or epoch % stride == 0 or epoch == epochs


def save_latent_map(run: Path, latent: LatentMap) -> None:
    """Write latent/NNNN.npz atomically, and thin older maps to about MAPS_KEPT."""
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
    )
    path = map_path(run, latent.epoch)
    write_atomically(path, lambda file: file.write(buffer.getbuffer()))
    epochs = latent_epochs(run)
    if len(epochs) > 2 * MAPS_KEPT:
        for epoch in epochs[1:-1:2]:
            map_path(run, epoch).unlink(missing_ok=True)


def load_latent_map(run: Path, epoch: int) -> LatentMap:
    """The map kept after `epoch`; `BadInput` where it cannot be used."""
    path = map_path(run, epoch)
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: np.asarray(file[name]) for name in FIELDS}
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
    codes, labels, axes = arrays["codes"], arrays["labels"], arrays["axes"]
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
    plane = arrays["plane"]
    for array in (codes, labels, plane):
        array.flags.writeable = False
    first, second = arrays["axes"].tolist()
    left, right, bottom, top = arrays["extent"].tolist()
    return LatentMap(epoch, codes, labels, (first, second), plane, (left, right, bottom, top))
