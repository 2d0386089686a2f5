"""The two networks and their losses. Images are float32 [N, 1, 28, 28] in [0, 1]; logits have the images' shape."""

from __future__ import annotations

from itertools import pairwise
from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional

from aetui.config import SIDE, Hyperparameters, Model
from aetui.ml.data import add_noise

PIXELS: Final = SIDE * SIDE


class VAE(nn.Module):
    """Variational autoencoder (Kingma & Welling 2014, arXiv:1312.6114) of fully connected layers.

    `hidden` are the encoder's widths; the decoder mirrors them.
    """

    def __init__(self, hidden: tuple[int, ...], latent_dim: int) -> None:
        super().__init__()
        self.latent_dim = latent_dim
        self.encoder = _layers((PIXELS, *hidden, 2 * latent_dim))
        self.decoder = _layers((latent_dim, *reversed(hidden), PIXELS))

    def encode(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """(z_mean, z_log_sigma), each [N, latent_dim], of the images' posterior."""
        z_mean, z_log_sigma = self.encoder(images.flatten(1)).chunk(2, dim=1)
        return z_mean, z_log_sigma

    def decode(self, z: Tensor) -> Tensor:
        """Logits [N, 1, 28, 28] of the codes `z` [N, latent_dim]."""
        return self.decoder(z).view(-1, 1, SIDE, SIDE)  # type: ignore[no-any-return]

    def forward(self, images: Tensor, epsilon: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """(logits, z_mean, z_log_sigma), the code drawn as z_mean + exp(z_log_sigma) * epsilon."""
        z_mean, z_log_sigma = self.encode(images)
        z_mean, z_log_sigma = z_mean.float(), z_log_sigma.float()  # exp() wants more than bfloat16's 8 bits
        return self.decode(z_mean + z_log_sigma.exp() * epsilon), z_mean, z_log_sigma


def _layers(widths: tuple[int, ...]) -> nn.Sequential:
    """Linear layers of those widths with GELU between them."""
    layers: list[nn.Module] = []
    for before, after in pairwise(widths):
        layers += [nn.Linear(before, after), nn.GELU()]
    return nn.Sequential(*layers[:-1])


class DAE(nn.Module):
    """Stacked denoising autoencoder (Vincent et al. 2010, JMLR 11): three strided convolutions and their mirror.

    `channels` after each convolution; the sides go 28, 14, 7, 4.
    """

    def __init__(self, channels: tuple[int, ...]) -> None:
        super().__init__()
        a, b, c = channels
        self.encoder = nn.Sequential(
            nn.Conv2d(1, a, 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(a), nn.SiLU(),
            nn.Conv2d(a, b, 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(b), nn.SiLU(),
            nn.Conv2d(b, c, 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(c), nn.SiLU(),
        )  # fmt: skip
        self.decoder = nn.Sequential(
            nn.ConvTranspose2d(c, b, 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(b), nn.SiLU(),
            nn.ConvTranspose2d(b, a, 4, stride=2, padding=1, bias=False), nn.BatchNorm2d(a), nn.SiLU(),
            nn.ConvTranspose2d(a, 1, 4, stride=2, padding=1),
        )  # fmt: skip

    def encode(self, images: Tensor) -> Tensor:
        """The codes [N, channels[-1], 4, 4] of `images`."""
        return self.encoder(images)  # type: ignore[no-any-return]

    def decode(self, codes: Tensor) -> Tensor:
        """Logits [N, 1, 28, 28] of `codes`."""
        return self.decoder(codes)  # type: ignore[no-any-return]

    def forward(self, noisy: Tensor) -> Tensor:
        """Logits [N, 1, 28, 28] of the clean images behind `noisy`."""
        return self.decode(self.encode(noisy))


def build(model: Model, settings: Hyperparameters) -> VAE | DAE:
    """A network with fresh weights, drawn from torch's default generator."""
    return VAE(settings.hidden, settings.latent_dim) if model == "vae" else DAE(settings.hidden)


# What each model's losses are called in metrics.jsonl; the first is minimised.
LOSSES: Final[dict[Model, tuple[str, ...]]] = {"vae": ("loss", "reconstruction", "kl"), "dae": ("loss",)}


def noise_shape(model: Model, count: int, settings: Hyperparameters) -> tuple[int, ...]:
    """The shape of the standard normal noise that one step on `count` images takes."""
    return (count, settings.latent_dim) if model == "vae" else (count, 1, SIDE, SIDE)


def losses(model: Model, network: nn.Module, images: Tensor, noise: Tensor, settings: Hyperparameters) -> Tensor:
    """The losses named in LOSSES, a float32 vector: means over the images, in nats.

    vae: loss, reconstruction, kl per image; dae: binary cross-entropy per pixel.
    """
    if model == "vae":
        logits, z_mean, z_log_sigma = network(images, noise)
        reconstruction = binary_cross_entropy(logits, images).flatten(1).sum(1).mean()
        kl = kl_divergence(z_mean, z_log_sigma).sum(1).mean()
        return torch.stack([reconstruction + settings.beta * kl, reconstruction, kl])
    logits = network(add_noise(images, noise, settings.sigma))
    return binary_cross_entropy(logits, images).mean().unsqueeze(0)


def binary_cross_entropy(logits: Tensor, images: Tensor) -> Tensor:
    """-x log p - (1 - x) log(1 - p) of each pixel, in nats, float32."""
    return functional.binary_cross_entropy_with_logits(logits.float(), images, reduction="none")


def kl_divergence(z_mean: Tensor, z_log_sigma: Tensor) -> Tensor:
    """KL(N(z_mean, exp(z_log_sigma)^2) || N(0, 1)) of each latent axis, [N, latent_dim], in nats.

    Kingma & Welling 2014, appendix B, with log sigma in place of log sigma^2.
    """
    return 0.5 * (z_mean.square() + (2 * z_log_sigma).exp() - 1) - z_log_sigma


def psnr(estimate: Tensor, images: Tensor) -> Tensor:
    """Peak signal-to-noise ratio of each image in dB, [N], for a peak of 1: 10 log10(1 / mean squared error)."""
    error = (estimate.float() - images).square().flatten(1).mean(1)
    return -10 * error.clamp_min(1e-10).log10()
