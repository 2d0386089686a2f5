"""clean: given images denoised, without adding noise to them."""

from __future__ import annotations

from aetui.ml.answers.context import Context, Reply, given_images, to_uint8
from aetui.protocol import Packet


def clean(context: Context, request: Packet) -> Reply:
    """images uint8 [N, C, H, W] -> images of the same shape, denoised."""
    network = context.network(request, "denoise")
    images = given_images(request, network.image_shape)
    return {}, {"images": to_uint8(network(images).sigmoid())}
