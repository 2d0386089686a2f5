"""describe: how large a data set is."""

from __future__ import annotations

from aetui.ml.answers.context import Context, Reply
from aetui.ml.data.load import load
from aetui.protocol import Packet


def describe(context: Context, request: Packet) -> Reply:
    """data -> train_images, of the data set of that name."""
    images = load(request.header["data"], context.data_dir, download=False)
    return {"train_images": len(images.train_images)}, {}
