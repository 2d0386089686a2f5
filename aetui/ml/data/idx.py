"""IDX files, plain or .gz: MNIST and its relatives. The format is described on yann.lecun.com.

This module imports no torch.
"""

from __future__ import annotations

import gzip
import string
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from aetui.errors import BadInput, printable
from aetui.ml.data.images import ImageSet, Labels, Pixels, balanced_order
from aetui.ml.data.search import Search

SIDE: Final = 28  # pixels of MNIST and its relatives
CURE: Final = "delete it and run again to download it anew"
IMAGES_MAGIC: Final = 0x0803  # bytes in three dimensions
LABELS_MAGIC: Final = 0x0801
LONG_LABELS_MAGIC: Final = 0x0C02  # QMNIST: 32-bit numbers, a row of eight an image
LARGEST: Final = 16 + 1_000_000 * SIDE * SIDE  # bytes; EMNIST's largest file has 814,255 images
PUBLISHED_COUNTS: Final = (60_000, 10_000)

# CRC-32 of the published files, unpacked: nothing else shows a flipped byte in an image.
PUBLISHED: Final[Mapping[str, tuple[int, int, int, int]]] = {
    "mnist": (0xE9F4D8B3, 0xE0CB4AD2, 0x91373BDF, 0x4AB9EFF9),
    "fashion-mnist": (0xB4F29F28, 0x741A4657, 0x678FE0B1, 0x80142C1F),
}
DIGITS: Final = tuple(string.digits)
MERGED: Final = "".join(each for each in string.ascii_lowercase if each not in "cijklmopsuvwxyz")
CLASSES: Final[Mapping[str, tuple[str, ...]]] = {
    "fashion-mnist": (
        *("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat"),
        *("Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"),
    ),
    "kmnist": ("o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"),
    "emnist-letters": tuple(string.ascii_lowercase),
    "emnist-byclass": tuple(string.digits + string.ascii_uppercase + string.ascii_lowercase),
    "emnist-bymerge": tuple(string.digits + string.ascii_uppercase + MERGED),
    "emnist-balanced": tuple(string.digits + string.ascii_uppercase + MERGED),
}


def read_set(search: Search) -> ImageSet:
    """The data set whose IDX files `search` found; `BadInput` names the file that is damaged."""
    published = PUBLISHED.get(search.name, (None,) * 4)
    files = [search.idx[part] for part in ("train-images", "train-labels")]
    train = read_images(files[0], published[0])
    # Training labels are only used to check that the files belong together.
    train_labels = read_labels(files[1], search.name, published[1])
    test, test_labels = _read_test(search)
    if len(train) != len(train_labels):
        raise _mismatch(search)
    return arrange(search.name, train, test, test_labels)


def read_test_set(search: Search) -> ImageSet:
    """The set with its test images. The first of them stands for the training images."""
    test, labels = _read_test(search)
    return arrange(search.name, test[:1], test, labels)


def _read_test(search: Search) -> tuple[Pixels, Labels]:
    """The test images and labels alone, as the files have them."""
    published = PUBLISHED.get(search.name, (None,) * 4)
    images = read_images(search.idx["test-images"], published[2])
    labels = read_labels(search.idx["test-labels"], search.name, published[3])
    if len(images) != len(labels):
        raise _mismatch(search)
    return images, labels


def _mismatch(search: Search) -> BadInput:
    cure = "delete that folder and run again to download it anew"
    return BadInput(f"the images and labels in {search.folder} do not belong together; {cure}.")


def arrange(name: str, train: Pixels, test: Pixels, test_labels: Labels) -> ImageSet:
    """The set from its images [N, 28, 28], upright, and its labels as the files have them."""
    if name.startswith("emnist-"):  # its images are transposed, and its test sets are sorted
        order = balanced_order(test_labels)
        train, test = train.transpose(0, 2, 1), test[order].transpose(0, 2, 1)
        test_labels = test_labels[order]
    return ImageSet(
        np.ascontiguousarray(train[:, None]),
        np.ascontiguousarray(test[:, None]),
        test_labels - first_label(name),
        CLASSES.get(name, DIGITS),
    )


