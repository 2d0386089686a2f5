"""`aetui bench train`: our defaults against the references, side by side on this machine."""

from __future__ import annotations

import os
import platform
import statistics
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import torch

from aetui.bench.references import (
    ScorePoint,
    time_data_loader_epoch,
    train_classic_denoiser,
    train_classic_vae,
)
from aetui.catalog import model_spec
from aetui.ml.data.dataset import Dataset
from aetui.ml.data.load import load
from aetui.ml.training.session import TrainingRequest, choose_device, run_training
from aetui.runs.metrics import Record


@dataclass(frozen=True)
class Comparison:
    """One of our models against what a user would run instead."""

    model: str
    reference: str
    train_reference: Callable[[Dataset, int, torch.device], Iterator[ScorePoint]]
    epochs: int  # of the reference
    target: float  # the reference's published test score
    unit: str
    higher_is_better: bool

    def reaches(self, score: float) -> bool:
        """Whether `score` is as good as the target."""
        return score >= self.target if self.higher_is_better else score <= self.target


CONTESTS: Final = (
    Comparison("vae", "classic Keras VAE, 784-256-2", train_classic_vae, 50, 148.1, "nats", False),
    Comparison(
        "dae", "classic Keras denoiser, 32-32-32", train_classic_denoiser, 10, 19.77, "dB", True
    ),
)


def bench_train(
    data_dir: Path | None,
    device: str,
    repeats: int,
    models: tuple[str, ...],
    say: Callable[[str], None],
) -> None:
    """Train ours and the references in turn on one device, `repeats` times each, and print medians and ratios."""
    images = load("auto", data_dir)
    say(machine_line())
    if images.name != "mnist":
        say(
            f"NOT MNIST: {images.note}. The targets below are MNIST's; only the times can be compared."
        )
    for contest in CONTESTS:
        if contest.model in models:
            _run_contest(contest, images, data_dir, device, repeats, say)


def machine_line() -> str:
    """What machine these figures are of."""
    gpu = f", {torch.cuda.get_device_name()}" if torch.cuda.is_available() else ""
    return f"{_processor()}, {os.cpu_count()} cores{gpu}; torch {torch.__version__}, Python {platform.python_version()}"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next(
        (line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")),
        platform.machine(),
    )


def _run_contest(
    contest: Comparison,
    images: Dataset,
    data_dir: Path | None,
    device: str,
    repeats: int,
    say: Callable[[str], None],
) -> None:
    ours: list[list[ScorePoint]] = []
    theirs: list[list[ScorePoint]] = []
    for repeat in range(repeats):
        torch.manual_seed(repeat)
        ours.append(_train_ours(contest.model, images.name, data_dir, device, repeat))
        theirs.append(list(contest.train_reference(images, contest.epochs, choose_device(device))))
    epochs = model_spec(contest.model).defaults["epochs"]
    say(f"\n{contest.model}, target {contest.target} {contest.unit}, median of {repeats}:")
    whole = _median(runs[-1].seconds for runs in theirs)
    reference_score = _median(runs[-1].score for runs in theirs)
    say(
        f"  {contest.reference}: {contest.epochs} epochs in {whole:.1f} s, ends at {reference_score:.2f} {contest.unit}"
    )
    end, score = (
        _median(runs[-1].seconds for runs in ours),
        _median(runs[-1].score for runs in ours),
    )
    say(
        f"  aetui train {contest.model}: {ours[0][-1].epoch} epochs in {end:.1f} s, ends at {score:.2f} {contest.unit}"
    )
    times = [
        first.seconds
        for runs in ours
        if (first := next((point for point in runs if contest.reaches(point.score)), None))
    ]
    if len(times) < repeats:
        say(f"  target: reached in {len(times)} of {repeats} runs of {epochs} epochs")
    else:
        reached = statistics.median(times)
        share = f"1/{whole / reached:.1f} of the reference's time"
        say(
            f"  target reached after {reached:.1f} s, {share}; the whole run takes {end / whole:.2f} of it"
        )
    if contest.model == "vae":
        loaded = _median(
            time_data_loader_epoch(images, choose_device(device)) for _ in range(repeats)
        )
        epoch = end / ours[0][-1].epoch
        say(
            f"  PyTorch's example with a DataLoader: {loaded:.2f} s an epoch; ours: {epoch:.3f} s, 1/{loaded / epoch:.1f} of it"
        )


def _median(values: Iterator[float]) -> float:
    return statistics.median(list(values))


def _train_ours(
    model: str, name: str, data_dir: Path | None, device: str, seed: int
) -> list[ScorePoint]:
    """The default run of `aetui train`, in a folder that is thrown away: (epoch, seconds, score) after each epoch."""
    points: list[ScorePoint] = []

    def note(record: Record) -> None:
        if record["kind"] == "epoch":
            score = record["test_psnr"] if model == "dae" else record["test_loss"]
            points.append(ScorePoint(record["epoch"], record["elapsed"], score))

    with tempfile.TemporaryDirectory() as folder:
        run_training(
            TrainingRequest(
                model,
                Path(folder),
                data=name,
                data_dir=data_dir,
                device=device,
                overrides={"seed": seed},
            ),
            note,
        )
    return points
