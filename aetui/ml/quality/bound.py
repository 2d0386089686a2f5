"""The importance-weighted bound on the likelihood of images (Burda et al. 2016, arXiv:1509.00519).

With K codes z_k drawn from the posterior q(z|x) of an image x, log p(x) is at least the expectation
of log (1/K) sum_k p(x|z_k) p(z_k) / q(z_k|x). With K = 1 that is the ELBO.

For all images that is hours of decoding. But images differ by tens of nats, and what their bound
gains by more codes by few. So all have some codes, a few images have as many as were asked for, of
every class the same share, and the mean gain of these is added (a control variate).
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

# vae-mnist on two cores: 35 us a code where 2,048 are decoded at a time, 53 us where 10,000 are.
DECODED: Final = {"cpu": 2048, "cuda": 65_536}  # codes decoded together
# Codes that every image has. What 5,000 gain on them deviates by 2.0 nats from image to image
# (120 images of vae-mnist), what they gain on the ELBO by 5.7, and the bounds themselves by 43.
QUICK_SAMPLES: Final = 64
SEED: Final = 2


@dataclass(frozen=True)
class Bound:
    """Means over the test images, in nats; as losses, so that less is better."""

    images: int  # for which `samples` codes each were drawn
    samples: int
    importance: float  # the importance-weighted bound
    elbo: float
    standard_error: float | None
    """Of `importance`, because not all images had so many codes. None where one alone had."""


@dataclass(frozen=True)
class Progress:
    """How much of the work is done, and the bound by that; None before there is one."""

    share: float
    bound: Bound | None


def importance_bounds(
    network: Variational, images: Tensor, labels: Tensor, count: int, samples: int
) -> Iterator[Progress]:
    """The bound from the first of `count` chosen images, and from more and more of them.

    `images` uint8 [N, C, H, W] on the network's device, `labels` int64 [N] on the CPU. The same
    images and codes are drawn each time. In float32 on every device: the rounding of bf16 adds
    noise to the weights, and their largest would count as good luck (0.12 nats too good on
    vae-mnist).
    """
    generator = torch.Generator(images.device).manual_seed(SEED)
    whole, quick = len(images), torch.empty(0, 2, dtype=torch.float64)
    chosen = balanced_choice(labels, count)
    few = QUICK_SAMPLES if count < whole else 0
    work = whole * few + count * samples
    for part in _bounds_of(network, images, few, generator) if few else ():
        quick = torch.cat([quick, part])
        yield Progress(len(quick) * few / work, None)
    found = torch.empty(0, 2, dtype=torch.float64)
    for part in _bounds_of(network, images[chosen.to(images.device)], samples, generator):
        found = torch.cat([found, part])
        bound = _estimate(found, quick, chosen, samples)
        yield Progress((whole * few + len(found) * samples) / work, bound)


def balanced_choice(labels: Tensor, count: int) -> Tensor:
    """The numbers of `count` images, int64, in random order: of each class the same share."""
    generator = torch.Generator().manual_seed(SEED)
    mixed = torch.randperm(len(labels), generator=generator)
    by_class = mixed[labels[mixed].argsort(stable=True)]
    places = (torch.arange(count) + 0.5) * len(labels) / count
    chosen = by_class[places.long()]
    return chosen[torch.randperm(count, generator=generator)]


def _estimate(found: Tensor, quick: Tensor, chosen: Tensor, samples: int) -> Bound:
    """The bound of all images from that `found` [n, 2] for the first n of the `chosen`.

    `quick` [N, 2] is that of all by fewer codes; it is empty where all are chosen.
    """
    count = len(found)
    if not len(quick):
        importance, elbo = (-found).mean(0).tolist()
        return Bound(count, samples, importance, elbo, _mean_error(found[:, 0], len(chosen)))
    gain = found[:, 0] - quick[chosen[:count], 0]
    importance, elbo = (-quick).mean(0).tolist()
    error = _mean_error(gain, len(quick))
    return Bound(count, samples, importance - gain.mean().item(), elbo, error)


def _mean_error(values: Tensor, whole: int) -> float | None:
    """The standard error of the mean of `values`, drawn from `whole` without replacement."""
    count = len(values)
    if count == whole:
        return 0.0
    if count < 2:
        return None
    return math.sqrt(values.var().item() / count * (1 - count / whole))


def _bounds_of(
    network: Variational, images: Tensor, samples: int, generator: torch.Generator
) -> Iterator[Tensor]:
    """`_log_bounds` of the images, some at a time."""
    at_once = DECODED.get(images.device.type, DECODED["cpu"])
    for part in images.split(max(1, at_once // samples)):
        with torch.inference_mode():
            yield _log_bounds(network, to_float(part), samples, at_once, generator)


def _log_bounds(
    network: Variational, images: Tensor, samples: int, at_once: int, generator: torch.Generator
) -> Tensor:
    """log (1/K) sum_k w_k and (1/K) sum_k log w_k of each image, [N, 2], float64 on the CPU."""
    z_mean, z_log_sigma = (code.unsqueeze(1) for code in network.encode(images))
    targets = images.flatten(1).unsqueeze(2)
    found: list[Tensor] = []
    step = max(1, at_once // len(images))
    for first in range(0, samples, step):
        shape = (len(images), min(step, samples - first), network.latent_dim)
        epsilon = torch.randn(shape, device=images.device, generator=generator)
        z = z_mean + z_log_sigma.exp() * epsilon
        # log p(z) - log q(z|x): their constants cancel.
        weights = (0.5 * (epsilon.square() - z.square()) + z_log_sigma).sum(2)
        logits = network.decode(z.flatten(0, 1)).float().view(*shape[:2], -1)
        weights += (logits @ targets).squeeze(2) - functional.softplus(logits).sum(2)
        found.append(weights.double().cpu())
    weights = torch.cat(found, dim=1)
    importance = weights.logsumexp(1) - math.log(samples)
    return torch.stack([importance, weights.mean(1)], dim=1)
