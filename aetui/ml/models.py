"""The two networks and their losses. Images are float32 [N, 1, 28, 28] in [0, 1]; logits have the images' shape."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional

from aetui.config import SIDE, Hyperparameters, Model
from aetui.ml.data import add_noise, half_pixel_shift

PIXELS: Final = SIDE * SIDE
BOUND: Final = 5.0  # of |z_log_sigma|: an unlikely image must not blow up a whole batch
SHIFTS: Final = ((0, 0), (-1, 0), (1, 0), (0, -1), (0, 1), (-1, -1), (1, -1), (-1, 1), (1, 1))  # (right, down), in half pixels


class VAE(nn.Module):
    """Variational autoencoder (Kingma & Welling 2014, arXiv:1312.6114) of fully connected layers.

    `hidden` are the encoder's widths, `decoder_hidden` the decoder's; where a width repeats, the layer is residual.

    An encoder answers worse for images it was not trained on (the amortization gap: Cremer et al. 2018, arXiv:1801.03558),
    above all where the latent plane folds, and there a small shift moves the answer. So in eval mode the encoder may take
    several `looks` at an image, each shifted by half a pixel, and keep the answer that explains the image best.
    """

    def __init__(
        self, hidden: tuple[int, ...], decoder_hidden: tuple[int, ...], latent_dim: int, looks: int = 1, beta: float = 1.0
    ) -> None:
        super().__init__()
        self.latent_dim, self.looks, self.beta = latent_dim, looks, beta
        self.encoder = nn.Sequential(*_layers((PIXELS, *hidden)), nn.Linear(hidden[-1], 2 * latent_dim))
        self.decoder = nn.Sequential(*_layers((latent_dim, *decoder_hidden)), nn.Linear(decoder_hidden[-1], PIXELS))

    def encode(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """(z_mean, z_log_sigma), each [N, latent_dim] and float32, of the images' posterior; in eval mode the best of `looks`."""
        if self.training or self.looks == 1:
            return self._look(images)
        answers = [self._look(half_pixel_shift(images, *shift)) for shift in SHIFTS[: self.looks]]
        costs = torch.stack([self._cost_at_mean(images, z_mean, z_log_sigma) for z_mean, z_log_sigma in answers])
        best = costs.argmin(0).view(1, -1, 1).expand(1, -1, self.latent_dim)
        z_mean, z_log_sigma = (torch.stack(part).gather(0, best)[0] for part in zip(*answers, strict=True))
        return z_mean, z_log_sigma

    def _cost_at_mean(self, images: Tensor, z_mean: Tensor, z_log_sigma: Tensor) -> Tensor:
        """What each image would cost with z = z_mean, [N], in nats."""
        logits = self.decode(z_mean).float()
        reconstruction = (functional.softplus(logits) - images * logits).sum((1, 2, 3))
        return reconstruction + self.beta * kl_divergence(z_mean, z_log_sigma).sum(1)

    def _look(self, images: Tensor) -> tuple[Tensor, Tensor]:
        # exp() of z_log_sigma wants more than bfloat16's 8 bits.
        z_mean, raw = self.encoder(images.flatten(1)).float().chunk(2, dim=1)
        return z_mean, BOUND * torch.tanh(raw / BOUND)

    def decode(self, z: Tensor) -> Tensor:
        """Logits [N, 1, 28, 28] of the codes `z` [N, latent_dim]."""
        return self.decoder(z).view(-1, 1, SIDE, SIDE)  # type: ignore[no-any-return]

    def forward(self, images: Tensor, epsilon: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """(logits, z_mean, z_log_sigma), the code drawn as z_mean + exp(z_log_sigma) * epsilon."""
        z_mean, z_log_sigma = self.encode(images)
        return self.decode(z_mean + z_log_sigma.exp() * epsilon), z_mean, z_log_sigma


class Residual(nn.Module):
    """h + GELU(Linear(LayerNorm(h))): depth that trains at high rates (He et al. 2016, arXiv:1603.05027)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.linear = nn.Linear(width, width)

    def forward(self, h: Tensor) -> Tensor:
        """[N, width] to [N, width]."""
        return h + functional.gelu(self.linear(self.norm(h)))


def _layers(widths: tuple[int, ...]) -> list[nn.Module]:
    layers: list[nn.Module] = []
    for before, after in pairwise(widths):
        layers += [Residual(after)] if before == after else [nn.Linear(before, after), nn.GELU()]
    return layers


class DAE(nn.Module):
    """Stacked denoising autoencoder (Vincent et al. 2010, JMLR 11): three strided convolutions and their mirror.

    `channels` after each convolution; the sides go 28, 14, 7, 4. Without normalisation layers, so that N processes that
    share a batch compute what one would; `calibrate` gives the first weights the scale that such layers would keep.
    """

    def __init__(self, channels: tuple[int, ...]) -> None:
        super().__init__()
        a, b, c = channels
        self.encoder = nn.Sequential(
            nn.Conv2d(1, a, 4, stride=2, padding=1), nn.SiLU(),
            nn.Conv2d(a, b, 4, stride=2, padding=1), nn.SiLU(),
            nn.Conv2d(b, c, 3, stride=2, padding=1), nn.SiLU(),
        )  # fmt: skip
        self.decoder = nn.Sequential(
            nn.ConvTranspose2d(c, b, 3, stride=2, padding=1), nn.SiLU(),
            nn.ConvTranspose2d(b, a, 4, stride=2, padding=1), nn.SiLU(),
            nn.ConvTranspose2d(a, 1, 4, stride=2, padding=1),
        )  # fmt: skip
        self.to(memory_format=torch.channels_last)

    @torch.no_grad()
    def calibrate(self, noisy: Tensor) -> None:
        """Draw weights so that on `noisy` [N, 1, 28, 28] every channel has mean 0 and deviation 1 before its activation.

        He initialisation (arXiv:1502.01852), then one pass of layer-sequential scaling (Mishkin & Matas 2016, arXiv:1511.06422).
        """
        h = noisy
        for layer in (*self.encoder, *self.decoder):
            if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
                _calibrate_layer(layer, h)
            h = layer(h)

    def encode(self, images: Tensor) -> Tensor:
        """The codes [N, channels[-1], 4, 4] of `images`."""
        return self.encoder(images)  # type: ignore[no-any-return]

    def decode(self, codes: Tensor) -> Tensor:
        """Logits [N, 1, 28, 28] of `codes`."""
        return self.decoder(codes)  # type: ignore[no-any-return]

    def forward(self, noisy: Tensor) -> Tensor:
        """Logits [N, 1, 28, 28] of the clean images behind `noisy`."""
        return self.decode(self.encode(noisy))


def _calibrate_layer(layer: nn.Conv2d | nn.ConvTranspose2d, h: Tensor) -> None:
    transposed = isinstance(layer, nn.ConvTranspose2d)
    assert layer.bias is not None
    area = layer.kernel_size[0] * layer.kernel_size[1]
    # A transposed convolution of stride 2 adds up a quarter of its kernel at each place.
    fan_in = layer.in_channels * area / (4 if transposed else 1)
    nn.init.normal_(layer.weight, std=math.sqrt(2 / fan_in))
    nn.init.zeros_(layer.bias)
    if layer.out_channels == 1:
        return  # the logits need no unit scale
    out = layer(h)
    deviation, mean = out.std((0, 2, 3)), out.mean((0, 2, 3))
    layer.weight.div_(deviation.view((1, -1, 1, 1) if transposed else (-1, 1, 1, 1)))
    layer.bias.copy_(-mean / deviation)


def build(model: Model, settings: Hyperparameters) -> VAE | DAE:
    """A network with fresh weights, drawn from torch's default generator."""
    if model == "dae":
        return DAE(settings.hidden)
    return VAE(settings.hidden, settings.decoder_hidden, settings.latent_dim, settings.looks, settings.beta)


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
        reconstruction = binary_cross_entropy(logits, images) / len(images)
        kl = kl_divergence(z_mean, z_log_sigma).sum() / len(images)
        return torch.stack([reconstruction + settings.beta * kl, reconstruction, kl])
    logits = network(add_noise(images, noise, settings.sigma))
    return (binary_cross_entropy(logits, images) / images.numel()).unsqueeze(0)


def binary_cross_entropy(logits: Tensor, images: Tensor) -> Tensor:
    """The sum of -x log p - (1 - x) log(1 - p) over all pixels, in nats, float32.

    Written as softplus(logit) - x * logit, which is the same, and on a CPU much faster than log-sigmoid.
    """
    logits = logits.float()
    return functional.softplus(logits).sum() - torch.dot(images.flatten(), logits.flatten())


def kl_divergence(z_mean: Tensor, z_log_sigma: Tensor) -> Tensor:
    """KL(N(z_mean, exp(z_log_sigma)^2) || N(0, 1)) of each latent axis, [N, latent_dim], in nats.

    Kingma & Welling 2014, appendix B, with log sigma in place of log sigma^2.
    """
    return 0.5 * (z_mean.square() + (2 * z_log_sigma).exp() - 1) - z_log_sigma


def psnr(estimate: Tensor, images: Tensor) -> Tensor:
    """Peak signal-to-noise ratio of each image in dB, [N], for a peak of 1: 10 log10(1 / mean squared error)."""
    error = (estimate.float() - images).square().flatten(1).mean(1)
    return -10 * error.clamp_min(1e-10).log10()
