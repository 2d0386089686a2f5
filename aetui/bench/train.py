"""`aetui bench train`: our defaults against the references, side by side on this machine."""

from __future__ import annotations

import os
import platform
import statistics
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import torch

from aetui.bench.references import (
    ExampleEpoch,
    ScorePoint,
    train_classic_denoiser,
    train_classic_variational,
    train_example_epoch,
)
from aetui.catalog import DAE, VAE
from aetui.ml.data.dataset import Dataset
from aetui.ml.data.load import load
from aetui.ml.training.request import TrainingRequest, choose_device
from aetui.ml.training.session import run_training
from aetui.model_spec import ModelSpec
from aetui.runs.metrics import Record

Say = Callable[[str], None]
TARGETS_ARE_OF: Final = "mnist"


@dataclass(frozen=True)
class Comparison:
    """One of our models against what a user would run instead."""

    spec: ModelSpec
    reference: str
    train_reference: Callable[[Dataset, int, torch.device], Iterator[ScorePoint]]
    epochs: int  # of the reference
    target: float  # the reference's published test score
    train_example_epoch: Callable[[Dataset, torch.device], ExampleEpoch] | None = None
    """An epoch of PyTorch's own example of this model, where there is one."""

    @property
    def unit(self) -> str:
        return self.spec.score.unit

    def reaches(self, score: float) -> bool:
        """Whether `score` is as good as the target."""
        return score == self.target or self.spec.score.is_better(score, self.target)


COMPARISONS: Final = (
    Comparison(
        VAE,
        "classic Keras VAE, 784-256-2",
        train_classic_variational,
        epochs=50,
        target=148.1,
        train_example_epoch=train_example_epoch,
    ),
    Comparison(
        DAE,
        "classic Keras denoiser, 32-32-32",
        train_classic_denoiser,
        epochs=10,
        target=19.77,
    ),
)


def bench_train(
    data_dir: Path | None, device: str, repeats: int, models: tuple[str, ...], say: Say
) -> None:
    """Train ours and the references in turn on one device; print medians and ratios."""
    data = load("auto", data_dir)
    say(machine_line())
    if data.name != TARGETS_ARE_OF:
        say(f"NOT {TARGETS_ARE_OF}: {data.note}. Only the times below can be compared.")
    for comparison in COMPARISONS:
        if comparison.spec.name in models:
            _compare(comparison, data, data_dir, device, repeats, say)


def machine_line() -> str:
    """The machine that these figures were measured on."""
    gpu = f", {torch.cuda.get_device_name()}" if torch.cuda.is_available() else ""
    versions = f"torch {torch.__version__}, Python {platform.python_version()}"
    return f"{_processor()}, {os.cpu_count()} cores{gpu}; {versions}"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = (line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())


def _compare(
    comparison: Comparison,
    data: Dataset,
    data_dir: Path | None,
    device: str,
    repeats: int,
    say: Say,
) -> None:
    ours: list[list[ScorePoint]] = []
    theirs: list[list[ScorePoint]] = []
    place = choose_device(device)
    for repeat in range(repeats):
        torch.manual_seed(repeat)
        ours.append(_train_ours(comparison.spec, data.name, data_dir, device, repeat))
        theirs.append(list(comparison.train_reference(data, comparison.epochs, place)))
    unit = comparison.unit
    say(f"\n{comparison.spec.name}, target {comparison.target} {unit}, median of {repeats}:")
    reference_time, score = _last(theirs)
    seconds = f"{comparison.epochs} epochs in {reference_time:.1f} s"
    say(f"  {comparison.reference}: {seconds}, ends at {score:.2f} {unit}")
    our_time, score = _last(ours)
    epochs = ours[0][-1].epoch
    seconds = f"{epochs} epochs in {our_time:.1f} s"
    say(f"  aetui train {comparison.spec.name}: {seconds}, ends at {score:.2f} {unit}")
    say(_target_line(comparison, ours, reference_time, our_time))
    if train_example := comparison.train_example_epoch:
        example = _median(train_example(data, place).seconds for _ in range(repeats))
        epoch = our_time / epochs
        ratio = f"1/{example / epoch:.1f} of it"
        say(f"  PyTorch's example: {example:.2f} s an epoch; ours: {epoch:.3f} s, {ratio}")


def _last(runs: list[list[ScorePoint]]) -> tuple[float, float]:
    """(seconds, score) at the end of the runs, medians."""
    return _median(run[-1].seconds for run in runs), _median(run[-1].score for run in runs)


def _target_line(
    comparison: Comparison, runs: list[list[ScorePoint]], reference_time: float, our_time: float
) -> str:
    times = []
    for run in runs:
        reached = (point.seconds for point in run if comparison.reaches(point.score))
        if (first := next(reached, None)) is not None:
            times.append(first)
    if len(times) < len(runs):
        return f"  target: reached in {len(times)} of {len(runs)} runs"
    seconds = _median(times)
    share = f"1/{reference_time / seconds:.1f} of the reference's time"
    whole = f"the whole run takes {our_time / reference_time:.2f} of it"
    return f"  target reached after {seconds:.1f} s, {share}; {whole}"


def _median(values: Iterable[float]) -> float:
    return statistics.median(list(values))


def _train_ours(
    spec: ModelSpec, data: str, data_dir: Path | None, device: str, seed: int
) -> list[ScorePoint]:
    """The default run of `aetui train`, in a folder that is thrown away: a point per epoch."""
    points: list[ScorePoint] = []

    def note(record: Record) -> None:
        if record["kind"] == "epoch":
            point = ScorePoint(record["epoch"], record["elapsed"], record[spec.score.key])
            points.append(point)

    with tempfile.TemporaryDirectory() as folder:
        request = TrainingRequest(
            spec.name,
            Path(folder),
            data=data,
            data_dir=data_dir,
            device=device,
            overrides={"seed": seed},
        )
        run_training(request, note)
    return points
