"""The one entry to every data set.

`auto` is MNIST, or the digits that scikit-learn ships where MNIST cannot be had. A data set that a
person names is never replaced.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import torch

from aetui.catalog import AUTO, DATA_SETS, DIGITS, check_data_name, find_data, split_data_name
from aetui.config import AS_THEY_ARE, DataOptions
from aetui.errors import BadInput, printable
from aetui.machine import default_data_dir
from aetui.ml.data import idx, processed
from aetui.ml.data.dataset import Dataset, TestImages
from aetui.ml.data.digits import load_digits
from aetui.ml.data.images import DataUnavailable, ImageSet, Pixels, Tell, silent
from aetui.ml.data.search import Search, find_set


def load(
    name: str,
    data_dir: Path | None,
    options: DataOptions = AS_THEY_ARE,
    *,
    tell: Tell = silent,
    download: bool = True,
) -> Dataset:
    """The data set `name`, downloaded to `data_dir` at need.

    `tell` is given progress, and what was done instead of what was asked. `BadInput` says what is
    wrong and what to do.
    """
    name = find_data(name)
    folder = _data_folder(data_dir)
    prefix, path = split_data_name(name)
    if path:
        images = _load_own(prefix, Path(path), options, tell)
    elif name == AUTO:
        return _load_auto(folder, options, tell, download=download)
    else:
        images = _fitted(_load_named(name, folder, tell, download=download), options)
    _refuse_if_alike(name, images)
    if images.note:
        tell(images.note)
    return Dataset.of(name, images)


def load_test_images(
    name: str,
    data_dir: Path | None,
    options: DataOptions = AS_THEY_ARE,
) -> TestImages | None:
    """The test images of the data set `name`, where they are on this machine.

    Nothing is downloaded for them. They are the same as `load` gives, in the same order.
    """
    try:
        found = _test_part(name, _data_folder(data_dir), options)
    except BadInput:
        return None
    return TestImages(torch.from_numpy(found.test), torch.from_numpy(found.test_labels))


def _data_folder(given: Path | None) -> Path:
    # Path.expanduser raises where there is no home; a shell leaves "~" alone in --data-dir=~/x.
    return Path(os.path.expanduser(given or default_data_dir()))  # noqa: PTH111


def _test_part(name: str, data_dir: Path, options: DataOptions) -> ImageSet:
    """A set with the test images of `name`; its training images are read only if they must be."""
    prefix, path = split_data_name(name)
    if prefix == "folder:":
        from aetui.ml.data.folder import load_folder, load_test_part

        return load_test_part(Path(path), options) or load_folder(Path(path), options, silent)
    if path:
        return _load_own(prefix, Path(path), options, silent)
    if name == DIGITS:
        return _fitted(load_digits(), options)
    search = find_set(check_data_name(name, auto=False), data_dir)
    if not search.found:
        raise BadInput(f"{name} is not on this machine.")
    read = processed.read_set if search.processed else idx.read_test_set
    return _fitted(read(search), options)


def _load_own(prefix: str, path: Path, options: DataOptions, tell: Tell) -> ImageSet:
    # Imported late, with Pillow: a training on MNIST does without, and starts 0.1 s earlier.
    from aetui.ml.data.arrays import load_npz
    from aetui.ml.data.csv_file import load_csv
    from aetui.ml.data.folder import load_folder

    if prefix == "folder:":
        return load_folder(path, options, tell)
    if prefix == "csv:":
        return load_csv(path, options, tell)
    return load_npz(path, options)


def _load_auto(folder: Path, options: DataOptions, tell: Tell, *, download: bool) -> Dataset:
    try:
        images = _fitted(_find_or_fetch("mnist", folder, tell, download=download), options)
        name, note = "mnist", images.note
    except DataUnavailable as error:
        images = _fitted(load_digits(), options)
        replaced = f"MNIST could not be had ({error}): built-in digits instead"
        name, note = DIGITS, ", ".join(filter(None, [replaced, images.note]))
    if note:
        tell(note)
    return Dataset.of(name, images, note)


def _fitted(images: ImageSet, options: DataOptions) -> ImageSet:
    if not options:
        return images
    from aetui.ml.data.reshape import reshape

    return reshape(images, options)


def _load_named(name: str, folder: Path, tell: Tell, *, download: bool) -> ImageSet:
    if name == DIGITS:
        return load_digits()
    try:
        return _find_or_fetch(name, folder, tell, download=download)
    except DataUnavailable as error:
        target = folder / DATA_SETS[name].folder / "raw"
        cure = f"Copy its files, packed or not, to {printable(str(target), 200)}, or train on"
        raise BadInput(
            f"{name} could not be had ({error}). {cure} --data digits, which needs no download."
        ) from None


def _find_or_fetch(name: str, folder: Path, tell: Tell, *, download: bool) -> ImageSet:
    """The set from its files. `DataUnavailable` says where they were looked for."""
    search = find_set(name, folder)
    if not search.found:
        if not download:
            raise DataUnavailable(f"it is not on this machine; looked in {search}")
        from aetui.ml.data.download import download as fetch

        try:
            fetch(name, folder, tell)
        except DataUnavailable as error:
            raise DataUnavailable(f"{error}; looked in {search}") from None
        search = find_set(name, folder)
        if not search.found:
            raise DataUnavailable(f"it was downloaded, but is not in {search}")
    return _read(search)


def _read(search: Search) -> ImageSet:
    return processed.read_set(search) if search.processed else idx.read_set(search)


def _refuse_if_alike(name: str, images: ImageSet) -> None:
    """`BadInput` where all images are alike: there is nothing to learn."""
    first = images.train[:1]
    flat = all(bool((channel == channel.flat[0]).all()) for channel in first[0])
    if not (_all_equal(images.train, first) and _all_equal(images.test, first)):
        return
    if flat or len(images.train) > 1:
        what = "a single flat value" if flat else "one and the same image"
        problem = f"{printable(name, 200)} cannot be trained on: its images are all alike"
        raise BadInput(f"{problem}, {what}. Look at a few of them; give images that differ.")


def _all_equal(images: Pixels, first: Pixels) -> bool:
    # In most sets the second image differs, and the rest need not be compared.
    return all(np.array_equal(part, first) for part in (images[:2][-1:], images[-1:])) and bool(
        (images == first).all()
    )
