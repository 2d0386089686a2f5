"""What a user would run instead, in torch: the classic Keras VAE and denoiser, and PyTorch's own VAE example.

The first two follow the Keras examples' layers, optimisers and batches (https://keras.io/examples), with everything on the
device and no data loader, so that they are timed at their best. The third is timed as people run it (https://github.com/pytorch/examples).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.data import DataLoader
from torchvision.transforms.functional import to_pil_image, to_tensor

from aetui.catalog import TEST_SIGMA
from aetui.ml.data.dataset import Dataset
from aetui.ml.data.transforms import add_noise, to_float
from aetui.ml.models.losses import binary_cross_entropy, kl_divergence, psnr

PIXELS = 28 * 28


class ClassicVAE(nn.Module):
    """784-width-latent-width-784 with ReLU, Glorot initialisation."""

    def __init__(self, width: int, latent: int) -> None:
        super().__init__()
        self.latent = latent
        self.hidden, self.mean, self.log_sigma = (
            nn.Linear(PIXELS, width),
            nn.Linear(width, latent),
            nn.Linear(width, latent),
        )
        self.up, self.out = nn.Linear(latent, width), nn.Linear(width, PIXELS)
        _glorot(self)

    def forward(self, images: Tensor, epsilon: Tensor) -> Tensor:
        """The loss in nats per image."""
        h = functional.relu(self.hidden(images.flatten(1)))
        z_mean, z_log_sigma = self.mean(h), self.log_sigma(h)
        logits = self.out(functional.relu(self.up(z_mean + z_log_sigma.exp() * epsilon)))
        loss: Tensor = (
            binary_cross_entropy(logits, images) + kl_divergence(z_mean, z_log_sigma).sum()
        )
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
        self.to(
            memory_format=torch.channels_last
        )  # on a CPU nearly twice as fast: the reference at its best

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
class ScorePoint:
    """A score after an epoch, and the seconds of training that it took."""

    epoch: int
    seconds: float
    score: float


def train_classic_vae(data: Dataset, epochs: int, device: torch.device) -> Iterator[ScorePoint]:
    """784-256-2, RMSprop at 1e-3, batches of 100; scores are nats per test image."""
    network = ClassicVAE(256, 2).to(device)
    optimizer = torch.optim.RMSprop(network.parameters(), lr=1e-3, alpha=0.9, eps=1e-7)
    images, test = to_float(data.train_images.to(device)), to_float(data.test_images.to(device))
    epsilon = torch.randn(len(test), 2, generator=torch.Generator().manual_seed(1)).to(device)

    def step(batch: Tensor) -> Tensor:
        loss: Tensor = network(batch, torch.randn(len(batch), 2, device=device))
        return loss

    return _train(images, 100, epochs, optimizer, step, lambda: float(network(test, epsilon)))


def train_classic_denoiser(
    data: Dataset, epochs: int, device: torch.device
) -> Iterator[ScorePoint]:
    """Adam at 1e-3, batches of 128, noise of 0.5 clipped; scores are dB of PSNR over the test images."""
    network = ClassicDenoiser().to(device)
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3)
    images, test = to_float(data.train_images.to(device)), to_float(data.test_images.to(device))
    noise = torch.randn(test.shape, generator=torch.Generator().manual_seed(1)).to(device)

    def step(batch: Tensor) -> Tensor:
        noisy = add_noise(batch, torch.randn(batch.shape, device=device), TEST_SIGMA)
        return functional.binary_cross_entropy_with_logits(network(noisy), batch)

    def score() -> float:
        pairs = zip(test.split(1000), noise.split(1000), strict=True)
        ratios = [
            psnr(network(add_noise(clean, drawn, TEST_SIGMA)).sigmoid(), clean)
            for clean, drawn in pairs
        ]
        return float(torch.cat(ratios).mean())

    return _train(images, 128, epochs, optimizer, step, score)


def _train(
    images: Tensor,
    batch: int,
    epochs: int,
    optimizer: torch.optim.Optimizer,
    step: Callable[[Tensor], Tensor],
    score: Callable[[], float],
) -> Iterator[ScorePoint]:
    seconds = 0.0
    for epoch in range(1, epochs + 1):
        start = time.perf_counter()
        order = torch.randperm(len(images)).to(images.device)
        for indices in order.split(batch):
            optimizer.zero_grad()
            step(images[indices]).backward()
            optimizer.step()
        if images.is_cuda:
            torch.cuda.synchronize()
        seconds += time.perf_counter() - start
        with torch.inference_mode():
            yield ScorePoint(epoch, seconds, score())


class OneByOne(torch.utils.data.Dataset[Tensor]):
    """Training images as torchvision's data sets hand them out: each unpacked and converted by itself."""

    def __init__(self, images: Tensor) -> None:
        self._images = images

    def __len__(self) -> int:
        return len(self._images)

    def __getitem__(self, index: int) -> Tensor:
        """Image `index`, float32 [1, 28, 28]."""
        image: Tensor = to_tensor(to_pil_image(self._images[index]))
        return image


def time_data_loader_epoch(data: Dataset, device: torch.device) -> float:
    """The seconds of one epoch of PyTorch's VAE example: 784-400-20, Adam, batches of 128 from a DataLoader, `.item()` at every step."""
    network = ClassicVAE(400, 20).to(device)
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3)
    loader = DataLoader(OneByOne(data.train_images), batch_size=128, shuffle=True)
    total, start = 0.0, time.perf_counter()
    for batch in loader:
        images = batch.to(device)
        optimizer.zero_grad()
        loss = network(images, torch.randn(len(images), network.latent, device=device))
        loss.backward()
        total += loss.item()
        optimizer.step()
    return time.perf_counter() - start
