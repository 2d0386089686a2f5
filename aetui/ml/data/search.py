"""Where the files of a named data set are on this machine. The loader and `aetui doctor` ask here.

They may be packed or not, have a dash or a dot in their names, lie below MNIST/raw or flat, be IDX
files or the .pt files of an old torchvision; and the folder that is given may be above or below
theirs. This module imports no torch.
"""

from __future__ import annotations

import gzip
import os
import re
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from aetui.catalog import DATA_SETS, DataSpec
from aetui.errors import printable

PARTS: Final = ("train-images", "train-labels", "test-images", "test-labels")
MOST_FOLDERS: Final = 500  # searched, up to two levels below the data folder
SHOWN: Final = 4  # names of what a folder holds
LABELS_CRC: Final = {  # of the test labels, unpacked: tells sets apart whose files have one name
    0x4AB9EFF9: "mnist",
    0x80142C1F: "fashion-mnist",
}
SMALL_FILE: Final = 100_000  # bytes; no file of test labels that LABELS_CRC knows is larger


@dataclass(frozen=True)
class Look:
    """A folder that was searched, and what was found there."""

    folder: Path
    found: str

    def __str__(self) -> str:
        return f"{printable(str(self.folder), 200)} ({self.found})"


@dataclass(frozen=True)
class Search:
    """Where a data set was looked for, and its files, if they are there."""

    name: str
    looks: tuple[Look, ...]
    idx: Mapping[str, Path]  # by part; empty where they are not there
    processed: tuple[Path, Path] | None = None  # training and test .pt of an old torchvision

    @property
    def found(self) -> bool:
        return bool(self.idx) or self.processed is not None

    @property
    def folder(self) -> Path:
        """Where it was found."""
        return self.processed[0].parent if self.processed else self.idx[PARTS[0]].parent

    def __str__(self) -> str:
        return "; ".join(map(str, self.looks))


def find_set(name: str, data_dir: Path) -> Search:
    """Look for the data set `name` in `data_dir`, and somewhat above and below it."""
    spec = DATA_SETS[name]
    looks: list[Look] = []
    seen: set[Path] = set()
    for folder in _candidates(spec, data_dir):
        if folder in seen:
            continue
        seen.add(folder)
        listed = _listed(folder)
        idx, lacking = _idx_files(spec, listed)
        if idx and not lacking:
            other = _other_set(spec, folder, idx["test-labels"])
            if not other:
                return Search(name, (*looks, Look(folder, "all files")), idx)
            looks.append(Look(folder, f"holds {other}"))
            continue
        if processed := _processed_files(spec, listed):
            return Search(name, (*looks, Look(folder, "all files")), {}, processed)
        if idx or folder == data_dir or folder == data_dir / spec.folder / "raw":
            looks.append(Look(folder, _state(folder, listed, lacking if idx else ())))
    return Search(name, tuple(looks), {})


def expected_files(name: str) -> tuple[str, str, str, str]:
    """The names of the set's four IDX files, in the order of PARTS."""
    if name == "qmnist":
        stems = ("qmnist-train", "qmnist-test")
        return tuple(  # type: ignore[return-value]
            f"{stem}-{kind}" for stem in stems for kind in ("images-idx3-ubyte", "labels-idx2-int")
        )
    stems = (f"{name}-train", f"{name}-test") if name.startswith("emnist-") else ("train", "t10k")
    return tuple(  # type: ignore[return-value]
        f"{stem}-{kind}" for stem in stems for kind in ("images-idx3-ubyte", "labels-idx1-ubyte")
    )


def _candidates(spec: DataSpec, data_dir: Path) -> Iterator[Path]:
    """Folders that may hold the files, the likely ones first. Some come twice."""
    homes = [data_dir / spec.folder, data_dir]
    if _owner(data_dir):  # a set's own folder was named, not the one that it lies in
        homes += [folder / spec.folder for folder in (data_dir.parent, data_dir.parent.parent)]
    for home in homes:
        yield from _inside(home)
    # Folders are listed only where nothing was found so far.
    for folder in _below(data_dir):
        if _owner(folder) in (spec.folder, ""):
            yield from _inside(folder)


