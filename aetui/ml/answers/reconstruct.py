"""reconstruct: what a model with a latent plane makes of images that it is given."""

from __future__ import annotations

from aetui.ml.answers.context import Context, Reply, given_images, reconstructions
from aetui.protocol import Packet


def reconstruct(context: Context, request: Packet) -> Reply:
    """images uint8 [N, C, H, W] -> their reconstructions, z_mean and sigma, errors [N] in nats.

    z_mean and sigma are float32 [N, latent_dim]; a model whose codes are points gives no sigma.
    """
    network = context.network(request, "plane")
    arrays = reconstructions(network, given_images(request, network.image_shape))
    arrays["images"] = arrays.pop("reconstructions")
    return {}, arrays
