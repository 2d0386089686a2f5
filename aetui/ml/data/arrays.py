"""Arrays of images, with their labels or without: `npz:PATH` and `npy:PATH`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from aetui.config import DataOptions
from aetui.errors import BadInput, printable
from aetui.ml.data.compose import compose, make_rules
from aetui.ml.data.images import ImageSet, Labels, Pixels, balanced_order, split_off_test
from aetui.ml.data.picture import Picture
from aetui.ml.data.reshape import reshape
from aetui.ml.data.values import scaled

Array = NDArray[Any]
Part = Literal["", "train", "test", "val"]
BANDS: Final = (1, 2, 3, 4)  # grey, colour, each with alpha or without
MOST_CLASSES: Final = 1000
IMAGES: Final = frozenset(
    {"x", "images", "image", "imgs", "img", "data", "features", "pixels", "inputs", "arr"}
)
LABELS: Final = frozenset({"y", "labels", "label", "targets", "target", "classes", "class"})
PART: Final = re.compile("training|train|testing|test|validation|valid|val")


@dataclass(frozen=True, eq=False)
class Labelled:
    """Images as a file has them, and their labels, if any."""

    images: Array
    labels: Array | None = None


def load_npz(path: Path, options: DataOptions) -> ImageSet:
    """The images in an .npz file of MedMNIST's or Keras' names, or in an .npy file."""
    try:
        with path.open("rb") as file:
            loaded = np.load(file, allow_pickle=False)
            found = {"images": loaded} if isinstance(loaded, np.ndarray) else {**loaded}
    except OSError as error:
        raise _unusable(path, f"it cannot be read ({error.strerror or error})") from None
    except Exception as error:  # noqa: BLE001  numpy raises anything on damaged bytes
        if "allow_pickle" in str(error):
            problem = "it holds Python objects, which could run code; save plain arrays"
            raise _unusable(path, problem) from None
        reason = printable(str(error), 120)
        raise _unusable(path, f"it is damaged or holds no arrays ({reason})") from None
    parts = _parts(path, found)
    train = next(part for name in ("train", "", "test", "val") if (part := parts.get(name)))
    others = [part for name in ("test", "val") if (part := parts.get(name)) not in (None, train)]
    test = others[0] if others else None
    left_out = [name for name, part in parts.items() if part not in (train, test)]
    names = " and ".join(name or "other" for name in left_out)
    note = f"{names} images not used" if left_out else ""
    return build(path, train, test, options, note)


def _unusable(path: Path, problem: str) -> BadInput:
    return BadInput(f"{printable(str(path), 200)} is not usable: {problem}.")


def _parts(path: Path, arrays: Mapping[str, Array]) -> dict[Part, Labelled]:
    """The images by part, by the names of their arrays: train_images, x_train, images, arr_0."""
    images: dict[Part, Array] = {}
    labels: dict[Part, Array] = {}
    for name, array in arrays.items():
        part, kind = _meaning(name)
        if kind in LABELS or name == "arr_1":
            labels[part] = array
        elif kind in IMAGES and array.ndim >= 2:
            images.setdefault(part, array)
    if not images and len(arrays) == 1:
        images[""] = next(iter(arrays.values()))
    if not images:
        listed = ", ".join(f"{printable(name, 40)} {array.shape}" for name, array in arrays.items())
        wanted = "train_images and test_images, x_train and x_test, or images, with labels beside"
        raise _unusable(path, f"it holds {listed or 'nothing'}; arrays must be named {wanted}")
    return {part: Labelled(array, labels.get(part)) for part, array in images.items()}


def _meaning(name: str) -> tuple[Part, str]:
    """(part, kind) of an array's name: ("train", "x") of "x_train"."""
    lower = name.lower()
    match = PART.search(lower)
    rest = re.sub("[^a-z]", "", PART.sub("", lower))
    starts: tuple[Part, ...] = ("train", "test", "val")
    for part in starts:
        if match and match[0].startswith(part):
            return part, rest or "images"
    return "", rest or "images"


def build(
    path: Path, train: Labelled, test: Labelled | None, options: DataOptions, note: str = ""
) -> ImageSet:
    """The set of those images. `BadInput` where they are not images."""
    parts = [train] if test is None else [train, test]
    counts = [len(_checked(path, part)) for part in parts]
    shapes = {part.images.shape[1:] for part in parts}
    if len(shapes) > 1:
        raise _unusable(path, "its images for training and testing differ in shape")
    values = train.images if test is None else np.concatenate([part.images for part in parts])
    labels, classes, remark = _classes(path, parts)
    try:
        images = scaled(_bands_last(path, values, options))
    except ValueError as error:
        raise _unusable(path, str(error)) from None
    shaped = _as_images(images, options)
    if test is None:
        first, second = split_off_test(labels)
        split = "one image in six kept for testing"
    else:
        first, second = np.arange(counts[0]), np.arange(counts[0], sum(counts))
        split = "its own test images"
    said = ", ".join(filter(None, [split, note, remark]))
    first = first[balanced_order(labels[first])]
    second = second[balanced_order(labels[second])]
    found = ImageSet(shaped[first], shaped[second], labels[second], classes, said)
    return reshape(found, options)


