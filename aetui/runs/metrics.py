"""metrics.jsonl, both ends: the trainer appends whole lines; readers take complete lines only."""

from __future__ import annotations

import json
import math
import os
from pathlib import Path
from typing import Any, Final

Record = dict[str, Any]

STEP_PREFIX: Final = b'{"kind": "step"'  # as `MetricsWriter` writes it: passed over unparsed
EVENT_PREFIX: Final = b'{"kind": "event"'
CHANGED: Final = "changed"  # the event of a setting that changes while the run trains
BEST_KEPT: Final = "best"  # the event of a best checkpoint that is kept
PASSING: Final = ("saved", "save_failed", CHANGED, BEST_KEPT)  # say nothing of the run's state
FIRST_SPAN: Final = 4096  # bytes
SPAN_GROWTH: Final = 8
MOST_SEARCHED: Final = 1 << 20  # bytes
CHUNK: Final = 4 << 20  # bytes read at a time
TYPICAL_LINE: Final = 160  # bytes
LONGEST_LINE: Final = 1 << 16  # bytes; no record comes near it
LARGEST: Final = 1 << 63  # whole number; beyond a float's range, arithmetic would raise
FULLY_PARSED: Final = 20_000  # step lines; of a longer file, a sample (but every epoch and event)


class MetricsWriter:
    """Appends whole lines to metrics.jsonl. A run has one writer: the holder of its lock."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o666)
        size = os.fstat(self._file).st_size
        # A writer killed in mid-line leaves a torn end; a new line keeps it from spoiling ours.
        self._torn = size > 0 and os.pread(self._file, 1, size - 1) != b"\n"

    def append(self, *records: Record) -> None:
        """Append `records`, a line each.

        `OSError` where they cannot be written whole: then nothing of them stays.
        """
        data = b"".join(json.dumps(record).encode() + b"\n" for record in records)
        if self._torn:
            data = b"\n" + data
        before = os.fstat(self._file).st_size
        try:
            while data:
                data = data[os.write(self._file, data) :]
        except OSError:
            # A disk that fills up takes the first part. The caller writes the records again, and
            # must not leave them twice.
            os.ftruncate(self._file, before)
            raise
        self._torn = False

    def sync(self) -> None:
        """Have what was appended on the disk; `OSError` where that cannot be had."""
        os.fsync(self._file)

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)


def parse_line(line: bytes) -> Record | None:
    """The record of one line; None where it is not one (torn, binary, of another kind, endless)."""
    if len(line) > LONGEST_LINE:
        return None
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(record, dict) or record.get("kind") not in ("step", "epoch", "event"):
        return None
    return record if all(_plausible(key, value) for key, value in record.items()) else None


def _plausible(key: str, value: Any) -> bool:
    if key in ("kind", "event", "message"):
        return isinstance(value, str)
    if isinstance(value, int):
        return abs(value) <= LARGEST
    return isinstance(value, (float, str)) or value is None


class MetricsTail:
    """Reads a growing metrics.jsonl: each call returns what has come since the one before."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._offset = 0
        self._rest = b""
        self._stride = 0
        self._steps_seen = 0
        self.restarted = False
        """Whether the last `read` found the file cut or replaced, and started again."""

    def read(self) -> list[Record]:
        """Records of complete lines that are new; of a very long file, a sample of its steps."""
        self.restarted = False
        try:
            with self.path.open("rb") as file:
                return self._read(file.fileno())
        except OSError:  # not there yet, not ours to read, or its file system is away for a moment
            return []

    def _read(self, file: int) -> list[Record]:
        size = os.fstat(file).st_size
        if size < self._offset:
            self._offset, self._rest, self._stride, self.restarted = 0, b"", 0, True
        if not self._stride:
            self._stride = max(1, size // (TYPICAL_LINE * FULLY_PARSED))
        records: list[Record] = []
        while self._offset < size:
            data = os.pread(file, min(CHUNK, size - self._offset), self._offset)
            if not data:
                break
            self._offset += len(data)
            lines = (self._rest + data).split(b"\n")
            self._rest = lines.pop()[-CHUNK:]  # bytes without a line end must not accumulate
            records += filter(None, map(parse_line, self._sample(lines)))
        return records

    def _sample(self, lines: list[bytes]) -> list[bytes]:
        if self._stride == 1:
            return lines
        last = len(lines) - 1
        kept = []
        for number, line in enumerate(lines):
            if line.startswith(STEP_PREFIX):
                self._steps_seen += 1
                if self._steps_seen % self._stride and number != last:
                    continue
            kept.append(line)
        return kept


def last_records(path: Path, wanted: tuple[str, ...] = ("epoch", "event")) -> dict[str, Record]:
    """The last record of each `wanted` kind; saves are passed over.

    Read from the end in growing pieces; mostly the first 4 kB hold them. An epoch has few lines,
    and of the events only one at the very end matters: the search is given up after some 2 MB.
    """
    found: dict[str, Record] = {}
    try:
        with path.open("rb", buffering=0) as file:
            end = os.fstat(file.fileno()).st_size
            span = FIRST_SPAN
            while True:
                start = max(0, end - span)
                lines = os.pread(file.fileno(), end - start, start).split(b"\n")
                _find_last(lines[1 if start else 0 :], wanted, found)
                if start == 0 or span > MOST_SEARCHED or len(found) == len(wanted):
                    return found
                span *= SPAN_GROWTH
    except OSError:
        return found


def _find_last(lines: list[bytes], wanted: tuple[str, ...], found: dict[str, Record]) -> None:
    """Add to `found` the last record of each kind that it lacks."""
    for line in reversed(lines):
        if line.startswith(STEP_PREFIX) and "step" not in wanted:
            continue
        record = parse_line(line)
        if record and record["kind"] in wanted and is_state_event(record):
            found.setdefault(record["kind"], record)
            if len(found) == len(wanted):
                return


def is_state_event(record: Record) -> bool:
    """Saves and changes come and go; the other events say what state a run is in."""
    return record.get("event") not in PASSING


def number_or_none(value: Any) -> float | None:
    """`value` as a float where it is a finite number."""
    return float(value) if isinstance(value, (int, float)) and math.isfinite(value) else None
