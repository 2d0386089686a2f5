"""Variational autoencoder of fully connected layers."""

from __future__ import annotations

from itertools import pairwise
from typing import ClassVar, Final

import torch
from torch import Tensor, nn
from torch.nn import functional

from aetui.catalog import VAE as VAE_SPEC
from aetui.catalog import ModelSpec
from aetui.config import ImageShape
from aetui.ml.models.base import AdamW, Autoencoder, Batches, Scores
from aetui.ml.models.losses import binary_cross_entropy, kl_divergence

MOST_LOG_SIGMA: Final = 5.0  # of |z_log_sigma|: an unlikely image must not blow up a whole batch


class VAE(Autoencoder):
    """Kingma & Welling 2014 (arXiv:1312.6114).

    `hidden` are the encoder's widths, `decoder_hidden` the decoder's; where a width repeats, the
    layer is residual.
    """

    spec: ClassVar[ModelSpec] = VAE_SPEC
    adamw: ClassVar[AdamW] = AdamW(beta2=0.95, weight_decay=0.05)

    def __init__(
        self,
        image_shape: ImageShape,
        hidden: tuple[int, ...],
        decoder_hidden: tuple[int, ...],
        latent_dim: int = 2,
        beta: float = 1.0,
    ) -> None:
        super().__init__(image_shape)
        self.latent_dim, self.beta = latent_dim, beta
        values = image_shape.values
        to_code = nn.Linear(hidden[-1], 2 * latent_dim)
        to_pixels = nn.Linear(decoder_hidden[-1], values)
        self.encoder = nn.Sequential(*_layers((values, *hidden)), to_code)
        self.decoder = nn.Sequential(*_layers((latent_dim, *decoder_hidden)), to_pixels)

    def encode(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """(z_mean, z_log_sigma) of the images' posteriors, each [N, latent_dim] and float32."""
        # exp() of z_log_sigma needs more than bfloat16's 8 bits.
        z_mean, raw = self.encoder(images.flatten(1)).float().chunk(2, dim=1)
        return z_mean, MOST_LOG_SIGMA * torch.tanh(raw / MOST_LOG_SIGMA)

    def decode(self, codes: Tensor) -> Tensor:
        """Logits [N, C, H, W] of the codes [N, latent_dim]."""
        return self.decoder(codes).view(-1, *self.image_shape.sizes)  # type: ignore[no-any-return]

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


class Residual(nn.Module):
    """h + GELU(Linear(LayerNorm(h))): depth that trains at high rates (arXiv:1603.05027)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.linear = nn.Linear(width, width)

    def forward(self, h: Tensor) -> Tensor:
        return h + functional.gelu(self.linear(self.norm(h)))


def _layers(widths: tuple[int, ...]) -> list[nn.Module]:
    layers: list[nn.Module] = []
    for before, after in pairwise(widths):
        layers += [Residual(after)] if before == after else [nn.Linear(before, after), nn.GELU()]
    return layers
