"""Variational autoencoder of fully connected layers."""

from __future__ import annotations

from itertools import pairwise
from typing import ClassVar

from torch import Tensor, nn
from torch.nn import functional

from aetui.catalog import VAE as VAE_SPEC
from aetui.config import ImageShape
from aetui.ml.models.base import AdamW
from aetui.ml.models.variational import Variational, posterior
from aetui.model_spec import ModelSpec


class VAE(Variational):
    """`hidden` are the encoder's widths, `decoder_hidden` the decoder's.

    Where a width repeats, the layer is residual.
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
        super().__init__(image_shape, latent_dim, beta)
        values = image_shape.values
        encoder = dense_layers((values, *hidden))
        self.encoder = nn.Sequential(*encoder, nn.Linear(hidden[-1], 2 * latent_dim))
        decoder = dense_layers((latent_dim, *decoder_hidden))
        self.decoder = nn.Sequential(*decoder, nn.Linear(decoder_hidden[-1], values))

    def encode(self, images: Tensor) -> tuple[Tensor, Tensor]:
        return posterior(self.encoder(images.flatten(1)))

    def decode(self, codes: Tensor) -> Tensor:
        """Logits [N, C, H, W] of the codes [N, latent_dim]."""
        return self.decoder(codes).view(-1, *self.image_shape.sizes)  # type: ignore[no-any-return]


class Residual(nn.Module):
    """h + GELU(Linear(LayerNorm(h))): depth that trains at high rates (arXiv:1603.05027)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.linear = nn.Linear(width, width)

    def forward(self, h: Tensor) -> Tensor:
        return h + functional.gelu(self.linear(self.norm(h)))


def dense_layers(widths: tuple[int, ...]) -> list[nn.Module]:
    """Layers from each width to the next, with their activations."""
    layers: list[nn.Module] = []
    for before, after in pairwise(widths):
        layers += [Residual(after)] if before == after else [nn.Linear(before, after), nn.GELU()]
    return layers
