"""`folder:PATH`: any folder of images as a data set. Sub-folders are classes; none is one class."""

from __future__ import annotations

import os
import sys
import warnings
from pathlib import Path
from typing import Final

import numpy as np
import torch
from PIL import Image

from aetui.errors import BadInput, printable
from aetui.ml.data.dataset import Dataset
from aetui.ml.data.load import SIDE

TEST_SHARE: Final = 6  # every sixth image of a class is kept for testing
MOST_IMAGES: Final = 500_000
NAMED: Final = 5  # skipped files that a note names; the rest are counted
SUFFIXES: Final = frozenset(
    {".png", ".jpg", ".jpeg", ".gif", ".bmp", ".tif", ".tiff", ".webp", ".pgm", ".ppm", ".pbm"}
)


def load_folder(name: str) -> Dataset:
    """The images below the folder of `name` ("folder:PATH"), as 28x28 grey. Unreadable ones are named and skipped."""
    root = Path(name.removeprefix("folder:")).expanduser()
    if not os.path.isdir(root):  # noqa: PTH112  (Path's raises where the name is too long or no name)
        raise BadInput(
            f"{printable(str(root))} is not a folder; give one with images in it, as folder:PATH."
        )
    train: list[np.ndarray] = []
    test: list[np.ndarray] = []
    labels: list[int] = []
    skipped: list[str] = []
    try:
        classes = sorted(
            path for path in root.iterdir() if path.is_dir() and not path.name.startswith(".")
        )
    except OSError as error:
        raise BadInput(
            f"{printable(str(root))} cannot be read ({error.strerror}); make it readable, or give another folder."
        ) from None
    for label, folder in enumerate(classes or [root]):
        images = _read_images(folder, skipped)
        train += [image for number, image in enumerate(images) if number % TEST_SHARE]
        kept = images[::TEST_SHARE]
        test += kept
        labels += [label] * len(kept)
    if not test:
        reason = f": {_listed(skipped)} could not be read" if skipped else ""
        raise BadInput(
            f"{printable(str(root))} holds no usable images{reason}. Give a folder of PNG or JPEG files, or of sub-folders of them."
        )
    note = f"skipped {_listed(skipped)}" if skipped else ""
    if note:
        print(note, file=sys.stderr, flush=True)
    names = tuple(printable(path.name, 40) for path in classes) or (printable(root.name, 40),)
    # With fewer images than TEST_SHARE a class has none for training; a plane of few images is still a plane.
    return Dataset(name, _stack(train or test), _stack(test), torch.tensor(labels), names, note)


def _stack(images: list[np.ndarray]) -> torch.Tensor:
    return torch.from_numpy(np.stack(images)).unsqueeze(1)


def _read_images(folder: Path, skipped: list[str]) -> list[np.ndarray]:
    images: list[np.ndarray] = []
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() not in SUFFIXES or not path.is_file():
            continue
        if len(images) >= MOST_IMAGES:
            raise BadInput(
                f"{printable(str(folder))} holds more than {MOST_IMAGES} images; give a smaller folder."
            )
        try:
            images.append(_read_image(path))
        except Exception as error:  # noqa: BLE001  Pillow's decoders raise anything on damaged files
            skipped.append(f"{printable(path.name)} ({printable(str(error), 120)})")
    return images


def _read_image(path: Path) -> np.ndarray:
    """uint8 [28, 28]: grey, transparent parts black, fitted into the square with its proportions kept."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        with Image.open(path) as image:
            image.draft("L", (4 * SIDE, 4 * SIDE))  # lets a large JPEG be decoded small
            rgba = image.convert("RGBA")
    flat = Image.alpha_composite(Image.new("RGBA", rgba.size, "black"), rgba).convert("L")
    scale = SIDE / max(flat.size)
    size = (max(1, round(flat.width * scale)), max(1, round(flat.height * scale)))
    square = Image.new("L", (SIDE, SIDE))
    square.paste(
        flat.resize(size, Image.Resampling.LANCZOS), ((SIDE - size[0]) // 2, (SIDE - size[1]) // 2)
    )
    return np.asarray(square, dtype=np.uint8)


def _listed(skipped: list[str]) -> str:
    more = len(skipped) - NAMED
    return ", ".join(skipped[:NAMED]) + (f" and {more} more" if more > 0 else "")
