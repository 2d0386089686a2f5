"""Scores on the test images, and the latent map that the screens draw."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from torch import Tensor

from aetui.config import SIDE, TEST_SIGMA, Model
from aetui.latentmap import LatentMap
from aetui.ml.data import Dataset, add_noise, to_float
from aetui.ml.models import DAE, VAE, binary_cross_entropy, kl_divergence, psnr
from aetui.ml.step import autocast

BATCH: Final = 1000
MAPPED: Final = 5000  # test images whose codes a latent map holds
GRID: Final = 16  # digits a side of the decoded plane
SPREAD: Final = 0.99  # share of the codes that the plane spans, along each axis


class TestSet:
    """The test images on the device, with the noise that every score uses: drawn once, from a fixed seed."""

    __test__ = False  # not a test of pytest's

    def __init__(self, data: Dataset, model: Model, latent_dim: int, device: torch.device, beta: float = 1.0) -> None:
        self.images = data.test_images.to(device)
        self.labels = data.test_labels[:MAPPED].numpy()
        self.beta = beta
        shape = (len(self.images), latent_dim) if model == "vae" else tuple(self.images.shape)
        self._noise = torch.randn(shape, generator=torch.Generator().manual_seed(1)).to(device)
        if model == "dae":
            self._noise = add_noise(to_float(self.images), self._noise, TEST_SIGMA)

    def batches(self) -> list[tuple[Tensor, Tensor]]:
        """(images as float32, noise) of BATCH images at a time; for a dae the noise is the noisy images."""
        return [(to_float(images), noise) for images, noise in zip(self.images.split(BATCH), self._noise.split(BATCH), strict=True)]


@dataclass(frozen=True)
class Scores:
    """What an epoch line of metrics.jsonl says of the test set, and for a vae the codes behind it."""

    record: dict[str, float]
    codes: Tensor | None = None  # [min(N, MAPPED), latent_dim] on the CPU
    kl_by_axis: Tensor | None = None  # [latent_dim], nats per image


@torch.inference_mode()
def evaluate(network: VAE | DAE, test: TestSet, precision: str) -> Scores:
    """vae: test_loss = reconstruction + beta * KL, nats per image, one z an image. dae: BCE a pixel, and PSNR."""
    network.eval()
    try:
        with autocast(test.images.device, precision):
            return _evaluate_vae(network, test) if isinstance(network, VAE) else _evaluate_dae(network, test)
    finally:
        network.train()


def _evaluate_vae(network: VAE, test: TestSet) -> Scores:
    codes: list[Tensor] = []
    reconstruction, kl = 0.0, torch.zeros(network.latent_dim)
    for images, epsilon in test.batches():
        logits, z_mean, z_log_sigma = network(images, epsilon)
        reconstruction += binary_cross_entropy(logits, images).item()
        kl += kl_divergence(z_mean, z_log_sigma).sum(0).cpu()
        codes.append(z_mean)
    count = len(test.images)
    kl /= count
    record = {
        "test_loss": reconstruction / count + test.beta * kl.sum().item(),
        "test_reconstruction": reconstruction / count,
        "test_kl": kl.sum().item(),
    }
    return Scores(record, torch.cat(codes)[:MAPPED].float().cpu(), kl)


def _evaluate_dae(network: DAE, test: TestSet) -> Scores:
    loss, ratio = 0.0, 0.0
    for images, noisy in test.batches():
        logits = network(noisy)
        loss += binary_cross_entropy(logits, images).item()
        ratio += psnr(logits.float().sigmoid(), images).sum().item()
    count = len(test.images)
    return Scores({"test_loss": loss / (count * SIDE * SIDE), "test_psnr": ratio / count})


def plane_axes(kl_by_axis: Tensor) -> tuple[int, int]:
    """The two latent axes that carry most: those of the largest KL, in ascending order."""
    first, second = sorted(kl_by_axis.topk(2).indices.tolist())
    return first, second


@torch.inference_mode()
def latent_map(network: VAE, scores: Scores, labels: np.ndarray, epoch: int, device: torch.device) -> LatentMap:
    """Codes, labels and the decoded plane after `epoch`."""
    assert scores.codes is not None and scores.kl_by_axis is not None
    codes = scores.codes.numpy()
    axes = plane_axes(scores.kl_by_axis)
    extent = plane_extent(codes[:, list(axes)])
    plane = decode_plane(network, axes, extent, (GRID, GRID), device)
    return LatentMap(epoch, codes, labels, axes, plane, extent)


def plane_extent(points: np.ndarray) -> tuple[float, float, float, float]:
    """(left, right, bottom, top) of the middle SPREAD of `points` [N, 2] along each axis."""
    margin = (1 - SPREAD) / 2
    low, high = np.quantile(points, [margin, 1 - margin], axis=0)
    wide = np.maximum(high - low, 1e-3)  # a collapsed axis still needs an extent
    middle = (low + high) / 2
    (left, bottom), (right, top) = middle - wide / 2, middle + wide / 2
    return float(left), float(right), float(bottom), float(top)


@torch.inference_mode()
def decode_plane(
    network: VAE, axes: tuple[int, int], extent: tuple[float, float, float, float], grid: tuple[int, int], device: torch.device
) -> np.ndarray:
    """The plane scanned at `grid` = (rows, columns) regular points, decoded: uint8 [rows, columns, 28, 28], top row first."""
    rows, columns = grid
    left, right, bottom, top = extent
    y, x = torch.meshgrid(torch.linspace(top, bottom, rows), torch.linspace(left, right, columns), indexing="ij")
    z = torch.zeros(rows * columns, network.latent_dim)
    z[:, axes[0]], z[:, axes[1]] = x.flatten(), y.flatten()
    digits = network.decode(z.to(device)).sigmoid().mul(255).round().to(torch.uint8)
    return digits.view(rows, columns, SIDE, SIDE).cpu().numpy()
