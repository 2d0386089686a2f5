"""Summaries of the runs below some folders, read a bounded part at a time."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from aetui.errors import BadInput
from aetui.runs.directory import (
    CONFIG,
    METRICS,
    NOTE,
    RunIdentity,
    Stamp,
    file_stamp,
    identify,
    run_configs,
    stamp_of,
)
from aetui.runs.lock import LOCK, is_trained
from aetui.runs.summary import RunSummary, summarise

LIST_EVERY: Final = 1.0  # seconds
IDLE_SHARE: Final = 100  # a listing waits at least so many times as long as the last one took
MOST_READ: Final = 200  # runs summarised in one pass, so that the newest are shown soon


@dataclass(frozen=True)
class IndexedRun:
    """The summary of a run, and the stamps of the files that it was read from."""

    identity: RunIdentity
    summary: RunSummary
    config: Stamp
    activity: Stamp

    @property
    def path(self) -> Path:
        return self.summary.path


class RunIndex:
    """The runs below `folders`; of two of one name, the first folder's."""

    def __init__(self, *folders: Path) -> None:
        self._folders = folders
        self._runs: dict[Path, IndexedRun] = {}
        self._unread: list[Path] = []
        self._errors: dict[Path, tuple[Stamp, str]] = {}
        self._next_listing = 0.0
        self.runs: tuple[IndexedRun, ...] = ()
        """The runs that could be read, newest first."""
        self.summaries: tuple[RunSummary, ...] = ()

    def refresh(self, *, at_once: bool = False) -> None:
        """Read what is new, a bounded part of it."""
        start = time.monotonic()
        if self._unread:
            changed = self._read_some()
        elif start >= self._next_listing or at_once:
            changed = self._list()
            took = time.monotonic() - start
            self._next_listing = start + max(LIST_EVERY, IDLE_SHARE * took)
        else:
            return
        if changed:
            self.runs = tuple(sorted(self._runs.values(), key=_age_key, reverse=True))
            self.summaries = tuple(run.summary for run in self.runs)

    @property
    def is_complete(self) -> bool:
        """Whether every run that there is has been read."""
        return not self._unread

    def _list(self) -> bool:
        """Find new, deleted and grown runs. Returns whether there were any."""
        present = {path: stamp_of(status) for path, status in run_configs(*self._folders).items()}
        gone = [path for path in self._runs if path not in present]
        for path in gone:
            del self._runs[path]
        self._errors = {path: error for path, error in self._errors.items() if path in present}
        unread = [path for path, stamp in present.items() if self._is_unknown(path, stamp)]
        self._unread = sorted(unread, key=lambda path: present[path], reverse=True)
        read, grown = self._read_some(), self._refresh_known()
        return bool(gone) or read or grown

    def _is_unknown(self, path: Path, stamp: Stamp) -> bool:
        if path in self._errors:
            return self._errors[path][0] != stamp
        return path not in self._runs or self._runs[path].config != stamp

    def _read_some(self) -> bool:
        batch, self._unread = self._unread[:MOST_READ], self._unread[MOST_READ:]
        for path in batch:
            self._runs.pop(path, None)
            try:
                self._runs[path] = _read(path)
                self._errors.pop(path, None)
            except BadInput as error:
                self._errors[path] = (file_stamp(path, CONFIG), str(error))
            except OSError:
                continue  # it was deleted a moment ago
        return bool(batch)

    def _refresh_known(self) -> bool:
        """Read again the runs that grew, and those whose trainer is gone."""
        changed = [path for path, run in self._runs.items() if _has_changed(run)]
        for path in changed:
            with suppress(BadInput, OSError):  # being deleted or replaced: the next listing sees it
                self._runs[path] = _read(path)
        return bool(changed)

    def find(self, path: Path) -> IndexedRun | None:
        return self._runs.get(path)

    @property
    def errors(self) -> tuple[str, ...]:
        """A sentence for each run that cannot be read."""
        return tuple(message for _, message in self._errors.values())


def _read(path: Path) -> IndexedRun:
    config, activity = file_stamp(path, CONFIG), _activity(path)
    summary = summarise(path)
    return IndexedRun(identify(path, summary.config), summary, config, activity)


def _has_changed(run: IndexedRun) -> bool:
    """Whether its files have, or, which no file shows, its trainer has let go of the lock.

    A trainer that takes the lock writes its pid there, so the locks of the others need no probing.
    """
    if _activity(run.path) != run.activity:
        return True
    return run.summary.is_training and not is_trained(run.path)


def _age_key(run: IndexedRun) -> tuple[float, str]:
    return run.summary.config.created, run.summary.name


def _activity(path: Path) -> Stamp:
    return file_stamp(path, METRICS) + file_stamp(path, LOCK) + file_stamp(path, NOTE)
