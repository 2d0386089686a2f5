"""What `aetui bench train` compares with must learn, or its ratios would say nothing."""

from __future__ import annotations

import torch

from aetui.bench.references import time_data_loader_epoch, train_classic_denoiser, train_classic_vae
from aetui.ml.data.load import load

CPU = torch.device("cpu")


def test_the_classic_vae_learns() -> None:
    first, *_, last = train_classic_vae(load("digits", None), 4, CPU)
    assert last.score < 0.95 * first.score
    assert 0 < first.seconds < last.seconds


def test_the_classic_denoiser_learns() -> None:
    first, *_, last = train_classic_denoiser(load("digits", None), 3, CPU)
    assert last.score > first.score + 0.5


def test_the_data_loader_is_timed() -> None:
    assert time_data_loader_epoch(load("digits", None), CPU) > 0
