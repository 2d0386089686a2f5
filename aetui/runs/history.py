"""What a run's metrics say so far: its curves, its newest records, its state."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from aetui.runs.changes import Change, change_of, in_effect
from aetui.runs.metrics import BEST_KEPT, Record, is_state_event

CURVE_POINTS: Final = 4096


@dataclass(frozen=True)
class CurveSnapshot:
    """The points of a curve at one moment, x ascending."""

    x: tuple[float, ...] = ()
    y: tuple[float, ...] = ()


@dataclass(frozen=True)
class HistorySnapshot:
    """A run's history at one moment, safe to hand to another thread."""

    curves: Mapping[str, CurveSnapshot] = field(default_factory=dict)
    """By key, over epochs: "loss" of the steps; "train_loss", "test_loss", "knn_1" and "knn_5"."""
    step: Record = field(default_factory=dict)  # the newest step line
    epoch: Record = field(default_factory=dict)  # the newest epoch line
    state_event: Record = field(default_factory=dict)
    save_error: str = ""  # why the newest save failed
    host: str = ""  # the machine on which it was trained last
    changes: tuple[Change, ...] = ()  # of settings while it trained, by step
    best: Record = field(default_factory=dict)  # the newest event of a best checkpoint

    def curve(self, key: str) -> CurveSnapshot:
        return self.curves.get(key, CurveSnapshot())


class Curve:
    """A growing line, thinned to at most CURVE_POINTS points however long the training."""

    def __init__(self) -> None:
        self._x: list[float] = []
        self._y: list[float] = []
        self._stride = 1
        self._skipped = 0

    def add(self, x: Any, y: Any) -> None:
        """Append a point; anything that is not a finite number is left out."""
        if not (_is_finite(x) and _is_finite(y)):
            return
        self._skipped += 1
        if self._skipped < self._stride:
            return
        self._skipped = 0
        self._x.append(float(x))
        self._y.append(float(y))
        if len(self._x) > CURVE_POINTS:
            del self._x[1::2], self._y[1::2]
            self._stride *= 2

    def cut(self, end: float) -> None:
        """Drop the points after `end`: a resumed training takes those steps again."""
        while self._x and self._x[-1] > end:
            self._x.pop()
            self._y.pop()

    def snapshot(self) -> CurveSnapshot:
        return CurveSnapshot(tuple(self._x), tuple(self._y))


def _is_finite(value: Any) -> bool:
    return isinstance(value, (int, float)) and math.isfinite(value)


STEP_CURVES: Final = ("loss",)
SAVES: Final = ("saved", "save_failed")
EPOCH_CURVES: Final = ("train_loss", "test_loss", "knn_1", "knn_5")


class History:
    """Takes in the records of a run one by one; `snapshot` is what it has gathered."""

    def __init__(self) -> None:
        self._curves = {key: Curve() for key in (*STEP_CURVES, *EPOCH_CURVES)}
        self._step: Record = {}
        self._epoch: Record = {}
        self._state_event: Record = {}
        self._save_error = ""
        self._host = ""
        self._changes: list[Change] = []
        self._best: Record = {}

    def add(self, record: Record) -> None:
        """Take in one record, in the file's order."""
        match record["kind"]:
            case "step":
                self._step = record
                self._extend(STEP_CURVES, record)
            case "epoch":
                self._epoch = record
                self._extend(EPOCH_CURVES, record)
            case "event":
                self._add_event(record)

    def _extend(self, keys: tuple[str, ...], record: Record) -> None:
        for key in keys:
            self._curves[key].add(record.get("epoch"), record.get(key))

    def _add_event(self, record: Record) -> None:
        if isinstance(host := record.get("host"), str):
            self._host = host
        if is_state_event(record):
            self._state_event = record
        elif (change := change_of(record)) is not None:
            self._changes.append(change)
        elif record["event"] == BEST_KEPT:
            self._best = record
        elif record["event"] in SAVES:
            failed = record["event"] == "save_failed"
            self._save_error = str(record.get("message", "")) if failed else ""
        if record.get("event") == "resumed" and _is_finite(record.get("epoch")):
            for curve in self._curves.values():
                curve.cut(record["epoch"])

    def snapshot(self) -> HistorySnapshot:
        return HistorySnapshot(
            {key: curve.snapshot() for key, curve in self._curves.items()},
            self._step,
            self._epoch,
            self._state_event,
            self._save_error,
            self._host,
            in_effect(self._changes),
            self._best,
        )
