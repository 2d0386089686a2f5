"""Data sets as uint8 tensors of [N, 1, 28, 28], and what training does to images: noise, small affine changes.

`auto` is MNIST, or the digits that scikit-learn ships where MNIST cannot be had. A data set that a person names is
never replaced.
"""

from __future__ import annotations

import fcntl
import math
import socket
import sys
import urllib.error
import urllib.request
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import torch
from torch import Tensor
from torch.nn import functional

from aetui.catalog import check_data_name
from aetui.errors import BadInput
from aetui.machine import default_data_dir
from aetui.ml.data.dataset import Dataset, DataUnavailable

if TYPE_CHECKING:
    from torchvision.datasets import MNIST

SIDE: Final = 28  # pixels of MNIST and its relatives
TIMEOUT: Final = (
    4.0  # seconds without an answer; a GPU box without internet must not keep anyone waiting
)
SMALL: Final = (
    10_000  # training images; below that, affine changes keep a network from learning them by heart
)
DIGITS_TEST: Final = 360  # of the 1,797
_CLASSES: Final = {"mnist": "MNIST", "fashion-mnist": "FashionMNIST", "kmnist": "KMNIST"}

# CRC-32 of the published files, uncompressed: a flipped byte in an image has no other trace.
_PUBLISHED: Final = {
    ("mnist", "train-images-idx3-ubyte"): 0xE9F4D8B3,
    ("mnist", "train-labels-idx1-ubyte"): 0xE0CB4AD2,
    ("mnist", "t10k-images-idx3-ubyte"): 0x91373BDF,
    ("mnist", "t10k-labels-idx1-ubyte"): 0x4AB9EFF9,
}


def load(name: str, data_dir: Path | None, *, download: bool = True) -> Dataset:
    """The data set `name`, downloaded to `data_dir` at need. `BadInput` says what is wrong and what to do."""
    folder = data_dir or default_data_dir()
    match check_data_name(name):
        case "auto":
            try:
                return _load_idx("mnist", folder, download=download)
            except DataUnavailable as error:
                return _load_digits(
                    note=f"MNIST could not be had ({error}): built-in digits instead"
                )
        case "digits":
            return _load_digits()
        case named if named in _CLASSES:
            try:
                return _load_idx(named, folder, download=download)
            except DataUnavailable as error:
                raise BadInput(
                    f"{named} could not be had ({error}). Copy its files to {folder / _CLASSES[named] / 'raw'}, "
                    "or train on --data digits, which needs no download."
                ) from None
        case path:
            from aetui.ml.data.folder import load_folder

            return load_folder(path)


def load_test_images(name: str, data_dir: Path | None) -> Tensor | None:
    """The test images of the data set `name`, where they are on this machine; nothing is downloaded for them."""
    try:
        if name in _CLASSES:
            kind = _torchvision_class(name)
            path = (
                (data_dir or default_data_dir()) / _CLASSES[name] / "raw" / "t10k-images-idx3-ubyte"
            )
            check_idx_file(path, _PUBLISHED.get((name, path.name)))
            images: Tensor = kind(data_dir or default_data_dir(), train=False).data
            return images.unsqueeze(1)
        return load(name, data_dir, download=False).test_images
    except (BadInput, RuntimeError):
        return None


def _torchvision_class(name: str) -> type[MNIST]:
    from torchvision import datasets

    kind: type[MNIST] = getattr(datasets, _CLASSES[name])
    return kind


def _load_idx(name: str, folder: Path, *, download: bool) -> Dataset:
    kind = _torchvision_class(name)
    raw = folder / _CLASSES[name] / "raw"
    names = [filename.removesuffix(".gz") for filename, _ in kind.resources]
    if not all((raw / file).is_file() for file in names):
        if not download:
            raise DataUnavailable(f"it is not in {folder}")
        _download(kind, folder)
    for file in names:
        check_idx_file(raw / file, _PUBLISHED.get((name, file)))
    train, test = kind(folder, train=True), kind(folder, train=False)
    if len(train.data) != len(train.targets) or len(test.data) != len(test.targets):
        raise BadInput(
            f"the images and labels in {raw} do not belong together; delete that folder and run again to download it anew."
        )
    classes = tuple(str(number) for number in range(10)) if name == "mnist" else tuple(kind.classes)
    return Dataset(
        name, train.data.unsqueeze(1), test.data.unsqueeze(1), test.targets.long(), classes
    )


