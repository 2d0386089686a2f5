"""The interface of a model: what training, scoring, saving and the screens need of it.

Images are float32 [N, C, H, W] in [0, 1]; logits have the images' shape.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from torch import Tensor, nn

from aetui.config import ImageShape
from aetui.model_spec import ModelSpec, Value

Batches = Iterable[tuple[Tensor, Tensor]]
"""(images, standard normal noise of the model's noise shape), a batch at a time."""
LOG_2: Final = math.log(2)  # nats per pixel of a network that knows nothing


@dataclass(frozen=True)
class AdamW:
    """The optimizer's second beta and weight decay, chosen by measurement for each model."""

    beta2: float = 0.95
    weight_decay: float = 0.05


@dataclass(frozen=True)
class Scores:
    """What an epoch line of metrics.jsonl says of the test set, and the codes behind it, if any."""

    record: Mapping[str, float]
    codes: Tensor | None = None  # z_mean of every test image, [N, latent_dim], float32 on the CPU
    axis_weights: Tensor | None = (
        None  # what each latent axis carries, [latent_dim]: KL or variance
    )


class Autoencoder(nn.Module, ABC):
    """A network with its losses and its score. Built as `cls(image_shape, **options)`."""

    spec: ClassVar[ModelSpec]
    adamw: ClassVar[AdamW] = AdamW()

    def __init__(self, image_shape: ImageShape) -> None:
        super().__init__()
        self.image_shape = image_shape

    @classmethod
    def build(cls, image_shape: ImageShape, options: Mapping[str, Value]) -> Autoencoder:
        """A network with fresh weights, drawn from torch's default generator."""
        values: dict[str, Any] = dict(options)
        return cls(image_shape, **values)

    @abstractmethod
    def noise_shape(self, count: int) -> tuple[int, ...]:
        """The shape of the standard normal noise for `count` images."""

    @abstractmethod
    def losses(self, images: Tensor, noise: Tensor) -> Tensor:
        """The losses that the spec names, a float32 vector of means over the images."""

    @abstractmethod
    def score(self, batches: Batches) -> Scores:
        """The scores on the test set. Called in eval mode, without gradients."""

    @abstractmethod
    def encode(self, images: Tensor) -> Any:
        """The codes of `images`: [N, ...], or (z_mean, z_log_sigma), each [N, latent_dim]."""

    @abstractmethod
    def decode(self, codes: Tensor) -> Tensor:
        """The logits of `codes`."""

    def initialise(self, images: Tensor) -> None:
        """Scale the fresh weights by some training images [N, C, H, W]."""

    def untrained_loss(self) -> float:
        """About the loss of a network that knows nothing; far above it a training has diverged."""
        return LOG_2 * self.image_shape.values

    def can_change(self, setting: str) -> bool:
        """Whether `change` has an effect on the losses; the spec says which settings may change."""
        return hasattr(self, setting)

    def change(self, setting: str, value: Value) -> None:
        """Compute losses and scores with that value of the setting from now on."""
        setattr(self, setting, value)

    @property
    def weights_module(self) -> nn.Module:
        """The module whose weights other programs know: this, or a person's own inside it."""
        return self


class TrainingLosses(nn.Module):
    """A model's losses as a forward pass, which is what DistributedDataParallel hooks into."""

    def __init__(self, network: Autoencoder) -> None:
        super().__init__()
        self.network = network

    def forward(self, images: Tensor, noise: Tensor) -> Tensor:
        return self.network.losses(images, noise)
