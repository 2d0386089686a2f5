"""A file of a person's own, read as the images of a data set are."""

from __future__ import annotations

from pathlib import Path

from aetui.config import DataOptions, ImageShape
from aetui.errors import BadInput, printable
from aetui.ml.data.compose import compose, make_rules
from aetui.ml.data.images import Pixels, silent
from aetui.ml.data.picture import Unreadable
from aetui.ml.data.reader import read_pictures
from aetui.ml.data.scales import find_scales


def read_own_picture(path: str, shape: ImageShape) -> Pixels:
    """The picture as uint8 [C, H, W] of that shape; `BadInput` where it cannot be read."""
    shown = printable(path, 80)
    if not Path(path).is_file():
        raise BadInput(f"there is no file {shown}; give the path of a picture.")
    options = DataOptions((shape.width, shape.height), shape.channels)
    (found,) = read_pictures([path], options, silent)
    if isinstance(found, Unreadable):
        raise BadInput(f"{shown} cannot be opened: {found}. Give a PNG or JPEG file, say.")
    image: Pixels = compose([found], make_rules([found], options), find_scales([found], [0]))[0]
    return image
