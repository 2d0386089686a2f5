"""Which runs there are below some folders, each in short. Reads little at a time, however many."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from aetui.errors import BadInput
from aetui.runs.directory import CONFIG, METRICS, RunIdentity, identify, list_runs
from aetui.runs.lock import LOCK, lock_holder
from aetui.runs.summary import RunSummary, summarise

LIST_EVERY: Final = 1.0  # seconds
IDLE_SHARE: Final = 100  # a listing waits at least so many times as long as the last one took
MOST_READ: Final = 200  # runs summarised in one pass, so that the newest are shown soon
MOST_PROBED: Final = 50  # locks of idle runs that are probed in one pass, in turn
Stamp = tuple[int, ...]


@dataclass(frozen=True)
class IndexedRun:
    """A run as the index knows it, and the stamps of the files that it was read from."""

    identity: RunIdentity
    summary: RunSummary
    config: Stamp
    activity: Stamp

    @property
    def is_locked(self) -> bool:
        return self.summary.state in ("running", "paused")


class RunIndex:
    """The runs below `folders`; of two of one name, the first folder's."""

    def __init__(self, *folders: Path) -> None:
        self._folders = folders
        self._runs: dict[Path, IndexedRun] = {}
        self._unread: list[Path] = []
        self._errors: dict[Path, tuple[Stamp, str]] = {}
        self._next_listing = 0.0
        self._turn = 0

    def refresh(self, *, at_once: bool = False) -> bool:
        """Take in what is new, a bounded part of it; whether anything is."""
        if self._unread:
            return self._read_some()
        start = time.monotonic()
        if start < self._next_listing and not at_once:
            return False
        changed = self._list()
        took = time.monotonic() - start
        self._next_listing = start + max(LIST_EVERY, IDLE_SHARE * took)
        return changed

    @property
    def is_complete(self) -> bool:
        """Whether every run that there is has been read."""
        return not self._unread

    def _list(self) -> bool:
        present = {path: _stamp(path / CONFIG) for path in list_runs(*self._folders)}
        stale = [path for path, run in self._runs.items() if present.get(path) != run.config]
        for path in stale:
            del self._runs[path]
        errors = {path: known for path, known in self._errors.items() if path in present}
        self._errors = errors
        known = {path: error[0] for path, error in errors.items()}
        unread = [
            p for p, stamp in present.items() if p not in self._runs and known.get(p) != stamp
        ]
        self._unread = sorted(unread, key=lambda path: present[path], reverse=True)
        read, grown = self._read_some(), self._refresh_known()
        return bool(stale) or read or grown

    def _read_some(self) -> bool:
        batch, self._unread = self._unread[:MOST_READ], self._unread[MOST_READ:]
        for path in batch:
            try:
                self._runs[path] = _read(path)
                self._errors.pop(path, None)
            except BadInput as error:
                self._errors[path] = (_stamp(path / CONFIG), str(error))
            except OSError:
                continue  # it was deleted a moment ago
        return bool(batch)

    def _refresh_known(self) -> bool:
        """Read again the runs that grew, and those whose lock was taken or released."""
        idle = [path for path, run in self._runs.items() if not run.is_locked]
        # Probing every lock of a thousand idle runs would cost more than all the rest.
        probed = set(idle[self._turn : self._turn + MOST_PROBED])
        self._turn = self._turn + MOST_PROBED if self._turn + MOST_PROBED < len(idle) else 0
        changed = [path for path in self._runs if self._has_changed(path, path in probed)]
        for path in changed:
            with suppress(BadInput, OSError):  # being deleted or replaced: the next listing sees it
                self._runs[path] = _read(path)
        return bool(changed)

    def _has_changed(self, path: Path, probed: bool) -> bool:
        known = self._runs[path]
        if _activity(path) != known.activity:
            return True
        if not (known.is_locked or probed):
            return False
        return (lock_holder(path) is not None) != known.is_locked

    @property
    def runs(self) -> tuple[IndexedRun, ...]:
        """The runs that could be read, newest first."""
        return tuple(sorted(self._runs.values(), key=_age_key, reverse=True))

    def find(self, path: Path) -> IndexedRun | None:
        return self._runs.get(path)

    @property
    def errors(self) -> tuple[str, ...]:
        """A sentence for each run that cannot be read."""
        return tuple(message for _, message in self._errors.values())


def _read(path: Path) -> IndexedRun:
    config, activity = _stamp(path / CONFIG), _activity(path)
    summary = summarise(path)
    return IndexedRun(identify(path, summary.config), summary, config, activity)


def _age_key(run: IndexedRun) -> tuple[float, str]:
    return run.summary.config.created, run.summary.name


def _activity(path: Path) -> Stamp:
    return _stamp(path / METRICS) + _stamp(path / LOCK)


def _stamp(path: Path) -> Stamp:
    """Changes when the file is written to or replaced; empty where there is none."""
    try:
        status = path.stat()
    except OSError:
        return ()
    return status.st_mtime_ns, status.st_ino, status.st_size
