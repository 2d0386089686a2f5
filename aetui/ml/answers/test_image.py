"""test_image: one image of the run's data set, or of the built-in digits in its place."""

from __future__ import annotations

from aetui.ml.answers.context import Context, Reply
from aetui.protocol import Packet


def test_image(context: Context, request: Packet) -> Reply:
    """number_in_set -> image uint8 [C, H, W], number_in_set modulo the set's size, label, note."""
    test, note = context.test_images(request)
    number = request.header["number_in_set"] % len(test.images)
    header = {
        "number_in_set": number,
        "label": int(test.labels[number]),
        "note": note,
    }
    return header, {"image": test.images[number].numpy()}
