"""The kinds of noise of `aetui.noise`, put on images. Images are float32 [N, C, H, W] in [0, 1].

What is drawn at random does not depend on the strength.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Final

import torch
from torch import Tensor
from torch.nn import functional

from aetui.ml.data.transforms import add_noise, gaussian_window, weighed
from aetui.noise import BLOCKS, BLUR, GAUSSIAN, SALT_AND_PEPPER, NoiseKind

BLOCKS_A_SIDE: Final = 7  # of the longer side: 4x4 pixels each in images of 28x28
REACH: Final = 4.0  # standard deviations at which the kernel of a blur is cut off


def draw_noise(kind: NoiseKind, shape: torch.Size, generator: torch.Generator) -> Tensor:
    """The random numbers for images of `shape`, one row each."""
    count, _, height, width = shape
    match kind.name:
        case GAUSSIAN.name:
            return torch.randn(shape, generator=generator)
        case SALT_AND_PEPPER.name:
            return torch.rand((count, 1, height, width), generator=generator)
        case BLOCKS.name:
            side = _block_side(height, width)
            grid = math.ceil(height / side), math.ceil(width / side)
            return torch.rand((count, 1, *grid), generator=generator)
        case _:
            return torch.empty((count, 0))


def put_noise(images: Tensor, drawn: Tensor, kind: NoiseKind, strength: float) -> Tensor:
    """`images` with noise, in [0, 1]; `drawn` is what `draw_noise` gave for them."""
    return _NOISES[kind.name](images, drawn, strength)


def _salt_and_pepper(images: Tensor, drawn: Tensor, share: float) -> Tensor:
    """Half of the `share` of pixels black, half white, in all channels."""
    peppered = torch.where(drawn < share / 2, 0.0, images)
    return torch.where(drawn > 1 - share / 2, 1.0, peppered)


def _leave_out_blocks(images: Tensor, drawn: Tensor, share: float) -> Tensor:
    """A `share` of the blocks of a regular grid black: those for which the least was drawn."""
    height, width = images.shape[2:]
    ranks = drawn.flatten(1).argsort(1).argsort(1)
    left_out = (ranks < round(share * ranks.shape[1])).view(drawn.shape)
    side = _block_side(height, width)
    pixels = left_out.repeat_interleave(side, 2).repeat_interleave(side, 3)
    return images.masked_fill(pixels[:, :, :height, :width], 0.0)


def _block_side(height: int, width: int) -> int:
    return max(1, round(max(height, width) / BLOCKS_A_SIDE))


def _blur(images: Tensor, _: Tensor, sigma: float) -> Tensor:
    """Convolved with a Gaussian; the border's pixels stand for what lies beyond it."""
    radius = math.ceil(REACH * sigma)
    if not radius:
        return images
    padded = functional.pad(images, [radius] * 4, mode="replicate")
    return weighed(padded, gaussian_window(radius, sigma)).clamp_(0, 1)


_NOISES: Final[Mapping[str, Callable[[Tensor, Tensor, float], Tensor]]] = {
    GAUSSIAN.name: add_noise,
    SALT_AND_PEPPER.name: _salt_and_pepper,
    BLOCKS.name: _leave_out_blocks,
    BLUR.name: _blur,
}
