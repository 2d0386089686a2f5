"""`aetui score`: a run's scores on test images, computed again, and how good its codes are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from aetui.ml.data.dataset import Dataset
from aetui.ml.data.images import Tell, silent
from aetui.ml.evaluate import MAPPED, TestSet, evaluate
from aetui.ml.models.variational import Variational
from aetui.ml.opened_run import OpenedRun
from aetui.ml.quality.bound import Progress, importance_bounds
from aetui.ml.quality.classes import ClassFigures, class_figures
from aetui.runs.advice import Shares, advice, error_shares


@dataclass(frozen=True)
class ScoreReport:
    """What a run scores on a test set."""

    record: Mapping[str, float]  # as in an epoch line
    classes: ClassFigures | None  # None for a model without a latent plane
    shares: Shares | None
    advice: str  # a sentence, or ""


def score_run(run: OpenedRun, data: Dataset, tell: Tell = silent) -> ScoreReport:
    """The scores on the test images of `data`, at the run's precision."""
    tell("test images")
    spec = run.config.spec
    test = TestSet(data, run.network, run.device)
    scores = evaluate(run.network, test, run.config.precision)
    run.network.eval()
    shares = error_shares(spec, scores.record)
    if scores.codes is None or not bool(scores.codes.isfinite().all()):
        return ScoreReport(scores.record, None, shares, "")
    codes = scores.codes[:MAPPED].numpy()
    figures = class_figures(codes, test.labels, tell)
    return ScoreReport(scores.record, figures, shares, advice(spec, scores.record, codes))


def has_bound(run: OpenedRun) -> bool:
    """Whether the run's codes are distributions, which the importance-weighted bound needs."""
    return isinstance(run.network, Variational)


def bounds(run: OpenedRun, data: Dataset, images: int, samples: int) -> Iterator[Progress]:
    """The importance-weighted bound, from more and more of the test images, up to `images`."""
    assert isinstance(run.network, Variational)
    test = data.test_images.to(run.device)
    return importance_bounds(run.network, test, data.test_labels, images, samples)
