"""refine: gradient descent on a code, towards a better reconstruction of an image."""

from __future__ import annotations

from typing import Final

import torch
from torch import Tensor

from aetui.errors import BadInput
from aetui.ml.answers.context import Context, Reply, given_images, to_uint8
from aetui.ml.codes import reconstruction_errors
from aetui.ml.models.base import Autoencoder
from aetui.protocol import Packet

HALVINGS: Final = 12  # of a step that raises the error, before the code is taken for a minimum
GROWTH: Final = 1.5  # factor to the next step after one that lowered the error


def refine(context: Context, request: Packet) -> Reply:
    """images uint8 [1, C, H, W], z [1, latent_dim], length -> z after one step, images, errors [1].

    A step follows the gradient of the error through the decoder. It is `length` long in units of z,
    or shorter where that would raise the error. The reply's `length` is for the next step: 0 at a
    minimum. The client asks for one step at a time, so that a newer image never has to wait.
    """
    network = context.network(request, "plane")
    image = given_images(request, network.image_shape)
    z = torch.from_numpy(request.arrays["z"].copy())
    if len(image) != 1 or len(z) != 1:
        raise BadInput("only one image at a time can be refined.")
    z, length = step_downhill(network, image, z, float(request.header["length"]))
    logits = network.decode(z)
    arrays = {
        "images": to_uint8(logits.sigmoid()),
        "z": z.numpy(),
        "errors": reconstruction_errors(logits, image).numpy(),
    }
    return {"length": length}, arrays


def step_downhill(
    network: Autoencoder, image: Tensor, z: Tensor, length: float
) -> tuple[Tensor, float]:
    """(the code after a step of at most `length`, the length to try next: 0 at a minimum)."""
    with torch.enable_grad():
        start = z.detach().requires_grad_()
        before = reconstruction_errors(network.decode(start), image).sum()
        (gradient,) = torch.autograd.grad(before, start)
    norm = gradient.norm()
    if not norm > 0:  # flat, or not a number
        return z, 0.0
    for _ in range(HALVINGS):
        moved = z - gradient * (length / norm)
        if reconstruction_errors(network.decode(moved), image).sum() < before:
            return moved, length * GROWTH
        length /= 2
    return z, 0.0
