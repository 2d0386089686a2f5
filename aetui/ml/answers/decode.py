"""decode: the images of codes."""

from __future__ import annotations

import torch

from aetui.errors import BadInput, printable
from aetui.ml.answers.context import Context, Reply, to_uint8
from aetui.protocol import Packet


def decode(context: Context, request: Packet) -> Reply:
    """z float32 [N, latent_dim] -> images uint8 [N, C, H, W]."""
    network = context.network(request, "plane")
    z = torch.from_numpy(request.arrays["z"].copy())
    try:
        return {}, {"images": to_uint8(network.decode(z).sigmoid())}
    except RuntimeError as error:
        reason = printable(str(error))
        raise BadInput(
            f"a code of {z.shape[1]} numbers does not fit this run ({reason})."
        ) from None
