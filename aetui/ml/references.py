"""What a user would run instead, in torch: the classic Keras VAE and denoiser, as `aetui bench train` times them.

Both follow the Keras examples' layers, optimisers and batches (https://keras.io/examples), with everything on the device
and no data loader, so that they are timed at their best.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from aetui.config import TEST_SIGMA
from aetui.ml.data import Dataset, add_noise, to_float
from aetui.ml.models import PIXELS, binary_cross_entropy, kl_divergence, psnr


class ClassicVAE(nn.Module):
    """784-256-2-256-784 with ReLU, Glorot initialisation, a 2-D latent."""

    def __init__(self) -> None:
        super().__init__()
        self.hidden, self.mean, self.log_sigma = nn.Linear(PIXELS, 256), nn.Linear(256, 2), nn.Linear(256, 2)
        self.up, self.out = nn.Linear(2, 256), nn.Linear(256, PIXELS)
        _glorot(self)

    def forward(self, images: Tensor, epsilon: Tensor) -> Tensor:
        """The loss in nats per image."""
        h = functional.relu(self.hidden(images.flatten(1)))
        z_mean, z_log_sigma = self.mean(h), self.log_sigma(h)
        logits = self.out(functional.relu(self.up(z_mean + z_log_sigma.exp() * epsilon)))
        loss: Tensor = binary_cross_entropy(logits, images) + kl_divergence(z_mean, z_log_sigma).sum()
        return loss / len(images)


class ClassicDenoiser(nn.Module):
    """Convolutions of 32 channels with max-pooling to 7x7, and back by repeating pixels."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(1, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(32, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(32, 32, 3, padding=1), nn.ReLU(), nn.Upsample(scale_factor=2),
            nn.Conv2d(32, 32, 3, padding=1), nn.ReLU(), nn.Upsample(scale_factor=2), nn.Conv2d(32, 1, 3, padding=1),
        )  # fmt: skip
        _glorot(self)
        self.to(memory_format=torch.channels_last)  # on a CPU nearly twice as fast: the reference at its best

    def forward(self, noisy: Tensor) -> Tensor:
        """Logits of the clean images."""
        return self.layers(noisy)  # type: ignore[no-any-return]


def _glorot(network: nn.Module) -> None:
    for layer in network.modules():
        if isinstance(layer, nn.Linear | nn.Conv2d):
            nn.init.xavier_uniform_(layer.weight)
            assert layer.bias is not None
            nn.init.zeros_(layer.bias)


@dataclass(frozen=True)
class Reached:
    """A score after an epoch, and the seconds of training that it took."""

    epoch: int
    seconds: float
    score: float


def train_classic_vae(data: Dataset, epochs: int) -> Iterator[Reached]:
    """RMSprop at 1e-3, batches of 100; scores are nats per test image."""
    network = ClassicVAE()
    optimizer = torch.optim.RMSprop(network.parameters(), lr=1e-3, alpha=0.9, eps=1e-7)
    images, test = to_float(data.train_images), to_float(data.test_images)
    epsilon = torch.randn(len(test), 2, generator=torch.Generator().manual_seed(1))

    def step(batch: Tensor) -> Tensor:
        loss: Tensor = network(batch, torch.randn(len(batch), 2))
        return loss

    return _train(images, 100, epochs, optimizer, step, lambda: float(network(test, epsilon)))


def train_classic_denoiser(data: Dataset, epochs: int) -> Iterator[Reached]:
    """Adam at 1e-3, batches of 128, noise of 0.5 clipped; scores are dB of PSNR over the test images."""
    network = ClassicDenoiser()
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3)
    images, test = to_float(data.train_images), to_float(data.test_images)
    noise = torch.randn(test.shape, generator=torch.Generator().manual_seed(1))

    def step(batch: Tensor) -> Tensor:
        noisy = add_noise(batch, torch.randn(batch.shape), TEST_SIGMA)
        return functional.binary_cross_entropy_with_logits(network(noisy), batch)

    def score() -> float:
        pairs = zip(test.split(1000), noise.split(1000), strict=True)
        ratios = [psnr(network(add_noise(clean, drawn, TEST_SIGMA)).sigmoid(), clean) for clean, drawn in pairs]
        return float(torch.cat(ratios).mean())

    return _train(images, 128, epochs, optimizer, step, score)


def _train(
    images: Tensor, batch: int, epochs: int, optimizer: torch.optim.Optimizer, step: Callable[[Tensor], Tensor], score: Callable[[], float]
) -> Iterator[Reached]:
    seconds = 0.0
    for epoch in range(1, epochs + 1):
        start = time.perf_counter()
        order = torch.randperm(len(images))
        for indices in order.split(batch):
            optimizer.zero_grad()
            step(images[indices]).backward()
            optimizer.step()
        seconds += time.perf_counter() - start
        with torch.inference_mode():
            yield Reached(epoch, seconds, score())
