"""`aetui watch`: what trainings write to their runs, as text, for scripts and notebooks."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from aetui.cli.progress import epoch_line, event_line
from aetui.runs.directory import METRICS, find_run, read_config
from aetui.runs.metrics import MetricsTail, Record
from aetui.runs.summary import State, summarise

POLL_EVERY: Final = 0.5  # seconds
ENDED: Final[tuple[State, ...]] = ("done", "stopped", "failed")


class FollowedRun:
    """One run, printed from its first line."""

    def __init__(self, run: Path, *, as_json: bool, prefix: str) -> None:
        read_config(run)  # `BadInput` where it is no run
        self._run = run
        self._json = as_json
        self._prefix = prefix
        self._tail = MetricsTail(run / METRICS)
        self.state: State = "running"

    def follow(self) -> bool:
        """Print what is new. Returns whether more can come."""
        # The state first: if the trainer ends now, what it wrote last is still printed below.
        self.state = summarise(self._run).state
        for record in self._tail.read():
            self._print(record)
        return self.state not in ENDED

    def _print(self, record: Record) -> None:
        if self._json:
            print(json.dumps({"run": self._run.name, **record}), flush=True)
        elif line := epoch_line(record) if record["kind"] == "epoch" else event_line(record):
            print(f"{self._prefix}{line}", flush=True)


def watch(folder: Path, names: Sequence[str], *, as_json: bool) -> int:
    """Follow the runs until none is in training; 0 where each is done, else 1."""
    names = list(dict.fromkeys(names))
    width = max(map(len, names))
    runs = []
    for name in names:
        prefix = f"{name:<{width}}  " if len(names) > 1 else ""
        runs.append(FollowedRun(find_run(folder, name), as_json=as_json, prefix=prefix))
    following = list(runs)
    while following := [run for run in following if run.follow()]:
        time.sleep(POLL_EVERY)
    return 0 if all(run.state == "done" for run in runs) else 1
