"""What `aetui bench train` compares with must learn, or its ratios would mean nothing."""

from __future__ import annotations

import torch

from aetui.bench.references import (
    train_classic_denoiser,
    train_classic_variational,
    train_example_epoch,
)
from aetui.ml.data.load import load

CPU = torch.device("cpu")


def test_the_classic_vae_learns() -> None:
    first, *_, last = train_classic_variational(load("digits", None), 4, CPU)
    assert last.score < 0.95 * first.score
    assert 0 < first.seconds < last.seconds


def test_the_classic_denoiser_learns() -> None:
    first, *_, last = train_classic_denoiser(load("digits", None), 3, CPU)
    assert last.score > first.score + 0.5


def test_the_example_takes_every_image_once_and_learns() -> None:
    data = load("digits", None)
    epoch = train_example_epoch(data, CPU)
    assert len(epoch.losses) == -(-len(data.train_images) // 128)
    assert epoch.losses[-1] < 0.8 * epoch.losses[0]
