"""How large a run's reconstruction error usually is, and what that says of one picture."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from aetui.processes.snapshots import RunSnapshot
from aetui.runs.metrics import number_or_none

FEWEST_OF_CLASS: Final = 20  # test images of a class, to speak of what is usual for it
RARE: Final = 0.99  # share of the test images that have a smaller error than a strange one
UNCOMMON: Final = 0.9
STRANGE_RATIO: Final = 2.0  # to the mean, where only that is known
UNLIKE: Final = "not like the training images"


@dataclass(frozen=True)
class UsualErrors:
    """The errors of test images in nats and their labels; or only their mean, from the metrics."""

    errors: NDArray[np.float32] = field(default_factory=lambda: np.zeros(0, np.float32))
    labels: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    mean: float | None = None

    def remark(self, error: float, label: int | None, class_name: str) -> str:
        """What `error` is against the usual one; "" where nothing is known of that."""
        kind, name = self.errors, ""
        if label is not None:
            count = min(len(self.errors), len(self.labels))
            of_class = self.errors[:count][self.labels[:count] == label]
            if len(of_class) >= FEWEST_OF_CLASS:
                kind, name = of_class, f" for {class_name}"
        if len(kind):
            share = float((self.errors < error).mean())
            return _sentence(error / float(np.median(kind)), name, share)
        if self.mean:
            ratio = error / self.mean
            return _sentence(ratio, "", RARE if ratio > STRANGE_RATIO else 0.0)
        return ""


def _sentence(ratio: float, name: str, share_below: float) -> str:
    """The ratio in words, and a judgement by how many test images have a smaller error.

    80 columns hold either a judgement or the name of the class.
    """
    usual = "the usual error"
    shown = f"{ratio:.1f} times {usual}" if abs(ratio - 1) >= 0.05 else f"just {usual}"
    if share_below >= RARE:
        return f"{shown}: {UNLIKE}"
    if share_below >= UNCOMMON:
        return f"{shown}: above {100 * share_below:.0f} % of the test images"
    return shown + name


def mean_error(run: RunSnapshot) -> float | None:
    """The mean error on the test set after the newest epoch, as far as the run's score holds it."""
    terms = run.spec.score.terms
    key = next((term.key for term in terms if not term.weight), run.spec.score.key)
    is_error = bool(terms) or run.spec.score.unit == "nats"
    return number_or_none(run.history.epoch.get(key)) if is_error else None
