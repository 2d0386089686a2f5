"""A third kind of model, which aetui does not have: waves with learned phases, without a plane."""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor, nn

from aetui.config import ImageShape
from aetui.ml.models.base import Autoencoder, Batches, Scores
from aetui.model_spec import SHARED, ModelSpec, Score, Setting

SPEC = ModelSpec(
    name="fourier",
    title="Fourier autoencoder",
    featured=False,
    score=Score(key="test_error", unit="mse"),
    losses=("loss",),
    loss_unit="squared error per pixel",
    settings=(*SHARED, Setting("waves", int, 2, 64, "numbers of a code")),
    defaults={"epochs": 3, "batch_size": 64, "lr": 1e-2, "seed": 0, "augment": 0.0, "waves": 8},
    capabilities=frozenset({"plane"}),
)


class Fourier(Autoencoder):
    """Codes are phases; pixels are sums of their sines."""

    spec: ClassVar[ModelSpec] = SPEC

    def __init__(self, image_shape: ImageShape, waves: int) -> None:
        super().__init__(image_shape)
        self.to_phases = nn.Linear(image_shape.values, waves)
        self.to_pixels = nn.Linear(waves, image_shape.values)

    def noise_shape(self, count: int) -> tuple[int, ...]:
        return (count, 1)

    def encode(self, images: Tensor) -> Tensor:
        phases: Tensor = self.to_phases(images.flatten(1))
        return phases

    def decode(self, codes: Tensor) -> Tensor:
        pixels: Tensor = self.to_pixels(codes.sin())
        return pixels.view(-1, *self.image_shape.sizes)

    def losses(self, images: Tensor, noise: Tensor) -> Tensor:
        error = self.decode(self.encode(images)).float().sigmoid() - images
        return error.square().mean().reshape(1)

    def score(self, batches: Batches) -> Scores:
        scored = [(self.losses(images, noise), self.encode(images)) for images, noise in batches]
        error = torch.stack([losses for losses, _ in scored]).mean().item()
        codes = torch.cat([codes for _, codes in scored]).float().cpu()
        return Scores({"test_loss": error, "test_error": error}, codes, codes.var(0))
