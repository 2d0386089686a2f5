"""`aetui metrics`: metrics.jsonl as one table, for programs that read no JSON lines."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Final, TextIO

from aetui.errors import BadInput
from aetui.runs.directory import METRICS, read_config
from aetui.runs.metrics import Record, number_or_none, parse_line

FIRST: Final = ("kind", "time", "elapsed", "step", "epoch")  # columns; the others as they come


def write_metrics_csv(run: Path, out: TextIO) -> None:
    """One line per record of the run, with an empty cell for each field that it lacks.

    Steps that a resumed training took again are left out where they were taken first. The file is
    read twice, so that a run of any length fits in memory. `BadInput` where there are no metrics.
    """
    read_config(run)
    path = run / METRICS
    try:
        size = path.stat().st_size
        keys, resumed = _survey(path, size)
    except OSError as error:
        reason = error.strerror or "no reason given"
        raise BadInput(f"{run.name} has no readable {METRICS} ({reason}).") from None
    if not keys:
        raise BadInput(f"{run.name} has no metrics yet; they come with its first steps.")
    columns = [*(key for key in FIRST if key in keys), *(key for key in keys if key not in FIRST)]
    writer = csv.DictWriter(out, columns, restval="", lineterminator="\n")
    writer.writeheader()
    for number, record in _records(path, size):
        while resumed and resumed[0][0] <= number:
            resumed.pop(0)
        if record["kind"] == "event" or not _is_taken_again(record, resumed):
            writer.writerow(record)


def _survey(path: Path, size: int) -> tuple[dict[str, None], list[tuple[int, float]]]:
    """The keys of all records in order, and (number, epoch) of each record that says "resumed"."""
    keys: dict[str, None] = {}
    resumed: list[tuple[int, float]] = []
    for number, record in _records(path, size):
        keys |= dict.fromkeys(record)
        epoch = number_or_none(record.get("epoch"))
        if record.get("event") == "resumed" and epoch is not None:
            resumed.append((number, epoch))
    return keys, resumed


def _is_taken_again(record: Record, resumed: list[tuple[int, float]]) -> bool:
    epoch = number_or_none(record.get("epoch"))
    return epoch is not None and any(epoch > start for _, start in resumed)


def _records(path: Path, size: int) -> Iterator[tuple[int, Record]]:
    """(number, record) of the complete lines in the first `size` bytes: a run may be growing."""
    read = 0
    with path.open("rb") as file:
        for number, line in enumerate(file):
            read += len(line)
            if read > size or not line.endswith(b"\n"):
                return
            if (record := parse_line(line)) is not None:
                yield number, record
