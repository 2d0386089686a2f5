"""Test images of the runs' data sets, read in the background: a folder may take a minute."""

from __future__ import annotations

import threading
import traceback
from collections.abc import Callable
from pathlib import Path

from aetui.config import AS_THEY_ARE, DataOptions
from aetui.ml.data.dataset import TestImages
from aetui.ml.data.load import load_test_images

Call = Callable[[], None]
Key = tuple[str, DataOptions]


class StillReading(Exception):
    """The images are being read. `then` takes what is to be called when they are there."""

    def __init__(self, then: Callable[[Call], None]) -> None:
        super().__init__("the test images are being read")
        self.then = then


class TestImageReader:
    """Reads each data set once, in a thread of its own."""

    __test__ = False  # not a test of pytest's

    def __init__(self, data_dir: Path | None) -> None:
        self._data_dir = data_dir
        self._found: dict[Key, TestImages | None] = {}
        self._waiting: dict[Key, list[Call]] = {}
        self._lock = threading.Lock()

    def get(self, name: str, options: DataOptions = AS_THEY_ARE) -> TestImages | None:
        """The test images of that data set; None where it is not on this machine.

        `StillReading` where they are on their way.
        """
        key = (name, options)
        with self._lock:
            if key in self._found:
                return self._found[key]
            if key not in self._waiting:
                self._waiting[key] = []
                threading.Thread(target=self._read, args=key, daemon=True).start()
        raise StillReading(lambda call: self._call_when_read(key, call))

    def _call_when_read(self, key: Key, call: Call) -> None:
        with self._lock:
            if key in self._waiting:
                self._waiting[key].append(call)
                return
        call()

    def _read(self, name: str, options: DataOptions) -> None:
        found = None
        try:
            found = load_test_images(name, self._data_dir, options)
        except Exception:  # noqa: BLE001  what waits for the images must be answered
            traceback.print_exc()  # for the log
        with self._lock:
            self._found[name, options] = found
            waiting = self._waiting.pop((name, options))
        for call in waiting:
            call()
