"""Images that a run makes, in numpy, for figures: uint8 [N, C, H, W]."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from aetui.catalog import TEST_SIGMA
from aetui.ml.codes import codes_of, reconstruction_errors
from aetui.ml.data.dataset import Dataset
from aetui.ml.data.transforms import add_noise, to_float
from aetui.ml.evaluate import TestSet
from aetui.ml.models.losses import kl_divergence, psnr
from aetui.ml.opened_run import OpenedRun

Pixels = NDArray[np.uint8]
Numbers = NDArray[np.float32]


@dataclass(frozen=True)
class Reconstructed:
    """Test images, their reconstructions, and the errors of these."""

    images: Pixels
    results: Pixels
    errors: Numbers  # [N], binary cross-entropy in nats


@dataclass(frozen=True)
class Denoised:
    """Test images, the same with noise, and denoised; PSNR [N] in dB."""

    images: Pixels
    noisy: Pixels
    results: Pixels
    psnr_noisy: Numbers
    psnr: Numbers


@torch.inference_mode()
def decoded(run: OpenedRun, codes: NDArray[Any]) -> Pixels:
    """The images of `codes` [N, latent_dim]."""
    z = torch.from_numpy(np.asarray(codes, np.float32)).to(run.device)
    return np.concatenate([_pixels(run.network.decode(part).sigmoid()) for part in z.split(500)])


@torch.inference_mode()
def reconstructed(run: OpenedRun, data: Dataset, numbers: Sequence[int]) -> Reconstructed:
    """The test images of those numbers, each from its code (z_mean)."""
    chosen = data.test_images[list(numbers)]
    results: list[Pixels] = []
    errors: list[Numbers] = []
    for part in chosen.split(500):
        images = to_float(part.to(run.device))
        logits = run.network.decode(codes_of(run.network, images)[0])
        results.append(_pixels(logits.sigmoid()))
        errors.append(reconstruction_errors(logits, images).cpu().numpy())
    return Reconstructed(chosen.numpy(), np.concatenate(results), np.concatenate(errors))


@torch.inference_mode()
def denoised(run: OpenedRun, data: Dataset, numbers: Sequence[int]) -> Denoised:
    """The test images of those numbers with the noise that the score uses, and without."""
    every = TestSet(data, run.network, run.device)
    at = torch.tensor(list(numbers), device=run.device)
    parts = []
    for pixels, noise in zip(every.images[at].split(500), every.noise[at].split(500), strict=True):
        images = to_float(pixels)
        noisy = add_noise(images, noise, TEST_SIGMA)
        results = run.network(noisy).sigmoid()
        ratios = [psnr(each, images).cpu().numpy() for each in (noisy, results)]
        parts.append((_pixels(noisy), _pixels(results), *ratios))
    columns = (np.concatenate(column) for column in zip(*parts, strict=True))
    return Denoised(data.test_images[list(numbers)].numpy(), *columns)


@torch.inference_mode()
def axis_divergences(run: OpenedRun, data: Dataset) -> Numbers | None:
    """What each latent axis carries, [latent_dim], the mean KL in nats; None for points."""
    total, count = torch.zeros(()), 0
    for part in data.test_images.split(500):
        z_mean, z_log_sigma = codes_of(run.network, to_float(part.to(run.device)))
        if z_log_sigma is None:
            return None
        total = total + kl_divergence(z_mean, z_log_sigma).sum(0).cpu()
        count += len(part)
    return np.asarray((total / count).numpy(), np.float32)


def _pixels(images: Tensor) -> Pixels:
    return np.asarray(images.mul(255).round().to(torch.uint8).cpu().numpy())