def _inside(home: Path) -> tuple[Path, ...]:
    return home / "raw", home, home / "processed", home / "gzip", home / "raw" / "gzip"


def _below(folder: Path) -> Iterator[Path]:
    """Folders one and two levels below, MOST_FOLDERS at most, without hidden ones."""
    level = [folder]
    left = MOST_FOLDERS
    for _ in range(2):
        level = [child for parent in level for child in _folders(parent)][:left]
        left -= len(level)
        yield from level


def _folders(folder: Path) -> list[Path]:
    try:
        with os.scandir(folder) as entries:
            names = [each.name for each in entries if each.is_dir() and each.name[0] != "."]
    except OSError:
        return []
    return [folder / name for name in sorted(names)]


def _owner(folder: Path) -> str:
    """The folder name of the known set that `folder` is named after; else ""."""
    names = {_letters(spec.folder): spec.folder for spec in DATA_SETS.values() if spec.folder}
    names |= {_letters(spec.name): spec.folder for spec in DATA_SETS.values() if spec.folder}
    inner = folder.name.lower() in ("raw", "processed", "gzip")
    return names.get(_letters(folder.parent.name if inner else folder.name), "")


def _letters(name: str) -> str:
    return re.sub("[^a-z]", "", name.lower())


def _listed(folder: Path) -> dict[str, Path]:
    """The files in `folder`, by name in lower case with a dash for a dot before "idx"."""
    listed: dict[str, Path] = {}
    try:
        with os.scandir(folder) as entries:
            for entry in sorted(entries, key=lambda each: each.name):
                path = folder / entry.name
                if entry.is_dir():  # some archives unpack each file into a folder of its name
                    path = path / entry.name
                    if not os.path.isfile(path):  # noqa: PTH113  (Path's raises; see _state)
                        continue
                listed[entry.name.lower().replace(".idx", "-idx")] = path
    except OSError:
        pass
    return listed


def _idx_files(spec: DataSpec, listed: Mapping[str, Path]) -> tuple[dict[str, Path], list[str]]:
    """The set's IDX files by part, and the names of those that are lacking."""
    files: dict[str, Path] = {}
    lacking: list[str] = []
    for part, name in zip(PARTS, expected_files(spec.name), strict=True):
        path = listed.get(name) or listed.get(f"{name}.gz")
        if path is None:
            lacking.append(name)
        else:
            files[part] = path
    return files, lacking


def _processed_files(spec: DataSpec, listed: Mapping[str, Path]) -> tuple[Path, Path] | None:
    split = spec.name.removeprefix("emnist-")
    train, test = {
        "EMNIST": (f"training_{split}.pt", f"test_{split}.pt"),
        "QMNIST": ("train.pt", "test.pt"),
    }.get(spec.folder, ("training.pt", "test.pt"))
    if train in listed and test in listed:
        return listed[train], listed[test]
    return None


def _other_set(spec: DataSpec, folder: Path, labels: Path) -> str:
    """The other set that these files are of, by their folder or the test labels; else ""."""
    if (owner := _owner(folder)) not in (spec.folder, ""):
        return f"the files of {owner}"
    try:
        data = labels.read_bytes() if labels.stat().st_size < SMALL_FILE else b""
        if labels.suffix.lower() == ".gz":
            data = gzip.decompress(data)
    except (OSError, EOFError, zlib.error):
        return ""  # the reader says what is wrong with it
    name = LABELS_CRC.get(zlib.crc32(data), spec.name)
    return "" if name == spec.name else f"the files of {name}"


def _state(folder: Path, listed: Mapping[str, Path], lacking: list[str] | tuple[str, ...]) -> str:
    if lacking:
        return f"lacks {', '.join(lacking)}"
    # os.path, because Path.is_dir raises where it is not allowed to look.
    if not os.path.isdir(folder):  # noqa: PTH112
        return "no such folder"
    names = sorted(
        [path.name for path in listed.values()] + [f"{each.name}/" for each in _folders(folder)]
    )
    if not names:
        return "empty"
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return f"holds {', '.join(printable(name, 40) for name in names[:SHOWN])}{more}"
