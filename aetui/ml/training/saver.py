"""When a training is saved, and what happens where the disk refuses."""

from __future__ import annotations

import time
from typing import Any, Final

from aetui.ml import checkpoint
from aetui.ml.training.recorder import Recorder
from aetui.runs.lock import RunFolder

TRIES: Final = 3
LONGEST_UNSAVED: Final = 30.0  # seconds, within a long epoch
# At the end of an epoch: save when training took at least this many times as long as a save does.
LEAST_TRAINING_PER_SAVE: Final = 20


class Saver:
    """Saves checkpoints of one run, every so often."""

    def __init__(self, run: RunFolder, recorder: Recorder, every: float | None) -> None:
        """`every` is in seconds; None lets the cost of a save decide."""
        self._run = run
        self._recorder = recorder
        self._every = every
        self._cost = 0.0  # seconds that the last save took
        self.saved_at = time.perf_counter()
        self.saved_step = -1

    def is_due(self, *, epoch_done: int = 0) -> bool:
        """Whether it is time to save: after epoch `epoch_done` (1 for the first), or within one."""
        waited = time.perf_counter() - self.saved_at
        if self._every is not None:
            return waited > self._every
        if not epoch_done:
            return waited > LONGEST_UNSAVED
        # The first epoch is always saved: its latent map must not lie beside untrained weights.
        return epoch_done == 1 or waited > LEAST_TRAINING_PER_SAVE * self._cost

    def save(self, step: int, payload: dict[str, Any]) -> None:
        """Save the checkpoint of `step`. A refusal by the disk is tried again, recorded, survived.

        `FloatingPointError` where the weights are not finite, `RunLost` where the run is not ours.
        """
        start = time.perf_counter()
        refusal = self._try(payload)
        self.saved_at = time.perf_counter()
        self._cost = self.saved_at - start
        if refusal:
            message = f"the checkpoint of step {step} could not be saved ({refusal})"
            self._recorder.event("save_failed", message, step=step)
        else:
            self.saved_step = step
            self._recorder.event("saved", step=step)

    def _try(self, payload: dict[str, Any]) -> str:
        """Why the disk refuses, "" where it does not."""
        refusal = ""
        for attempt in range(TRIES):
            time.sleep(0.1 * attempt)
            self._run.check()
            try:
                checkpoint.save(self._run.here, payload)
            except OSError as error:
                refusal = error.strerror or str(error)
            else:
                return ""
        return refusal
