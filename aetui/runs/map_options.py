"""What a map of codes can show, on the screen and on paper."""

from __future__ import annotations

from typing import Final, Literal

ColourBy = Literal["label", "cluster", "error", "density"]
COLOURED_BY: Final[tuple[ColourBy, ...]] = ("label", "cluster", "error", "density")
Layer = Literal["decisions", "thumbnails"]
LAYERS: Final[tuple[Layer, ...]] = ("decisions", "thumbnails")
