"""What a user would run instead, in torch: two Keras examples and PyTorch's own VAE example.

The first two follow the Keras examples' layers, optimisers and batches (https://keras.io/examples),
with everything on the device and no data loader, so that they are timed at their best. The third is
timed as people run it (https://github.com/pytorch/examples).
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


class ClassicVariational(nn.Module):
    """values-width-latent-width-values with ReLU and Glorot initialisation."""

    def __init__(self, values: int, width: int, latent: int) -> None:
        super().__init__()
        self.latent = latent
        self.hidden = nn.Linear(values, width)
        self.mean = nn.Linear(width, latent)
        self.log_sigma = nn.Linear(width, latent)
        self.up = nn.Linear(latent, width)
        self.out = nn.Linear(width, values)
        _glorot(self)

    def forward(self, images: Tensor, epsilon: Tensor) -> Tensor:
        """The loss in nats per image."""
        h = functional.relu(self.hidden(images.flatten(1)))
        z_mean = self.mean(h)
        z_log_sigma = self.log_sigma(h)
        logits = self.out(functional.relu(self.up(z_mean + z_log_sigma.exp() * epsilon)))
        reconstruction = binary_cross_entropy(logits, images)
        return (reconstruction + kl_divergence(z_mean, z_log_sigma).sum()) / len(images)


class ClassicDenoiser(nn.Module):
    """Convolutions of 32 channels with max-pooling to a quarter, and back by repeating pixels."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            *(nn.Conv2d(channels, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)),
            *(nn.Conv2d(32, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)),
            *(nn.Conv2d(32, 32, 3, padding=1), nn.ReLU(), nn.Upsample(scale_factor=2)),
            *(nn.Conv2d(32, 32, 3, padding=1), nn.ReLU(), nn.Upsample(scale_factor=2)),
            nn.Conv2d(32, channels, 3, padding=1),
        )
        _glorot(self)
        # On a CPU nearly twice as fast: the reference at its best.
        self.to(memory_format=torch.channels_last)

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


def train_classic_variational(
    data: Dataset, epochs: int, device: torch.device
) -> Iterator[ScorePoint]:
    """784-256-2, RMSprop at 1e-3, batches of 100; scores are nats per test image."""
    network = ClassicVariational(data.image_shape.values, 256, 2).to(device)
    optimizer = torch.optim.RMSprop(network.parameters(), lr=1e-3, alpha=0.9, eps=1e-7)
    images = to_float(data.train_images.to(device))
    test = to_float(data.test_images.to(device))
    epsilon = _drawn((len(test), network.latent), device)

    def step(batch: Tensor) -> Tensor:
        loss: Tensor = network(batch, torch.randn(len(batch), network.latent, device=device))
        return loss

    return _train(images, 100, epochs, optimizer, step, lambda: float(network(test, epsilon)))


def train_classic_denoiser(
    data: Dataset, epochs: int, device: torch.device
) -> Iterator[ScorePoint]:
    """Adam at 1e-3, batches of 128, noise of 0.5 clipped; scores are dB of test PSNR."""
    network = ClassicDenoiser(data.image_shape.channels).to(device)
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3)
    images = to_float(data.train_images.to(device))
    test = to_float(data.test_images.to(device))
    noise = _drawn(tuple(test.shape), device)

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


def _drawn(shape: tuple[int, ...], device: torch.device) -> Tensor:
    """Standard normal noise, the same every time."""
    return torch.randn(shape, generator=torch.Generator().manual_seed(1)).to(device)


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
    """Training images as torchvision's data sets hand them out: each converted by itself."""

    def __init__(self, images: Tensor) -> None:
        self._images = images

    def __len__(self) -> int:
        return len(self._images)

    def __getitem__(self, index: int) -> Tensor:
        """Image `index`, float32 [C, H, W]."""
        image: Tensor = to_tensor(to_pil_image(self._images[index]))
        return image


@dataclass(frozen=True)
class ExampleEpoch:
    """An epoch of PyTorch's example: how long it took and how it learned."""

    seconds: float
    losses: list[float]  # nats per image, a step each


def train_example_epoch(data: Dataset, device: torch.device) -> ExampleEpoch:
    """PyTorch's VAE example: 784-400-20, Adam, a DataLoader of 128, `.item()` at each step."""
    network = ClassicVariational(data.image_shape.values, 400, 20).to(device)
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3)
    loader = DataLoader(OneByOne(data.train_images), batch_size=128, shuffle=True)
    losses: list[float] = []
    start = time.perf_counter()
    for batch in loader:
        images = batch.to(device)
        optimizer.zero_grad()
        loss = network(images, torch.randn(len(images), network.latent, device=device))
        loss.backward()
        losses.append(loss.item())
        optimizer.step()
    return ExampleEpoch(time.perf_counter() - start, losses)
