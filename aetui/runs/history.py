"""What a run's metrics say so far: its curves, its newest records, its state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from aetui.runs.changes import Change, change_of, in_effect
from aetui.runs.curve import Curve, CurveSnapshot, Place
from aetui.runs.metrics import BEST_KEPT, Record, is_state_event, number_or_none

PLACE: Final = ("kind", "time", "elapsed", "step", "epoch")
"""Of a record; its other numbers are figures."""
MOST_CURVES: Final = 64  # no training has so many; a damaged file may
MOST_MARKS: Final = 64
SAVES: Final = ("saved", "save_failed")
UNMARKED: Final = ("started", BEST_KEPT, *SAVES)  # events that change no curve


@dataclass(frozen=True)
class Mark:
    """An event that the curves may show: where it was, and in a few words what."""

    epoch: float
    text: str


@dataclass(frozen=True)
class HistorySnapshot:
    """A run's history at one moment, safe to hand to another thread."""

    curves: Mapping[str, CurveSnapshot] = field(default_factory=dict)
    """By key, every figure of the step lines and of the epoch lines: "loss", "lr", "test_loss"."""
    marks: tuple[Mark, ...] = ()  # the newest, in their order
    step: Record = field(default_factory=dict)  # the newest step line
    epoch: Record = field(default_factory=dict)  # the newest epoch line
    state_event: Record = field(default_factory=dict)
    save_error: str = ""  # why the newest save failed
    host: str = ""  # the machine on which it was trained last
    changes: tuple[Change, ...] = ()  # of settings while it trained, by step
    best: Record = field(default_factory=dict)  # the newest event of a best checkpoint

    def curve(self, key: str) -> CurveSnapshot:
        return self.curves.get(key, CurveSnapshot())


class History:
    """Takes in the records of a run one by one; `snapshot` is what it has gathered."""

    def __init__(self) -> None:
        self._curves: dict[str, Curve] = {}
        self._marks: list[Mark] = []
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
                self._extend(record)
            case "epoch":
                self._epoch = record
                self._extend(record)
            case "event":
                self._add_event(record)

    def _extend(self, record: Record) -> None:
        """Add each figure of a step line or an epoch line to its curve."""
        epoch = number_or_none(record.get("epoch"))
        if epoch is None:
            return
        step, seconds = (number_or_none(record.get(key)) for key in ("step", "elapsed"))
        place, kind = Place(epoch, step or 0.0, seconds or 0.0), record["kind"]
        for key, value in record.items():
            if key not in PLACE and (number := number_or_none(value)) is not None:
                self._add_figure(key, kind, place, number)

    def _add_figure(self, key: str, kind: str, place: Place, number: float) -> None:
        curve = self._curves.get(key)
        if curve is None and len(self._curves) < MOST_CURVES:
            curve = self._curves[key] = Curve(kind)
        if curve is not None and curve.kind == kind:
            curve.add(place, number)

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
        epoch = number_or_none(record.get("epoch"))
        if record.get("event") == "resumed" and epoch is not None:
            for curve in self._curves.values():
                curve.cut(epoch)
            self._marks = [mark for mark in self._marks if mark.epoch <= epoch]
        if epoch is not None and record["event"] not in UNMARKED:
            text = str(record.get("message") or record["event"])
            self._marks = [*self._marks[1 - MOST_MARKS :], Mark(epoch, text)]

    def snapshot(self) -> HistorySnapshot:
        return HistorySnapshot(
            {key: curve.snapshot() for key, curve in self._curves.items()},
            tuple(self._marks),
            self._step,
            self._epoch,
            self._state_event,
            self._save_error,
            self._host,
            in_effect(self._changes),
            self._best,
        )
