"""latent/NNNN.npz: where the test images lie on the plane and what the plane decodes to, after an epoch."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from aetui.config import SIDE, BadInput, printable
from aetui.rundir import latent_epochs, write_atomically

MAPS_KEPT: Final = 100


@dataclass(frozen=True)
class LatentMap:
    """One frame of the film of a training: where the test images lie, and what the plane decodes to."""

    epoch: int
    codes: NDArray[np.float32]  # [N, latent_dim], z_mean of the first test images
    labels: NDArray[np.int64]  # [N]
    axes: tuple[int, int]  # the two latent axes that the plane spans: those of the largest KL
    plane: NDArray[np.uint8]  # [rows, columns, SIDE, SIDE], top row first
    extent: tuple[float, float, float, float]  # left, right, bottom, top of the plane's outermost digits

    @property
    def points(self) -> NDArray[np.float32]:
        """The codes on the plane, [N, 2]."""
        return self.codes[:, list(self.axes)]


def save_latent_map(run: Path, latent: LatentMap) -> None:
    """Write latent/NNNN.npz atomically, and thin older maps to about MAPS_KEPT."""
    folder = run / "latent"
    folder.mkdir(exist_ok=True)
    buffer = io.BytesIO()
    np.savez_compressed(
        buffer, epoch=latent.epoch, codes=latent.codes.astype(np.float16), labels=latent.labels.astype(np.uint8),
        axes=np.array(latent.axes), plane=latent.plane, extent=np.array(latent.extent, dtype=np.float32),
    )  # fmt: skip
    write_atomically(folder / f"{latent.epoch:04d}.npz", lambda file: file.write(buffer.getbuffer()))
    epochs = latent_epochs(run)
    if len(epochs) > 2 * MAPS_KEPT:
        for epoch in epochs[1:-1:2]:
            (folder / f"{epoch:04d}.npz").unlink(missing_ok=True)


def load_latent_map(run: Path, epoch: int) -> LatentMap:
    """The map kept after `epoch`; `BadInput` where it cannot be used."""
    path = run / "latent" / f"{epoch:04d}.npz"
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: np.asarray(file[name]) for name in ("codes", "labels", "plane", "axes", "extent")}
    except Exception as error:  # noqa: BLE001  a stranger's bytes can raise anything in zipfile, zlib and numpy
        raise BadInput(f"{path} is not a usable latent map ({printable(str(error))}). Delete it; the next epoch writes another.") from None
    codes, labels, plane, axes, extent = arrays.values()
    usable = (
        [array.dtype.name for array in (codes, labels, plane)] == ["float16", "uint8", "uint8"]
        and codes.ndim == 2 and labels.shape == codes.shape[:1] and len(codes) > 0 and bool(np.isfinite(codes).all())
        and plane.ndim == 4 and plane.shape[2:] == (SIDE, SIDE) and plane.size > 0
        and axes.shape == (2,) and axes.dtype.kind == "i" and bool(((axes >= 0) & (axes < codes.shape[1])).all())
        and extent.shape == (4,) and extent.dtype == np.float32 and bool(np.isfinite(extent).all())
    )  # fmt: skip
    if not usable:
        raise BadInput(f"{path} is not a usable latent map (wrong shapes or values). Delete it; the next epoch writes another.")
    left, right, bottom, top = extent.tolist()
    return LatentMap(
        epoch, codes.astype(np.float32), labels.astype(np.int64), (int(axes[0]), int(axes[1])), plane, (left, right, bottom, top)
    )  # fmt: skip
