"""Small data sets that tests make: image files, and files like MNIST's."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
from PIL import Image

NOBODY = "http://127.0.0.1:9/"  # no server answers there: a machine without internet


def noise(seed: int, size: tuple[int, int] = (28, 28), bands: int = 1) -> np.ndarray:
    """Random bytes, [height, width] or [height, width, bands]."""
    shape = (size[1], size[0]) if bands == 1 else (size[1], size[0], bands)
    return np.random.default_rng(seed).integers(0, 256, shape, np.uint8)


def image(path: Path, seed: int = 0, size: tuple[int, int] = (28, 28), bands: int = 1) -> None:
    """A file of noise, in the format that its suffix says."""
    put(path, noise(seed, size, bands))


def put(path: Path, pixels: np.ndarray) -> None:
    """A file of `pixels`, with its folders."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)


def images(folder: Path, count: int, first: int = 0) -> None:
    """`count` PNG files of noise, no two alike."""
    for number in range(first, first + count):
        image(folder / f"{number:03d}.png", number)


def idx(values: np.ndarray) -> bytes:
    """`values` (bytes, or 32-bit numbers) as an IDX file."""
    kind = {"u1": 0x08, "i4": 0x0C}[values.dtype.str[1:]]
    header = struct.pack(f">{1 + values.ndim}I", kind << 8 | values.ndim, *values.shape)
    return header + values.astype(values.dtype.newbyteorder(">")).tobytes()


def mnist_files(train: int = 30, test: int = 20) -> dict[str, bytes]:
    """The contents of four files like MNIST's, by name: noise, labels 0 to 9 in turn."""
    files = {}
    for part, count in (("train", train), ("t10k", test)):
        pixels = np.stack([noise(number + 1000 * (part == "t10k")) for number in range(count)])
        files[f"{part}-images-idx3-ubyte"] = idx(pixels)
        files[f"{part}-labels-idx1-ubyte"] = idx(np.arange(count, dtype=np.uint8) % 10)
    return files


def write(folder: Path, files: dict[str, bytes]) -> None:
    """Those files in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
