"""Stacked denoising autoencoder of convolutions."""

from __future__ import annotations

import math
from typing import ClassVar, Final

import torch
from torch import Tensor, nn

from aetui.catalog import DAE as DAE_SPEC
from aetui.catalog import TEST_SIGMA
from aetui.config import ImageShape
from aetui.ml.data.transforms import add_noise
from aetui.ml.models.base import AdamW
from aetui.ml.models.denoising import Denoising
from aetui.model_spec import ModelSpec

KERNELS: Final = (4, 4, 3)  # of the three convolutions, each of stride 2 and padding 1


class DAE(Denoising):
    """Three strided convolutions and their mirror.

    `hidden` are the channels after each convolution. There are no normalisation layers, so that
    N processes that share a batch compute what one would; `initialise` gives the first weights the
    scale that such layers would keep.
    """

    spec: ClassVar[ModelSpec] = DAE_SPEC
    adamw: ClassVar[AdamW] = AdamW(beta2=0.98, weight_decay=0.01)

    def __init__(
        self, image_shape: ImageShape, hidden: tuple[int, ...], sigma: float = TEST_SIGMA
    ) -> None:
        super().__init__(image_shape, sigma)
        channels = (image_shape.channels, *hidden)
        sizes = _sizes(image_shape)
        encoder: list[nn.Module] = []
        decoder: list[nn.Module] = []
        for layer, kernel in enumerate(KERNELS):
            outer, inner = channels[layer], channels[layer + 1]
            down = nn.Conv2d(outer, inner, kernel, stride=2, padding=1)
            padding = _output_padding(sizes[layer + 1], sizes[layer], kernel)
            up = nn.ConvTranspose2d(inner, outer, kernel, 2, 1, output_padding=padding)
            encoder += [down, nn.SiLU()]
            decoder = [up, nn.SiLU(), *decoder]
        self.encoder = nn.Sequential(*encoder)
        self.decoder = nn.Sequential(*decoder[:-1])  # logits need no activation
        self.to(memory_format=torch.channels_last)

    @torch.no_grad()
    def initialise(self, images: Tensor) -> None:
        """Draw weights so that every channel has mean 0 and deviation 1 before its activation.

        He initialisation (arXiv:1502.01852), then one pass of layer-sequential scaling on noisy
        images (Mishkin & Matas 2016, arXiv:1511.06422).
        """
        h = add_noise(images, torch.randn(images.shape), self.sigma)
        for layer in (*self.encoder, *self.decoder):
            if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
                # The last layer gives logits, which need no unit scale.
                _initialise_layer(layer, h, scaled=layer is not self.decoder[-1])
            h = layer(h)

    def encode(self, images: Tensor) -> Tensor:
        """The codes of `images`, [N, channels, height, width]; 28x28 images have 4x4 codes."""
        return self.encoder(images)  # type: ignore[no-any-return]

    def decode(self, codes: Tensor) -> Tensor:
        return self.decoder(codes)  # type: ignore[no-any-return]


def _sizes(image_shape: ImageShape) -> list[tuple[int, int]]:
    """(height, width) before the first convolution and after each."""
    sizes = [(image_shape.height, image_shape.width)]
    for kernel in KERNELS:
        height, width = sizes[-1]
        sizes.append(((height + 2 - kernel) // 2 + 1, (width + 2 - kernel) // 2 + 1))
    return sizes


def _output_padding(inner: tuple[int, int], outer: tuple[int, int], kernel: int) -> tuple[int, int]:
    """What makes a transposed convolution turn a map of `inner` size into one of `outer` size."""
    height, width = (
        wanted - ((size - 1) * 2 - 2 + kernel) for size, wanted in zip(inner, outer, strict=True)
    )
    return height, width


def _initialise_layer(layer: nn.Conv2d | nn.ConvTranspose2d, h: Tensor, *, scaled: bool) -> None:
    transposed = isinstance(layer, nn.ConvTranspose2d)
    assert layer.bias is not None
    area = layer.kernel_size[0] * layer.kernel_size[1]
    # A transposed convolution of stride 2 adds up a quarter of its kernel at each place.
    fan_in = layer.in_channels * area / (4 if transposed else 1)
    nn.init.normal_(layer.weight, std=math.sqrt(2 / fan_in))
    nn.init.zeros_(layer.bias)
    if not scaled:
        return
    out = layer(h)
    deviation, mean = out.std((0, 2, 3)), out.mean((0, 2, 3))
    # A channel that never varies, as on constant images without noise, keeps its scale.
    deviation = torch.where(deviation > 1e-3, deviation, 1.0)
    layer.weight.div_(deviation.view((1, -1, 1, 1) if transposed else (-1, 1, 1, 1)))
    layer.bias.copy_(-mean / deviation)
