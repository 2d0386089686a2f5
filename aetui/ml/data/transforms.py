"""What is done to images [N, C, H, W]: to floats, noise, windows, small affine changes."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional


def to_float(images: Tensor) -> Tensor:
    """uint8 images as float32 in [0, 1]."""
    return images.float().div_(255)


def add_noise(images: Tensor, noise: Tensor, sigma: float) -> Tensor:
    """`images` + `sigma` * `noise` (standard normal, of the images' shape), clipped to [0, 1]."""
    return torch.add(images, noise, alpha=sigma).clamp_(0, 1)


def gaussian_window(radius: int, sigma: float) -> Tensor:
    """The weights of the pixels at most `radius` away, float32 [2 * radius + 1]; their sum is 1."""
    weights = torch.exp(-0.5 * (torch.arange(-radius, radius + 1) / sigma).square())
    return weights / weights.sum()


def weighed(images: Tensor, window: Tensor) -> Tensor:
    """The sum below a square window with those weights both ways, of each place where it fits."""
    window = window.to(images)
    planes = images.flatten(0, 1).unsqueeze(1)
    planes = functional.conv2d(planes, window.view(1, 1, -1, 1))
    planes = functional.conv2d(planes, window.view(1, 1, 1, -1))
    return planes.view(*images.shape[:2], *planes.shape[2:])


def small_affine_changes(images: Tensor, normal: Tensor, strength: float) -> Tensor:
    """Each image turned, sheared, scaled and shifted a little, at random.

    `images` are float32; `normal` [N, 2, 3], standard normal, decides how. `strength` is the
    standard deviation of turn and shear in radians; scales and shifts, in halves of the image,
    deviate by half of it.
    """
    height, width = images.shape[2:]
    identity = torch.eye(2, 3, device=images.device)
    share = 1 - 0.5 * identity  # made on the device: a CUDA graph cannot hold a copy from the host
    share[:, 2] = 0.5
    # affine_grid measures each axis in halves of the image, which differ where it is not square.
    share[0, 1] *= height / width
    share[1, 0] *= width / height
    theta = normal * (strength * share) + identity
    grid = functional.affine_grid(theta, list(images.shape), align_corners=False)
    return functional.grid_sample(images, grid, align_corners=False).clamp_(0, 1)
