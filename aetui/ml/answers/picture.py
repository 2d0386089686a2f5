"""picture: an image file of the person's, read as the images of a data set are."""

from __future__ import annotations

from aetui.ml.answers.context import Context, Reply, run_of
from aetui.ml.data.own_picture import read_own_picture
from aetui.protocol import Packet
from aetui.runs.directory import read_config


def picture(_context: Context, request: Packet) -> Reply:
    """path -> image uint8 [C, H, W], of the shape that the run takes."""
    shape = read_config(run_of(request)).image_shape
    return {}, {"image": read_own_picture(request.header["path"], shape)}
