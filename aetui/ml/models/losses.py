"""The terms of the losses and the scores. Images and logits have equal shapes, [N, C, H, W]."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional


def binary_cross_entropy(logits: Tensor, images: Tensor) -> Tensor:
    """The sum of -x log p - (1 - x) log(1 - p) over all pixels, in nats, float32.

    Written as softplus(logit) - x * logit, which is the same, and on a CPU much faster than
    log-sigmoid.
    """
    logits = logits.float()
    return functional.softplus(logits).sum() - torch.dot(images.flatten(), logits.flatten())


def kl_divergence(z_mean: Tensor, z_log_sigma: Tensor) -> Tensor:
    """KL(N(z_mean, exp(z_log_sigma)^2) || N(0, 1)) of each latent axis, [N, latent_dim], in nats.

    Kingma & Welling 2014 (arXiv:1312.6114), appendix B, with log sigma in place of log sigma^2.
    """
    return 0.5 * (z_mean.square() + (2 * z_log_sigma).exp() - 1) - z_log_sigma


def psnr(estimate: Tensor, images: Tensor) -> Tensor:
    """Peak signal-to-noise ratio of each image in dB, [N]: 10 log10(1 / mean squared error)."""
    error = (estimate.float() - images).square().flatten(1).mean(1)
    return -10 * error.clamp_min(1e-10).log10()
