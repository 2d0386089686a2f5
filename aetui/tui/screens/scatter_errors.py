"""The errors of all test images, learnt a part at a time, and what rank one error has."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from aetui.processes.snapshots import RunSnapshot
from aetui.protocol import Packet

AT_ONCE: Final = 100  # test images a request: a key that is pressed meanwhile waits for one at most
WHILE_TRAINING: Final = 1000  # test images; with each save their errors are others

Ask = Callable[..., Awaitable[Packet | None]]
"""`ModeScreen.ask_run`."""


@dataclass(frozen=True)
class TestErrors:
    """The errors of the first test images in nats, of `total` that there are."""

    __test__ = False  # not a test of pytest's

    errors: NDArray[np.float32] = field(default_factory=lambda: np.zeros(0, np.float32))
    total: int | None = None  # None: not known yet; 0: the images are not on this machine

    @property
    def is_complete(self) -> bool:
        return self.total is not None and len(self.errors) >= self.total

    @property
    def progress(self) -> str:
        """How many there are of how many."""
        return f"{len(self.errors):,} of {self.total:,}" if self.total else "…"

    def share_worse(self, error: float) -> float | None:
        """The share of the test images that have a larger error; None where none is known."""
        return float((self.errors > error).mean()) if len(self.errors) else None

    def worst(self) -> NDArray[np.int64]:
        """The numbers of the test images, the largest error first."""
        return np.argsort(-self.errors, kind="stable")


class ErrorTable:
    """The errors for the newest weights of a run."""

    def __init__(self, ask: Ask, changed: Callable[[], None]) -> None:
        self._ask = ask
        self._changed = changed
        self._key: tuple[object, ...] | None = None
        self.known = TestErrors()
        self.all_wanted = False  # also while the run is trained

    def is_of(self, run: RunSnapshot) -> bool:
        """Whether these are the errors of the run's newest weights, or are about to be."""
        return self._key == (run.identity, run.checkpoint)

    async def learn(self, run: RunSnapshot) -> None:
        """Ask for those that are not known; `changed` is called after each part."""
        if not self.is_of(run):
            self._key, self.known = (run.identity, run.checkpoint), TestErrors()
        while not self._has_enough(run):
            values: dict[str, Any] = {"first": len(self.known.errors), "count": AT_ONCE}
            reply = await self._ask(run, "errors", **values)
            if reply is None or not self.is_of(run):
                return
            errors = np.concatenate([self.known.errors, reply.arrays["errors"]])
            self.known = TestErrors(errors, int(reply.header["total"]))
            self._changed()

    def _has_enough(self, run: RunSnapshot) -> bool:
        is_sample = run.is_alive and not self.all_wanted
        return self.known.is_complete or (is_sample and len(self.known.errors) >= WHILE_TRAINING)
