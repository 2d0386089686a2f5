"""What the folders below a folder of images mean: classes, and parts for training and testing."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal

from aetui.errors import printable
from aetui.ml.data.walk import File, Folder, Skipped, natural

Role = Literal["train", "test", "validation"]
ROLES: Final[dict[str, Role]] = {
    **dict.fromkeys(("train", "training", "trainset", "traindata"), "train"),
    **dict.fromkeys(("test", "testing", "testset", "testdata", "eval", "evaluation"), "test"),
    **dict.fromkeys(("val", "valid", "validation", "valset", "dev"), "validation"),
}


@dataclass(frozen=True)
class Layout:
    """The images of a set with their classes, those for testing apart."""

    classes: tuple[str, ...]
    train: list[tuple[File, int]]
    test: list[tuple[File, int]]  # empty: the folder has no images for testing of its own


Found = dict[str | None, list[File]]
"""Files by class; None for those without."""


def _files(found: Found) -> list[File]:
    return [file for files in found.values() for file in files]


def _unnamed(found: Found) -> Found:
    return {None: _files(found)}


def role_of(name: str) -> Role | None:
    """What a folder of that name is for: "seg_train", "Test images", "val2017" and the like."""
    roles = {ROLES[word] for word in re.findall("[a-z]+", name.lower()) if word in ROLES}
    return roles.pop() if len(roles) == 1 else None


def interpret(root: Folder, skipped: Skipped) -> Layout:
    """The classes and the split by the folders' names. Deeper folders belong to their class."""
    top = _descend(root, stop_at_split=True)
    split = _split(top)
    if split is not None:
        return _interpret_split(root, top, split, skipped)
    if splits := _splits_below(top):
        return _interpret_splits_below(root, splits, skipped)
    return _layout(_classes(top, skipped, default=None), {}, root.name)


def _interpret_split(
    root: Folder, top: Folder, split: dict[Role, list[Folder]], skipped: Skipped
) -> Layout:
    for folder in top.folders:
        if role_of(folder.name) is None:
            skipped.add("beside the training and test folders", folder.path, folder.count)
    for file in top.files:
        skipped.add("beside the training and test folders", file.path)
    train = _merged(split["train"], skipped)
    for role in ("test", "validation"):
        if role not in split:
            continue
        test = _merged(split[role], skipped)
        if len(train) == len(test) == 1 and train.keys() != test.keys():
            # One folder in each, of different names: these are not classes.
            train, test = _unnamed(train), _unnamed(test)
        if None in test and None not in train:
            names = ", ".join(folder.path for folder in split[role])
            skipped.add("for testing, without classes", names, len(_files(test)))
            continue
        if role == "test":
            for folder in split.get("validation", []):
                skipped.add("for validation", folder.path, folder.count)
        return _layout(train, test, root.name)
    return _layout(train, {}, root.name)


def _splits_below(top: Folder) -> dict[str, dict[Role, list[Folder]]]:
    """The folders for training and testing in each class; empty unless each class has them."""
    if top.files or len(top.folders) < 2:
        return {}
    found = {folder.name: _split(folder) for folder in top.folders}
    return {} if None in found.values() else {name: split or {} for name, split in found.items()}


def _interpret_splits_below(
    root: Folder, splits: dict[str, dict[Role, list[Folder]]], skipped: Skipped
) -> Layout:
    train: Found = {}
    test: Found = {}
    for name, split in splits.items():
        tested: Role = "test" if "test" in split else "validation"
        train[name] = [file for folder in split["train"] for file in folder.all_files()]
        test[name] = [file for folder in split[tested] for file in folder.all_files()]
        if tested == "test":
            for folder in split.get("validation", []):
                skipped.add("for validation", folder.path, folder.count)
    return _layout(train, test, root.name)


def _descend(folder: Folder, *, stop_at_split: bool = False) -> Folder:
    """The first folder from `folder` down that holds more than one folder."""
    while not folder.files and len(folder.folders) == 1:
        if stop_at_split and _split(folder):
            break
        folder = folder.folders[0]
    return folder


def _split(folder: Folder) -> dict[Role, list[Folder]] | None:
    """The folders for training and testing in `folder`; None where its folders are classes."""
    by_role: dict[Role, list[Folder]] = {}
    others = 0
    for inner in folder.folders:
        role = role_of(inner.name)
        if role is None:
            others += 1
        else:
            by_role.setdefault(role, []).append(inner)
    if "train" not in by_role or len(by_role) < 2 or others > sum(map(len, by_role.values())):
        return None
    return by_role


def _classes(folder: Folder, skipped: Skipped, default: str | None) -> Found:
    """The classes in `folder`; one named `default` where it has no folders of images."""
    loose = len(folder.files)
    if not folder.folders:
        return {default: folder.files}
    if loose > folder.count - loose:
        for inner in folder.folders:
            skipped.add("below the images", inner.path, inner.count)
        return {default: folder.files}
    for file in folder.files:
        skipped.add("beside the class folders", file.path)
    return {inner.name: list(inner.all_files()) for inner in folder.folders}


def _merged(folders: list[Folder], skipped: Skipped) -> Found:
    """The classes of all `folders`, which have one role."""
    merged: Found = {}
    for outer in folders:
        inner = _descend(outer)
        name = None if role_of(inner.name) else inner.name
        for each, files in _classes(inner, skipped, name).items():
            merged.setdefault(each, []).extend(files)
    return merged


def _layout(train: Found, test: Found, default: str) -> Layout:
    """Classes are numbered in the order of their names. Those of training images count as well."""
    names = sorted({name for name in (*train, *test) if name is not None}, key=natural) or [default]
    numbers: dict[str | None, int] = {name: number for number, name in enumerate(names)}

    def labelled(found: Found) -> list[tuple[File, int]]:
        return [(file, numbers.get(name, 0)) for name, files in found.items() for file in files]

    classes = tuple(printable(name, 40) for name in names)
    return Layout(classes, labelled(train), labelled(test))
