"""The importance-weighted bound on the likelihood of images (Burda et al. 2016, arXiv:1509.00519).

With K codes z_k drawn from the posterior q(z|x) of an image x, log p(x) is at least the expectation
of log (1/K) sum_k p(x|z_k) p(z_k) / q(z_k|x). With K = 1 that is the ELBO.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor
from torch.nn import functional

from aetui.ml.data.transforms import to_float
from aetui.ml.models.variational import Variational

SAMPLES: Final = 5000  # codes an image, as in the paper
# vae-mnist on two cores: 35 us a code where 2,048 are decoded at a time, 53 us where 10,000 are.
DECODED: Final = {"cpu": 2048, "cuda": 65_536}  # codes decoded together
SEED: Final = 2


@dataclass(frozen=True)
class Bound:
    """Means over the first images, in nats; as losses, so that less is better."""

    images: int
    samples: int
    importance: float  # the importance-weighted bound
    elbo: float  # the ELBO of the same images, from the same codes


def importance_bounds(network: Variational, images: Tensor, samples: int) -> Iterator[Bound]:
    """The bound of the first images, and of more and more of them, up to all.

    `images` uint8 [N, C, H, W] on the network's device. The same codes are drawn each time. In
    float32: the rounding of bf16 adds noise to the weights, and their largest would count as good
    luck (0.12 nats too good on vae-mnist).
    """
    at_once = DECODED.get(images.device.type, DECODED["cpu"])
    generator = torch.Generator(images.device).manual_seed(SEED)
    found: list[Tensor] = []
    for part in images.split(max(1, at_once // samples)):
        with torch.inference_mode():
            found.append(_log_bounds(network, to_float(part), samples, at_once, generator))
        importance, elbo = (-torch.cat(found)).mean(0).tolist()
        yield Bound(sum(map(len, found)), samples, importance, elbo)


def _log_bounds(
    network: Variational, images: Tensor, samples: int, at_once: int, generator: torch.Generator
) -> Tensor:
    """log (1/K) sum_k w_k and (1/K) sum_k log w_k of each image, [N, 2], float64 on the CPU."""
    z_mean, z_log_sigma = (code.unsqueeze(1) for code in network.encode(images))
    targets = images.flatten(1).unsqueeze(2)
    total = torch.full((len(images),), -math.inf, dtype=torch.float64)
    elbo = torch.zeros(len(images), dtype=torch.float64)
    step = max(1, at_once // len(images))
    for first in range(0, samples, step):
        shape = (len(images), min(step, samples - first), network.latent_dim)
        epsilon = torch.randn(shape, device=images.device, generator=generator)
        z = z_mean + z_log_sigma.exp() * epsilon
        # log p(z) - log q(z|x): their constants cancel.
        weights = (0.5 * (epsilon.square() - z.square()) + z_log_sigma).sum(2)
        logits = network.decode(z.flatten(0, 1)).float().view(*shape[:2], -1)
        weights += (logits @ targets).squeeze(2) - functional.softplus(logits).sum(2)
        weights = weights.double().cpu()
        total = torch.logaddexp(total, weights.logsumexp(1))
        elbo += weights.sum(1) / samples
    return torch.stack([total - math.log(samples), elbo], dim=1)
