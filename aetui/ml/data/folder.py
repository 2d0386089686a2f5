"""`folder:PATH`: a folder of images as a data set."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from aetui.config import DataOptions
from aetui.errors import BadInput, printable
from aetui.ml.data.cache import Arrays, Made, cache_path, fetch_or_make, load_arrays
from aetui.ml.data.compose import Rules, compose, make_rules
from aetui.ml.data.images import (
    ImageSet,
    Labels,
    Tell,
    balanced_order,
    split_off_test,
)
from aetui.ml.data.layout import Layout, interpret
from aetui.ml.data.picture import Picture, Size, Unreadable
from aetui.ml.data.reader import read_pictures
from aetui.ml.data.scales import find_scales
from aetui.ml.data.values import brighten
from aetui.ml.data.walk import OF_ANOTHER_KIND, File, Skipped, walk

VERSION: Final = 3  # of the conversion; with another number, older cache files are not used
CACHED_FROM: Final = 500  # images; fewer are read in no time
ARRAYS: Final = ("train", "test", "test_labels")
Order = NDArray[np.intp]
UNREADABLE: Final = "that could not be read"


def load_folder(root: Path, options: DataOptions, tell: Tell) -> ImageSet:
    """The images below `root`. `BadInput` where none can be used."""
    layout, skipped = _look_into(root)

    def make() -> Made:
        return _make(root, layout, options, tell, skipped)

    if len(layout.train) + len(layout.test) < CACHED_FROM:
        made, noted = make()
    else:
        path = cache_path("folder", _key(layout, options))
        made, noted = fetch_or_make(path, ARRAYS, make, tell)
    skipped.update(noted["skipped"])
    note = noted["said"] + (f"; skipped {skipped}" if skipped.counts else "")
    return ImageSet(made["train"], made["test"], made["test_labels"], layout.classes, note)


def load_test_part(root: Path, options: DataOptions) -> ImageSet | None:
    """The set with its test images in both parts, if a file in the cache holds it."""
    layout, _ = _look_into(root)
    found = load_arrays(cache_path("folder", _key(layout, options)), ("test", "test_labels"))
    if found is None:
        return None
    test, labels = found[0]["test"], found[0]["test_labels"]
    return ImageSet(test, test, labels, layout.classes)


def _look_into(root: Path) -> tuple[Layout, Skipped]:
    if not os.path.isdir(root):  # noqa: PTH112  Path.is_dir raises where a name is too long
        problem = f"{printable(str(root), 200)} is not a folder"
        if os.path.isfile(root):  # noqa: PTH113
            raise BadInput(f"{problem} but a file; unpack it first if it is an archive.")
        cure = "give one with images in it, as folder:PATH (a resumed run's under its new path)"
        raise BadInput(f"{problem}; {cure}.")
    skipped = Skipped()
    tree = walk(root, skipped)
    if not tree.count:
        raise _unusable(root, skipped)
    return interpret(tree, skipped), skipped


def _unusable(root: Path, skipped: Skipped) -> BadInput:
    found = f" ({skipped})" if skipped.counts else ""
    cure = "Give a folder of PNG or JPEG files, or of sub-folders of them."
    if any("-ubyte" in name for name in skipped.names.get(OF_ANOTHER_KIND, ())):
        cure = "IDX files are read by --data mnist (or fashion-mnist, …) with --data-dir."
    return BadInput(f"{printable(str(root), 200)} holds no usable images{found}. {cure}")


def _key(layout: Layout, options: DataOptions) -> str:
    """A key that changes with the images in a folder, and not with where the folder lies."""
    digest = hashlib.sha256(json.dumps([VERSION, options.size, options.channels]).encode())
    for part in (layout.train, layout.test):
        for file, label in part:
            digest.update(f"\n{file.path!r} {file.size} {file.time} {label}".encode())
        digest.update(b"\n\n")
    return digest.hexdigest()[:32]


def _make(root: Path, layout: Layout, options: DataOptions, tell: Tell, before: Skipped) -> Made:
    """The arrays of the set, and its notes, with what was skipped `before`."""
    entries = [*layout.train, *layout.test]
    paths = [str(root / file.path) for file, _ in entries]
    read = read_pictures(paths, options, tell)
    skipped = Skipped()
    good: list[int] = []
    pictures: list[Picture] = []
    for number, found in enumerate(read):
        if isinstance(found, Picture):
            good.append(number)
            pictures.append(found)
        else:
            _skip(skipped, entries[number][0], found)
    if not pictures:
        before.update(skipped.to_object())
        raise _unusable(root, before)
    rules = make_rules(pictures, options)
    labels = np.array([entries[number][1] for number in good], np.int64)
    train, test, split = _divide(labels, np.array(good) >= len(layout.train))
    order = np.concatenate([train, test])
    ordered = [pictures[at] for at in order]
    scales = find_scales(ordered, labels[order].tolist())
    images, brightened = brighten(compose(ordered, rules, scales))
    arrays: Arrays = {
        "train": images[: len(train)],
        "test": images[len(train) :],
        "test_labels": labels[test],
    }
    said = ", ".join(filter(None, [_sizes(pictures, rules), brightened, split]))
    return arrays, {"said": said, "skipped": skipped.to_object()}


def _divide(labels: Labels, own_test: NDArray[np.bool_]) -> tuple[Order, Order, str]:
    """(train, test, how they were divided), each in a balanced order.

    `own_test` are the images that the folder itself has for testing.
    """
    if own_test.any() and not own_test.all():
        train, test = np.flatnonzero(~own_test), np.flatnonzero(own_test)
        split = "its own test images"
    else:
        train, test = split_off_test(labels)
        split = "one image in six kept for testing" if len(train) < len(labels) else ""
    return train[balanced_order(labels[train])], test[balanced_order(labels[test])], split


def _skip(skipped: Skipped, file: File, error: Unreadable) -> None:
    has_suffix = "." in file.path.rpartition("/")[2]
    if has_suffix:
        skipped.add(UNREADABLE, f"{file.path}: {error}")
    else:
        skipped.add(OF_ANOTHER_KIND, file.path)


def _sizes(pictures: Sequence[Picture], rules: Rules) -> str:
    """The size and colours of the images, and which sizes they had."""
    colours = "colour" if rules.shape.channels == 3 else "grey"
    now = f"{_shown(rules.canvas)} {colours}"
    found = {picture.size for picture in pictures}
    smallest, largest = min(found, key=_area), max(found, key=_area)
    if found == {rules.canvas}:
        return now
    if len(found) == 1:
        return f"{now}, fitted from {_shown(largest)}"
    return f"{now}, fitted from sizes of {_shown(smallest)} to {_shown(largest)}"


def _area(size: Size) -> int:
    return size[0] * size[1]


def _shown(size: Iterable[int]) -> str:
    return "x".join(map(str, size))
