"""picture: an image file of the person's, read as the images of a data set are."""

from __future__ import annotations

from pathlib import Path

from aetui.config import DataOptions
from aetui.errors import BadInput, printable
from aetui.ml.answers.context import Context, Reply, run_of
from aetui.ml.data.compose import compose, make_rules
from aetui.ml.data.images import silent
from aetui.ml.data.picture import Unreadable
from aetui.ml.data.reader import read_pictures
from aetui.ml.data.scales import find_scales
from aetui.protocol import Packet
from aetui.runs.directory import read_config


def picture(_context: Context, request: Packet) -> Reply:
    """path -> image uint8 [C, H, W], of the shape that the run takes."""
    path = request.header["path"]
    shown = printable(path, 80)
    if not Path(path).is_file():
        raise BadInput(f"there is no file {shown}; give the path of a picture.")
    shape = read_config(run_of(request)).image_shape
    options = DataOptions((shape.width, shape.height), shape.channels)
    (found,) = read_pictures([path], options, silent)
    if isinstance(found, Unreadable):
        raise BadInput(f"{shown} cannot be opened: {found}. Give a PNG or JPEG file, say.")
    images = compose([found], make_rules([found], options), find_scales([found], [0]))
    return {}, {"image": images[0]}
