"""The codes of images, of models with points or distributions as codes, and their errors."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional

from aetui.ml.models.base import Autoencoder


def codes_of(network: Autoencoder, images: Tensor) -> tuple[Tensor, Tensor | None]:
    """(z_mean, z_log_sigma) of the images' codes, float32; points have no sigma."""
    codes = network.encode(images)
    if isinstance(codes, Tensor):
        return codes.float(), None
    z_mean, *z_log_sigma = codes
    return z_mean.float(), z_log_sigma[0].float() if z_log_sigma else None


def reconstruction_errors(logits: Tensor, images: Tensor) -> Tensor:
    """The binary cross-entropy of each image, [N], in nats."""
    losses = functional.binary_cross_entropy_with_logits(logits.float(), images, reduction="none")
    return losses.flatten(1).sum(1)
