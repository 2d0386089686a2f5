"""latent/NNNN.npz: where the test images lie on the plane and what the plane decodes to, after an epoch."""

from __future__ import annotations

import io
import os
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from aetui.config import SIDE, BadInput, printable
from aetui.rundir import write_atomically

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


def latent_epochs(run: Path) -> list[int]:
    """The epochs after which a latent map was kept, ascending."""
    try:
        names = [entry.name for entry in os.scandir(run / "latent")]
    except OSError:
        return []
    return sorted(int(name[:-4]) for name in names if name.endswith(".npz") and name[:-4].isdigit())


def load_latent_map(run: Path, epoch: int) -> LatentMap:
    """The map kept after `epoch`; `BadInput` where it cannot be used."""
    path = run / "latent" / f"{epoch:04d}.npz"
    try:
        with np.load(path, allow_pickle=False) as file:
            codes, labels = file["codes"].astype(np.float32), file["labels"].astype(np.int64)
            plane, axes, extent = file["plane"], file["axes"], file["extent"]
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise BadInput(f"{path} is not a usable latent map ({printable(str(error))}). Delete it; the next epoch writes another.") from None
    left, right, bottom, top = (float(value) for value in extent)
    usable = codes.ndim == 2 and codes.shape[1] >= 1 and labels.shape == codes.shape[:1] and np.isfinite(codes).all()
    if not usable or plane.ndim != 4 or plane.shape[2:] != (SIDE, SIDE) or axes.shape != (2,) or axes.max() >= codes.shape[1]:
        raise BadInput(f"{path} is not a usable latent map (wrong shapes). Delete it; the next epoch writes another.")
    return LatentMap(epoch, codes, labels, (int(axes[0]), int(axes[1])), plane, (left, right, bottom, top))
