"""errors: how well the model reconstructs the test images, a part of them at a time."""

from __future__ import annotations

import numpy as np

from aetui.ml.answers.context import Context, Reply
from aetui.ml.codes import codes_of, reconstruction_errors
from aetui.ml.data.transforms import to_float
from aetui.protocol import Packet


def errors(context: Context, request: Packet) -> Reply:
    """first, count -> total, and errors float32 [at most count] in nats, of those test images.

    `total` is how many test images there are: 0 where the data set is not on this machine.
    """
    network = context.network(request, "plane")
    test = context.own_test_images(request)
    if test is None:
        return {"total": 0}, {"errors": np.zeros(0, np.float32)}
    first, count = request.header["first"], request.header["count"]
    part = to_float(test.images[first : first + count])
    z_mean, _ = codes_of(network, part)
    found = reconstruction_errors(network.decode(z_mean), part)
    return {"total": len(test.images)}, {"errors": found.numpy()}
