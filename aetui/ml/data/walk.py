"""The images below a folder, and what else is there."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from aetui.errors import BadInput, printable
from aetui.ml.data.picture import suffixes

MOST_IMAGES: Final = 500_000
NAMED: Final = 5  # skipped files that a note names for each reason; the rest are counted
LEFT_BY_PROGRAMS: Final = frozenset(
    {"__macosx", "__pycache__", "thumbs.db", "ehthumbs.db", "desktop.ini", "icon\r"}
    | {"@eadir", "$recycle.bin", "system volume information", "lost+found"}
)
OF_ANOTHER_KIND: Final = "of another kind"
Identities = tuple[tuple[int, int], ...]
"""(device, inode) of folders, from the outermost."""


@dataclass
class Skipped:
    """What is not read, counted by reason."""

    counts: Counter[str] = field(default_factory=Counter)
    names: dict[str, list[str]] = field(default_factory=dict)  # some, and "…" for the others

    def add(self, reason: str, name: str, count: int = 1) -> None:
        """Count the file of that name, or the folder with its `count` files."""
        self._add(reason, [printable(name, 120)], count)

    def _add(self, reason: str, names: list[str], count: int) -> None:
        self.counts[reason] += count
        known = [*self.names.get(reason, []), *names]
        self.names[reason] = known if len(known) <= NAMED else [*known[:NAMED], "…"]

    def to_object(self) -> dict[str, list[Any]]:
        """For JSON; `update` takes it."""
        return {reason: [count, self.names[reason]] for reason, count in self.counts.items()}

    def update(self, more: dict[str, list[Any]]) -> None:
        for reason, (count, names) in more.items():
            self._add(reason, names, count)

    def __str__(self) -> str:
        lines = (
            f"{reason}: {count} ({', '.join(self.names[reason])})"
            for reason, count in self.counts.items()
        )
        return ", ".join(lines)


@dataclass(frozen=True)
class File:
    """An image file: its path below the root, its size and its time, which tell of a change."""

    path: str
    size: int
    time: int  # of the last change, in nanoseconds


@dataclass
class Folder:
    """A folder with the images in it and below it."""

    name: str
    path: str  # below the root; "" for the root
    files: list[File] = field(default_factory=list)
    folders: list[Folder] = field(default_factory=list)

    @property
    def count(self) -> int:
        return len(self.files) + sum(folder.count for folder in self.folders)

    def all_files(self) -> Iterator[File]:
        yield from self.files
        for folder in self.folders:
            yield from folder.all_files()


def walk(root: Path, skipped: Skipped) -> Folder:
    """The images in and below `root`. `BadInput` where it cannot be read."""
    walker = _Walker(root, skipped)
    try:
        status = root.stat()
        return walker.read("", root.name, ((status.st_dev, status.st_ino),))
    except OSError as error:
        problem = f"{printable(str(root), 200)} cannot be read ({error.strerror})"
        raise BadInput(f"{problem}; make it readable, or give another folder.") from None


class _Walker:
    def __init__(self, root: Path, skipped: Skipped) -> None:
        self._root = root
        self._skipped = skipped
        self._count = 0
        self._suffixes = suffixes() | {""}  # without one, only the content can tell

    def read(self, path: str, name: str, above: Identities) -> Folder:
        """The folder at `path`; `OSError` where it cannot be listed."""
        folder = Folder(name, path)
        with os.scandir(self._root / path) as entries:
            listed = sorted(entries, key=lambda entry: natural(entry.name))
        for entry in listed:
            below = os.path.join(path, entry.name)  # noqa: PTH118  a Path is far slower
            try:
                self._add(folder, entry, below, above)
            except OSError as error:
                self._skipped.add(f"not readable, {error.strerror}", below)
        return folder

    def _add(self, folder: Folder, entry: os.DirEntry[str], below: str, above: Identities) -> None:
        if entry.name.startswith(".") or entry.name.lower() in LEFT_BY_PROGRAMS:
            self._skipped.add("left by other programs", below)
        elif entry.is_dir():
            self._add_folder(folder, entry, below, above)
        elif not entry.is_file():
            self._skipped.add("neither file nor folder", below)
        elif os.path.splitext(entry.name)[1].lower() in self._suffixes:  # noqa: PTH122
            status = entry.stat()
            folder.files.append(File(below, status.st_size, status.st_mtime_ns))
            self._count += 1
            if self._count > MOST_IMAGES:
                problem = (
                    f"{printable(str(self._root), 200)} holds more than {MOST_IMAGES:,} images"
                )
                raise BadInput(f"{problem}; give a smaller folder.")
        else:
            self._skipped.add(OF_ANOTHER_KIND, below)

    def _add_folder(
        self, folder: Folder, entry: os.DirEntry[str], below: str, above: Identities
    ) -> None:
        status = entry.stat()
        identity = (status.st_dev, status.st_ino)
        if identity in above:
            self._skipped.add("a link to a folder around it", below)
            return
        inner = self.read(below, entry.name, (*above, identity))
        if inner.count:
            folder.folders.append(inner)
        else:
            self._skipped.add("without images", below)


def natural(name: str) -> list[tuple[int, str]]:
    """A key that sorts numbers in names by their value: 2 before 10."""
    parts = re.split(r"(\d+)", name)
    return [(int(part[:18]), part) if part.isdecimal() else (-1, part) for part in parts]
