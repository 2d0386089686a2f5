"""explain: a test image, what the model makes of it, and others beside it."""

from __future__ import annotations

from aetui.ml.answers.context import Context, Reply, reconstructions, test_images_at
from aetui.ml.data.transforms import to_float
from aetui.protocol import Packet


def explain(context: Context, request: Packet) -> Reply:
    """numbers int64 [N] -> total, label of the first; images uint8 [N, C, H, W] of all.

    And of the first its reconstruction, z_mean, sigma and error, as `reconstructions` gives them.
    `total` is how many test images there are: 0, and nothing else, where they are not here.
    """
    network = context.network(request, "plane")
    test = context.own_test_images(request)
    if test is None:
        return {"total": 0}, {}
    numbers = request.arrays["numbers"]
    images = test_images_at(test, numbers)
    arrays = reconstructions(network, to_float(images[:1]))
    header = {"total": len(test.images), "label": int(test.labels[numbers[0]])}
    return header, {"images": images.numpy(), **arrays}