def _checked(path: Path, part: Labelled) -> Array:
    images, labels = part.images, part.labels
    if images.dtype.kind not in "biuf" or not images.size:
        raise _unusable(path, f"its images are {images.dtype} {images.shape}, not numbers")
    if labels is not None and (not labels.ndim or len(labels) != len(images)):
        raise _unusable(path, f"it has {len(images)} images and {labels.size} labels")
    return images


def _bands_last(path: Path, values: Array, options: DataOptions) -> Array:
    """`values` as [N, H, W, bands]."""
    if values.ndim == 2:
        return _unrolled(path, values, options)
    if values.ndim == 3:
        return values[..., None]
    if values.ndim == 4 and values.shape[3] in BANDS:
        return values
    if values.ndim == 4 and values.shape[1] in BANDS:
        return values.transpose(0, 2, 3, 1)
    kinds = "[N, H, W], [N, H, W, 1 to 4] or [N, values]"
    raise _unusable(path, f"its images have the shape {values.shape}, not {kinds}")


def _unrolled(path: Path, values: Array, options: DataOptions) -> Array:
    """Rows of values as images: squares, or of the size that was asked for."""
    count, length = values.shape
    for bands in (1, 3):
        if options.size and options.size[0] * options.size[1] * bands == length:
            width, height = options.size
        else:
            width = height = round((length / bands) ** 0.5)
        if width * height * bands == length:
            shapes = (count, height, width, bands), (count, bands, height, width)
            last, first = values.reshape(shapes[0]), values.reshape(shapes[1])
            candidates = [last, first.transpose(0, 2, 3, 1)][: 1 if bands == 1 else 2]
            return min(candidates, key=_roughness)
    cure = "give their size with --size WxH"
    raise _unusable(path, f"rows of {length} values are not square images; {cure}")


def _roughness(images: Array) -> float:
    """How much neighbouring pixels differ: least where the values are in the right order."""
    some = images[:100].astype(np.float32)
    return float(np.abs(np.diff(some, axis=2)).mean() + np.abs(np.diff(some, axis=1)).mean())


def _as_images(images: Pixels, options: DataOptions) -> Pixels:
    """[N, H, W, bands] as [N, C, H, W], transparent parts on a ground."""
    if images.shape[3] in (1, 3):
        return np.ascontiguousarray(images.transpose(0, 3, 1, 2))
    height, width = images.shape[1:3]
    pictures = [Picture(each, (width, height)) for each in images]
    return compose(pictures, make_rules(pictures, options))


def _classes(path: Path, parts: list[Labelled]) -> tuple[Labels, tuple[str, ...], str]:
    """(label of each image, classes, note), the labels numbered in the order of the classes."""
    count = sum(len(part.images) for part in parts)
    none = np.zeros(count, np.int64), (printable(path.name.partition(".")[0], 40),)
    given = [part.labels for part in parts if part.labels is not None]
    if len(given) < len(parts):
        return *none, "no labels" if not given else "labels not used: some images have none"
    if len({labels.shape[1:] for labels in given}) > 1:
        return *none, "labels not used: they differ in shape"
    labels = np.concatenate(given).reshape(count, -1)
    if labels.shape[1] > 1:
        if not _is_one_hot(labels):
            return *none, f"labels not used: {labels.shape[1]} for each image"
        labels = labels.argmax(axis=1)[:, None]
    names = [_name(each) for each in labels[:, 0].tolist()]
    unique, numbers = np.unique(np.array(names, dtype=np.str_), return_inverse=True)
    if len(unique) > MOST_CLASSES:
        return *none, f"labels not used: {len(unique)} different ones"
    order = sorted(range(len(unique)), key=lambda number: _sort_key(str(unique[number])))
    rank = np.argsort(np.array(order))
    classes = tuple(printable(str(unique[number]), 40) for number in order)
    return rank[numbers].astype(np.int64), classes, ""


def _is_one_hot(labels: Array) -> bool:
    if labels.dtype.kind not in "biuf":
        return False
    return bool(np.isin(labels, (0, 1)).all() and (labels.sum(axis=1) == 1).all())


def _name(label: Any) -> str:
    if isinstance(label, bytes):
        return label.decode(errors="replace")
    if isinstance(label, float) and label.is_integer():
        return str(int(label))
    return str(label)


def _sort_key(name: str) -> tuple[float, str]:
    try:
        return float(name), name
    except ValueError:
        return float("inf"), name