def check_idx_file(path: Path, published: int | None = None) -> None:
    """`BadInput` unless `path` is a whole IDX file of 28x28 images or of labels (the format is on yann.lecun.com).

    A file of the published length must also have the `published` CRC-32.
    """
    cure = "delete it and run again to download it anew"
    try:
        data = path.read_bytes()
    except OSError as error:
        raise BadInput(
            f"{path} cannot be read ({error.strerror}); make it readable, or {cure}."
        ) from None
    images = "images" in path.name
    header, magic = (16, 2051) if images else (8, 2049)
    if len(data) < header or int.from_bytes(data[:4], "big") != magic:
        raise BadInput(
            f"{path} is damaged (not an IDX file of {'images' if images else 'labels'}); {cure}."
        )
    count, *sides = (int.from_bytes(data[at : at + 4], "big") for at in range(4, header, 4))
    if sides not in ([], [SIDE, SIDE]) or count == 0:
        raise BadInput(f"{path} is damaged or no set of {SIDE}x{SIDE} images; {cure}.")
    expected = header + count * math.prod(sides)
    if len(data) != expected:
        raise BadInput(
            f"{path} is damaged or half-downloaded ({len(data)} bytes, not {expected}); {cure}."
        )
    if not images and max(data[header:]) > 9:
        raise BadInput(f"{path} is damaged (a label above 9); {cure}.")
    if published is not None and count in (60_000, 10_000) and zlib.crc32(data) != published:
        raise BadInput(f"{path} is damaged (its checksum is not the published one); {cure}.")


def _download(kind: type[MNIST], folder: Path) -> None:
    print(f"downloading {kind.__name__} to {folder} ...", file=sys.stderr, flush=True)
    before = socket.getdefaulttimeout()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _one_at_a_time(folder / ".download-lock"):
            _reach_any(kind.mirrors)
            socket.setdefaulttimeout(TIMEOUT)  # torchvision sets none of its own
            kind(folder, download=True)
    except (
        OSError,
        RuntimeError,
        EOFError,
    ) as error:  # urllib's errors are OSErrors; torchvision raises RuntimeError
        cause = getattr(error, "reason", error)  # a URLError wraps the socket's own error
        reason = getattr(cause, "strerror", None) or str(cause).splitlines()[0]
        raise DataUnavailable(f"no download: {reason}") from None
    finally:
        socket.setdefaulttimeout(before)


@contextmanager
def _one_at_a_time(path: Path) -> Iterator[None]:
    """Two trainings that start together share one download."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _reach_any(mirrors: list[str]) -> None:
    """Ask the mirrors, briefly, before torchvision tries each file on each of them."""
    reason: OSError | None = None
    for mirror in mirrors:
        try:
            urllib.request.urlopen(
                urllib.request.Request(mirror, method="HEAD"), timeout=TIMEOUT
            ).close()  # noqa: S310  (torchvision's own)
            return
        except urllib.error.HTTPError:
            return  # an answer, if not to this question
        except OSError as error:
            reason = error
    raise reason or OSError("no mirror is known")


def _load_digits(note: str = "") -> Dataset:
    """The 1,797 UCI digits, 8x8 in 0..16, scaled to 24x24 within a border of 2; split the same way every time."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    small = torch.from_numpy(digits.images).float().unsqueeze(1) / 16
    large = functional.interpolate(
        small, size=(SIDE - 4, SIDE - 4), mode="bicubic", align_corners=False
    ).clamp(0, 1)
    images = functional.pad(large, (2, 2, 2, 2)).mul(255).round().to(torch.uint8)
    labels = torch.from_numpy(digits.target).long()
    order = torch.randperm(len(images), generator=torch.Generator().manual_seed(0))
    images, labels = images[order], labels[order]
    return Dataset(
        "digits", images[DIGITS_TEST:], images[:DIGITS_TEST], labels[:DIGITS_TEST], tuple(map(str, range(10))), note
    )  # fmt: skip
