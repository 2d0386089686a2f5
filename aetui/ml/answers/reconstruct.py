"""reconstruct: what a model with a latent plane makes of images that it is given."""

from __future__ import annotations

from aetui.ml.answers.context import Context, Reply, given_images, to_uint8
from aetui.ml.codes import codes_of, reconstruction_errors
from aetui.protocol import Packet


def reconstruct(context: Context, request: Packet) -> Reply:
    """images uint8 [N, C, H, W] -> their reconstructions, z_mean and sigma, errors [N] in nats.

    z_mean and sigma are float32 [N, latent_dim]; a model whose codes are points gives no sigma.
    """
    network = context.network(request, "plane")
    images = given_images(request, network.image_shape)
    z_mean, z_log_sigma = codes_of(network, images)
    logits = network.decode(z_mean)
    arrays = {
        "images": to_uint8(logits.sigmoid()),
        "z_mean": z_mean.numpy(),
        "errors": reconstruction_errors(logits, images).numpy(),
    }
    if z_log_sigma is not None:
        arrays["sigma"] = z_log_sigma.exp().numpy()
    return {}, arrays
