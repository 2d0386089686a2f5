"""gather: test images by their numbers, and what the model makes of the first of them."""

from __future__ import annotations

from aetui.ml.answers.context import Context, Reply, reconstructions, test_images_at
from aetui.ml.data.transforms import to_float
from aetui.protocol import Packet


def gather(context: Context, request: Packet) -> Reply:
    """numbers int64 [N], reconstructed -> total; images uint8 [N, C, H, W], labels [N].

    And what `reconstructions` gives of so many of the first as are to be `reconstructed`. `total`
    is how many test images there are: 0, and nothing else, where they are not on this machine.
    """
    network = context.network(request, "plane")
    test = context.own_test_images(request)
    if test is None:
        return {"total": 0}, {}
    numbers = request.arrays["numbers"]
    images = test_images_at(test, numbers)
    arrays = {"images": images.numpy(), "labels": test.labels.numpy()[numbers]}
    if count := request.header["reconstructed"]:
        arrays.update(reconstructions(network, to_float(images[:count])))
    return {"total": len(test.images)}, arrays
