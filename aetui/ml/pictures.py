"""Images that a run makes, in numpy, for figures: uint8 [N, C, H, W]."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from aetui.ml.codes import codes_of, reconstruction_errors
from aetui.ml.data.dataset import Dataset
from aetui.ml.data.noise import draw_noise, put_noise
from aetui.ml.data.transforms import to_float
from aetui.ml.evaluate import NOISE_SEED
from aetui.ml.models.losses import kl_divergence, psnr
from aetui.ml.opened_run import OpenedRun
from aetui.ml.quality.restored import best_median, ssim
from aetui.noise import GAUSSIAN, NoiseKind

Pixels = NDArray[np.uint8]
Numbers = NDArray[np.float32]


@dataclass(frozen=True)
class Noise:
    """A noise that images are given."""

    kind: NoiseKind = GAUSSIAN
    strength: float = GAUSSIAN.usual
    seed: int | None = None  # of the noise of the chosen images; None: as the score draws it

    def put_on(self, images: Tensor, drawn: Tensor) -> Tensor:
        return put_noise(images, drawn, self.kind, self.strength)

    def drawn_for(self, shape: torch.Size, numbers: Sequence[int]) -> Tensor:
        """What is random of it, for the images of those numbers in a test set of `shape`."""
        if self.seed is not None:
            generator = torch.Generator().manual_seed(self.seed)
            return draw_noise(self.kind, torch.Size((len(numbers), *shape[1:])), generator)
        generator = torch.Generator().manual_seed(NOISE_SEED)
        return draw_noise(self.kind, shape, generator)[list(numbers)]


@dataclass(frozen=True)
class Reconstructed:
    """Test images, their reconstructions, and the errors of these."""

    images: Pixels
    results: Pixels
    errors: Numbers  # [N], binary cross-entropy in nats


SCORED_NOISE: Final = Noise()
"""The noise that the score of a denoiser uses."""


@dataclass(frozen=True)
class Restored:
    """Images, and how near they are to their originals: PSNR [N] in dB, SSIM [N]."""

    images: Pixels
    psnr: Numbers
    ssim: Numbers


@dataclass(frozen=True)
class Denoised:
    """Test images, the same with noise, denoised, and as the best median filter restores them."""

    images: Pixels
    noisy: Restored
    results: Restored
    median: Restored
    window: int  # of the median filter, pixels a side


@torch.inference_mode()
def decoded(run: OpenedRun, codes: NDArray[Any]) -> Pixels:
    """The images of `codes` [N, latent_dim]."""
    z = torch.from_numpy(np.asarray(codes, np.float32)).to(run.device)
    return np.concatenate([_pixels(run.network.decode(part).sigmoid()) for part in z.split(500)])


def reconstructed(run: OpenedRun, data: Dataset, numbers: Sequence[int]) -> Reconstructed:
    """The test images of those numbers, each from its code (z_mean)."""
    return reconstruct(run, data.test_images[list(numbers)].numpy())


@torch.inference_mode()
def reconstruct(run: OpenedRun, given: Pixels) -> Reconstructed:
    """These images, each from its code (z_mean)."""
    results: list[Pixels] = []
    errors: list[Numbers] = []
    for part in torch.from_numpy(given).split(500):
        images = to_float(part.to(run.device))
        logits = run.network.decode(codes_of(run.network, images)[0])
        results.append(_pixels(logits.sigmoid()))
        errors.append(reconstruction_errors(logits, images).cpu().numpy())
    return Reconstructed(given, np.concatenate(results), np.concatenate(errors))


@torch.inference_mode()
def denoised(
    run: OpenedRun, data: Dataset, numbers: Sequence[int], noise: Noise = SCORED_NOISE
) -> Denoised:
    """The test images of those numbers with noise, and with it removed again."""
    drawn = noise.drawn_for(data.test_images.shape, numbers)
    chosen = data.test_images[list(numbers)]
    images = to_float(chosen.to(run.device))
    noisy = noise.put_on(images, drawn.to(run.device))
    window, filtered = best_median(noisy, images)
    return Denoised(
        chosen.numpy(),
        _restored(noisy, images),
        _restored(run.network(noisy).sigmoid(), images),
        _restored(filtered, images),
        window,
    )


def _restored(images: Tensor, originals: Tensor) -> Restored:
    scores = (score(images, originals).cpu().numpy() for score in (psnr, ssim))
    return Restored(_pixels(images), *scores)


@torch.inference_mode()
def denoised_psnr(run: OpenedRun, data: Dataset, noise: Noise = SCORED_NOISE) -> Numbers:
    """The PSNR of every test image, with noise and denoised, [N] in dB."""
    drawn = noise.drawn_for(data.test_images.shape, range(len(data.test_images)))
    found = []
    for pixels, random in zip(data.test_images.split(500), drawn.split(500), strict=True):
        images = to_float(pixels.to(run.device))
        noisy = noise.put_on(images, random.to(run.device))
        found.append(psnr(run.network(noisy).sigmoid(), images).cpu().numpy())
    return np.concatenate(found)


@torch.inference_mode()
def cleaned(run: OpenedRun, images: Pixels) -> Pixels:
    """What a denoiser makes of `images`, as they are."""
    given = to_float(torch.from_numpy(images).to(run.device))
    return _pixels(run.network(given).sigmoid())


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
