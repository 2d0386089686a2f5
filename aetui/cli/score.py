"""`aetui score`: a run's test scores, computed again."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from aetui.cli.waiting import Waiting
from aetui.errors import printable
from aetui.ml.data.dataset import Dataset
from aetui.ml.opened_run import OpenedRun, images_for, open_run
from aetui.ml.quality.bound import Bound, Progress
from aetui.ml.quality.classes import ClassFigures
from aetui.ml.score import ScoreReport, bounds, has_bound, score_run
from aetui.ml.training.request import choose_device


def print_score(run_path: Path, options: argparse.Namespace) -> int:
    """Print the scores, then the bound, which takes longer; an interrupt keeps what there is."""
    waiting = Waiting()
    run = open_run(run_path, choose_device(options.device), waiting.tell, best=options.best)
    data = images_for(run, options.data, options.data_dir, waiting.tell)
    report = score_run(run, data, waiting.tell)
    waiting.end()
    if not options.json:
        print("\n".join(_lines(run, data, report)), flush=True)
    bound, code = None, 0
    if options.samples and has_bound(run):
        total = len(data.test_images)
        wanted = min(options.images or total, total)
        waiting.tell("importance-weighted bound")
        bound, code = _last_bound(bounds(run, data, wanted, options.samples), waiting)
    if options.json:
        print(json.dumps(_object(run, data, report, bound), indent=2))
    elif bound is not None:
        print(_bound_line(bound, len(data.test_images)), flush=True)
    return code


def _last_bound(found: Iterator[Progress], waiting: Waiting) -> tuple[Bound | None, int]:
    """The bound, or what is known of it before an interrupt; and the exit code."""
    last: Bound | None = None
    start = time.monotonic()
    try:
        for progress in found:
            last = progress.bound
            left = (time.monotonic() - start) * (1 - progress.share) / progress.share
            so_far = f", {last.importance:.2f} nats so far" if last is not None else ""
            done = f"importance-weighted bound: {progress.share:.0%}{so_far}"
            waiting.count(f"{done}, {_duration(left)} left")
    except KeyboardInterrupt:
        return last, 130
    finally:
        waiting.end()
    return last, 0


def _duration(seconds: float) -> str:
    return f"{seconds / 60:.0f} min" if seconds >= 90 else f"{seconds:.0f} s"


def _lines(run: OpenedRun, data: Dataset, report: ScoreReport) -> Iterator[str]:
    config = run.config
    name = printable(data.name, 60)
    trained = f"{run.path.name}: {config.model}, epoch {run.epoch:g}"
    yield f"{trained}; {len(data.test_images):,} test images of {name}"
    units = {config.spec.score.key: config.spec.score.unit}
    units |= {term.key: config.spec.score.unit for term in config.spec.score.terms}
    recorded = run.last_epoch if data.name == config.data else {}
    for key, value in report.record.items():
        if not key.startswith("knn_"):
            unit = units.get(key, config.spec.loss_unit)
            before = recorded.get(key)
            known = f"  (recorded {_number(before)})" if isinstance(before, (int, float)) else ""
            yield _line(key, f"{_number(value)} {unit}{known}")
    if report.shares is not None:
        part, nats = report.shares.reconstruction_share, report.shares.code
        carries = f"the code carries {nats:.2f} nats"
        yield f"{part * 100:.0f} % of the error is reconstruction; {carries}."
    if report.classes is not None:
        yield from _class_lines(report.classes)
    if report.advice:
        yield report.advice


def _class_lines(figures: ClassFigures) -> Iterator[str]:
    if figures.classes < 2:
        return
    yield f"codes of the first {figures.codes:,} images, {figures.classes} classes"
    for k, share in figures.knn.items():
        yield _line(f"kNN accuracy, k = {k}", _percent(share))
    for name, value in (
        ("linear probe accuracy", figures.linear_probe),
        ("k-means purity", figures.kmeans_purity),
    ):
        if value is not None:
            yield _line(name, _percent(value))
    if figures.kmeans_nmi is not None:
        yield _line("k-means NMI", f"{figures.kmeans_nmi:.3f}")


def _bound_line(bound: Bound, total: int) -> str:
    of = "" if bound.images == total else f" of {total:,}"
    codes = f"{bound.images:,}{of} images, {bound.samples:,} codes each"
    error = f", standard error {bound.standard_error:.2f}" if bound.standard_error else ""
    value = f"{bound.importance:.2f} nats{error}"
    return f"importance-weighted bound: {value}  ({codes}; ELBO: {bound.elbo:.2f} nats)"


def _line(name: str, value: str) -> str:
    return f"  {name:<22} {value}"


def _percent(share: float) -> str:
    return f"{share * 100:.1f} %"


def _number(value: float) -> str:
    return f"{value:.3f}" if abs(value) >= 1 else f"{value:.4f}"


def _object(
    run: OpenedRun, data: Dataset, report: ScoreReport, bound: Bound | None
) -> dict[str, Any]:
    scores: dict[str, Any] = {
        "run": run.path.name,
        "model": run.config.model,
        "epoch": run.epoch,
        "data": data.name,
        "test_images": len(data.test_images),
        **report.record,
    }
    if figures := report.classes:
        for name in ("linear_probe", "kmeans_nmi", "kmeans_purity"):
            scores[name] = getattr(figures, name)
    if report.shares is not None:
        scores["reconstruction_share"] = report.shares.reconstruction_share
    if bound is not None:
        scores["iwae"] = {
            "nats": bound.importance,
            "standard_error": bound.standard_error,
            "elbo": bound.elbo,
            "samples": bound.samples,
            "images": bound.images,
        }
    return {**scores, "advice": report.advice}
