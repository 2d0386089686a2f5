"""`csv:PATH`: one image per line, its label first or in a column of that name."""

from __future__ import annotations

import csv
import gzip
import hashlib
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TextIO, cast

import numpy as np
from numpy.typing import NDArray

from aetui.config import DataOptions
from aetui.errors import BadInput, printable
from aetui.ml.data.arrays import LABELS, Labelled, build
from aetui.ml.data.cache import Arrays, Made, cache_path, fetch_or_make
from aetui.ml.data.images import ImageSet, Tell

VERSION: Final = 1
FEWEST: Final = 4  # values of an image
ROWS: Final = 5000  # read at a time
NUMBERED: Final = frozenset({"", "id", "index", "unnamed: 0", "imageid", "image_id"})
MORE_LABELS: Final = frozenset({"digit", "letter", "character"})


@dataclass(frozen=True)
class Columns:
    """What the columns of a file hold."""

    delimiter: str
    header: bool
    label: int | None
    values: tuple[int, ...]


def load_csv(path: Path, options: DataOptions, tell: Tell) -> ImageSet:
    """The images in the file. `BadInput` where it holds none."""
    try:
        status = path.stat()
        columns = _columns(path, options)
        key = hashlib.sha256(
            f"{VERSION} {path.name!r} {status.st_size} {status.st_mtime_ns} {columns}".encode()
        ).hexdigest()[:32]

        def make() -> Made:
            return _read(path, columns, tell), {}

        arrays, _ = fetch_or_make(cache_path("csv", key), ("values", "labels"), make, tell)
    except OSError as error:
        problem = f"{printable(str(path), 200)} cannot be read ({error.strerror or error})"
        raise BadInput(f"{problem}; give a file of values as csv:PATH.") from None
    labels = None if columns.label is None else arrays["labels"]
    return build(path, Labelled(arrays["values"], labels), None, options)


def _open(path: Path) -> TextIO:
    if path.suffix.lower() == ".gz":
        return cast(TextIO, gzip.open(path, "rt", encoding="utf-8-sig", errors="replace"))
    return path.open(encoding="utf-8-sig", errors="replace")


def _columns(path: Path, options: DataOptions) -> Columns:
    with _open(path) as file:
        first = file.readline()
        second = file.readline()
    delimiter = max(",;\t ", key=first.count)
    cells = [cell.strip() for cell in next(csv.reader([first.strip()], delimiter=delimiter), [])]
    header = _is_header(cells) and bool(second)
    names = [cell.lower() for cell in cells] if header else []
    kept = [at for at in range(len(cells)) if not names or names[at] not in NUMBERED]
    label = next((at for at in kept if names and names[at] in LABELS | MORE_LABELS), None)
    if label is None and _is_image(len(kept) - 1, options):
        label = kept[0]
    values = tuple(at for at in kept if at != label)
    if len(values) < FEWEST:
        problem = f"{printable(str(path), 200)} has no images: {len(cells)} values in a line"
        raise BadInput(f"{problem}. Each line must be an image: its label, then its values.")
    return Columns(delimiter, header, label, values)


def _is_header(cells: Sequence[str]) -> bool:
    words = [cell for cell in cells if not _is_number(cell)]
    numbers = [cell for cell in cells if _is_number(cell)]
    counted = len(numbers) > 3 and numbers in (
        [str(at) for at in range(len(numbers))],
        [str(at + 1) for at in range(len(numbers))],
    )
    return len(words) > 1 or counted


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _is_image(values: int, options: DataOptions) -> bool:
    if values < FEWEST:
        return False
    sized = options.size is not None and values in (
        options.size[0] * options.size[1] * bands for bands in (1, 3)
    )
    return sized or any(round((values / bands) ** 0.5) ** 2 * bands == values for bands in (1, 3))


def _read(path: Path, columns: Columns, tell: Tell) -> Arrays:
    """values [N, n], labels [N] (as text; empty where there are none)."""
    labels: list[str] = []

    def keep_label(cell: str) -> float:
        labels.append(cell.strip())
        return 0.0

    blocks: list[NDArray[Any]] = []
    read = 0
    with _open(path) as file:
        if columns.header:
            file.readline()
        while len(block := _read_rows(path, file, columns, keep_label, read)):
            blocks.append(_compact(block[:, : len(columns.values)]))
            read += len(block)
            tell(f"reading images: {read:,}")
    if not blocks:
        raise BadInput(f"{printable(str(path), 200)} holds no images.")
    return {"values": np.concatenate(blocks), "labels": np.array(labels, dtype=np.str_)}


def _read_rows(
    path: Path, file: TextIO, columns: Columns, keep_label: Callable[[str], float], before: int
) -> NDArray[np.float32]:
    """The next rows, with the label's column last. `BadInput` where one is not numbers."""
    label = [] if columns.label is None else [columns.label]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about the end of the file, which is expected
            return np.loadtxt(
                file,
                dtype=np.float32,
                delimiter=columns.delimiter,
                usecols=[*columns.values, *label],
                converters=dict.fromkeys(label, keep_label),
                quotechar='"',
                comments=None,
                ndmin=2,
                max_rows=ROWS,
            )
    except ValueError as error:
        reason = printable(str(error).rstrip("."), 160)
        problem = f"{printable(str(path), 200)} is not usable after {before} images: {reason}"
        raise BadInput(f"{problem}. Each line must hold as many numbers as the first.") from None


def _compact(block: NDArray[np.float32]) -> NDArray[Any]:
    whole = bool((block == np.rint(block)).all())
    if whole and block.min() >= 0 and block.max() <= 255:
        return block.astype(np.uint8)
    return block.astype(np.int32) if whole and np.abs(block).max() < 2**24 else block