def first_label(name: str) -> int:
    """The number of the first class in the files of that set."""
    return 1 if name == "emnist-letters" else 0


def read_images(path: Path, published: int | None = None) -> Pixels:
    """uint8 [N, 28, 28]; `BadInput` unless `path` is a whole IDX file of images of that size.

    A file of a published length must also have the `published` CRC-32.
    """
    data = _read(path)
    count, *sides = _header(path, data, IMAGES_MAGIC, "images")
    if sides != [SIDE, SIDE] or count == 0:
        raise BadInput(f"{path} is damaged or does not hold {SIDE}x{SIDE} images; {CURE}.")
    _check_length(path, data, 16 + count * SIDE * SIDE)
    _check_crc(path, data, count, published)
    return np.frombuffer(data, np.uint8, offset=16).reshape(count, SIDE, SIDE)


def read_labels(path: Path, name: str, published: int | None = None) -> Labels:
    """int64 [N], as the file has them; `BadInput` unless it holds labels of the data set `name`."""
    data = _read(path)
    magic = LONG_LABELS_MAGIC if name == "qmnist" else LABELS_MAGIC
    count, *columns = _header(path, data, magic, "labels")
    values: NDArray[Any]
    if columns:
        _check_length(path, data, 12 + count * columns[0] * 4)
        values = np.frombuffer(data, ">i4", offset=12).reshape(count, columns[0])[:, :1].ravel()
    else:
        _check_length(path, data, 8 + count)
        values = np.frombuffer(data, np.uint8, offset=8)
    if count == 0 or not values.size:
        raise BadInput(f"{path} is damaged (it holds no labels); {CURE}.")
    check_labels(path, values, name)
    _check_crc(path, data, count, published)
    return values.astype(np.int64)


def check_labels(path: Path, values: NDArray[Any], name: str) -> None:
    """`BadInput` unless each of the labels is that of a class of the data set `name`."""
    first = first_label(name)
    last = first + len(CLASSES.get(name, DIGITS)) - 1
    if int(values.max()) > last:
        raise BadInput(f"{path} is damaged (a label above {last}); {CURE}.")
    if int(values.min()) < first:
        raise BadInput(f"{path} is damaged (a label below {first}); {CURE}.")


def _read(path: Path) -> bytearray:
    """All bytes of the file, unpacked. A bytearray: numpy's view of it can be written to."""
    try:
        with gzip.open(path) if path.suffix.lower() == ".gz" else path.open("rb") as file:
            data = bytearray()
            while len(data) <= LARGEST and (block := file.read(1 << 24)):
                data += block
            return data
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        reason = printable(str(error))
        raise BadInput(f"{path} is damaged or half-downloaded ({reason}); {CURE}.") from None
    except OSError as error:
        cure = f"make it readable, or {CURE}"
        raise BadInput(f"{path} cannot be read ({error.strerror}); {cure}.") from None


def _header(path: Path, data: bytearray, magic: int, kind: str) -> list[int]:
    """The sizes of the file's dimensions."""
    length = 4 + 4 * (magic & 0xFF)
    if len(data) < length or int.from_bytes(data[:4], "big") != magic:
        raise BadInput(f"{path} is damaged (not an IDX file of {kind}); {CURE}.")
    return [int.from_bytes(data[at : at + 4], "big") for at in range(4, length, 4)]


def _check_length(path: Path, data: bytearray, expected: int) -> None:
    if len(data) != expected:
        sizes = f"{len(data)} bytes, not {expected}"
        raise BadInput(f"{path} is damaged or half-downloaded ({sizes}); {CURE}.")


def _check_crc(path: Path, data: bytearray, count: int, published: int | None) -> None:
    if published is not None and count in PUBLISHED_COUNTS and zlib.crc32(data) != published:
        raise BadInput(f"{path} is damaged (its checksum is not the published one); {CURE}.")
