"""Scores on the test images, and the latent map that the screens draw."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

import numpy as np
import torch
from torch import Tensor

from aetui.ml.codes import codes_of
from aetui.ml.data.dataset import Dataset
from aetui.ml.data.transforms import to_float
from aetui.ml.models.base import Autoencoder, Scores
from aetui.ml.models.variational import Variational
from aetui.ml.precision import autocast
from aetui.ml.quality.neighbours import knn_accuracies
from aetui.runs.latent_map import LatentMap, plane_extent

BATCH: Final = 1000
MAPPED: Final = 5000  # test images whose codes a latent map holds
GRID: Final = 16  # images a side of the decoded plane
NOISE_SEED: Final = 1


class TestSet:
    """The test images on the device, with the noise that every score uses: drawn once."""

    __test__ = False  # not a test of pytest's

    def __init__(self, data: Dataset, network: Autoencoder, device: torch.device) -> None:
        self.images = data.test_images.to(device)
        self.labels = data.test_labels[:MAPPED].numpy()
        generator = torch.Generator().manual_seed(NOISE_SEED)
        shape = network.noise_shape(len(self.images))
        self.noise = torch.randn(shape, generator=generator).to(device)

    def batches(self) -> Iterator[tuple[Tensor, Tensor]]:
        """(images as float32, noise), BATCH images at a time."""
        parts = zip(self.images.split(BATCH), self.noise.split(BATCH), strict=True)
        return ((to_float(images), noise) for images, noise in parts)


@torch.inference_mode()
def evaluate(network: Autoencoder, test: TestSet, precision: str) -> Scores:
    """The model's scores on the test set, in eval mode; of its codes, the first MAPPED."""
    network.eval()
    try:
        with autocast(test.images.device, precision):
            scores = network.score(test.batches())
        if scores.codes is None:
            return scores
        return _with_neighbours(scores, network, test, precision)
    finally:
        network.train()


def _with_neighbours(scores: Scores, network: Autoencoder, test: TestSet, precision: str) -> Scores:
    """`scores` with kNN accuracies: how near each other the codes of a class lie."""
    assert scores.codes is not None
    codes = scores.codes[:MAPPED].to(test.images.device)
    if precision != "float32":
        # As `load_model` gives them: in bf16 a code is off by more than the distance to the next.
        # With it, all this takes 1.0 to 1.4 % of an epoch (MNIST and the digits, 2 and 16 axes).
        parts = test.images[:MAPPED].split(BATCH)
        codes = torch.cat([codes_of(network, to_float(images))[0] for images in parts])
    if not bool(codes.isfinite().all()):
        return scores
    found = knn_accuracies(codes, torch.from_numpy(test.labels))
    record = {**scores.record, **{f"knn_{count}": share for count, share in found.items()}}
    return replace(scores, record=record, codes=codes.cpu())


def plane_axes(axis_weights: Tensor) -> tuple[int, int]:
    """The two latent axes that carry most: those of the largest KL, or variance, ascending."""
    first, second = sorted(axis_weights.topk(2).indices.tolist())
    return first, second


@torch.inference_mode()
def latent_map(network: Autoencoder, scores: Scores, labels: np.ndarray, epoch: int) -> LatentMap:
    """Codes, labels and the decoded plane after `epoch`."""
    assert scores.codes is not None
    assert scores.axis_weights is not None
    codes = scores.codes[:MAPPED].numpy()
    axes = plane_axes(scores.axis_weights)
    extent = plane_extent(codes[:, list(axes)])
    z = scan_plane(codes.shape[1], axes, extent, (GRID, GRID))
    device = next(network.parameters()).device
    images = network.decode(z.to(device)).sigmoid().mul(255).round().to(torch.uint8)
    plane = images.view(GRID, GRID, *network.image_shape.sizes).cpu().numpy()
    is_kl = isinstance(network, Variational)
    kl = scores.axis_weights.float().numpy() if is_kl else np.zeros(0, np.float32)
    return LatentMap(epoch, codes, labels, axes, plane, extent, kl)


def scan_plane(
    latent_dim: int,
    axes: tuple[int, int],
    extent: tuple[float, float, float, float],
    grid: tuple[int, int],
) -> Tensor:
    """The codes of a regular (rows, columns) grid, [rows * columns, latent_dim], top row first."""
    rows, columns = grid
    left, right, bottom, top = extent
    lines = torch.linspace(top, bottom, rows), torch.linspace(left, right, columns)
    y, x = torch.meshgrid(*lines, indexing="ij")
    z = torch.zeros(rows * columns, latent_dim)
    z[:, axes[0]], z[:, axes[1]] = x.flatten(), y.flatten()
    return z
