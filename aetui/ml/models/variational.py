"""What variational autoencoders share: the sampled code, the losses and the score."""

from __future__ import annotations

from abc import abstractmethod
from typing import Final

import torch
from torch import Tensor

from aetui.config import ImageShape
from aetui.ml.models.base import Autoencoder, Batches, Scores
from aetui.ml.models.losses import binary_cross_entropy, kl_divergence

MOST_LOG_SIGMA: Final = (
    5.0  # of |z_log_sigma|: one unlikely image must not dominate the loss of a batch
)


class Variational(Autoencoder):
    """Kingma & Welling 2014 (arXiv:1312.6114), with an encoder and a decoder of any kind."""

    latent_dim: int
    beta: float

    def __init__(self, image_shape: ImageShape, latent_dim: int, beta: float) -> None:
        super().__init__(image_shape)
        self.latent_dim, self.beta = latent_dim, beta

    @abstractmethod
    def encode(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """(z_mean, z_log_sigma) of the images' posteriors, each [N, latent_dim] and float32."""

    def forward(self, images: Tensor, epsilon: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """(logits, z_mean, z_log_sigma) with z = z_mean + exp(z_log_sigma) * epsilon."""
        z_mean, z_log_sigma = self.encode(images)
        return self.decode(z_mean + z_log_sigma.exp() * epsilon), z_mean, z_log_sigma

    def noise_shape(self, count: int) -> tuple[int, ...]:
        return count, self.latent_dim

    def losses(self, images: Tensor, noise: Tensor) -> Tensor:
        """(reconstruction + beta * KL, reconstruction, KL), in nats per image."""
        logits, z_mean, z_log_sigma = self(images, noise)
        reconstruction = binary_cross_entropy(logits, images) / len(images)
        kl = kl_divergence(z_mean, z_log_sigma).sum() / len(images)
        return torch.stack([reconstruction + self.beta * kl, reconstruction, kl])

    def score(self, batches: Batches) -> Scores:
        """The losses on the test set, with one z an image."""
        codes: list[Tensor] = []
        reconstruction, kl, count = 0.0, torch.zeros(self.latent_dim), 0
        for images, epsilon in batches:
            logits, z_mean, z_log_sigma = self(images, epsilon)
            reconstruction += binary_cross_entropy(logits, images).item()
            kl += kl_divergence(z_mean, z_log_sigma).sum(0).cpu()
            codes.append(z_mean.float().cpu())
            count += len(images)
        reconstruction, kl = reconstruction / count, kl / count
        total = kl.sum().item()
        record = {
            "test_loss": reconstruction + self.beta * total,
            "test_reconstruction": reconstruction,
            "test_kl": total,
        }
        return Scores(record, torch.cat(codes), kl)

    def untrained_loss(self) -> float:
        return super().untrained_loss() * max(1.0, self.beta)


def posterior(code: Tensor) -> tuple[Tensor, Tensor]:
    """(z_mean, z_log_sigma), float32, of an encoder's output [N, 2 * latent_dim]."""
    # exp() of z_log_sigma needs more than bfloat16's 8 bits.
    z_mean, raw = code.float().chunk(2, dim=1)
    return z_mean, MOST_LOG_SIGMA * torch.tanh(raw / MOST_LOG_SIGMA)
