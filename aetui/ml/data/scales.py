"""Which values are black and white in images of more than eight bits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

from aetui.ml.data.picture import Picture
from aetui.ml.data.values import black_and_white

Scale = tuple[float, float]
"""The values of black and white."""
FEW: Final = 5  # images that say too little of the depth of their folder
WHOLE_BYTE: Final = 255.0

Place = tuple[str, str]
"""A depth, and a folder."""
Band = tuple[str, object]
"""A depth, and the range of values within it."""


def find_scales(pictures: Sequence[Picture], folders: Sequence[str]) -> list[Scale]:
    """The scale of each of `pictures`, which lie in `folders`.

    Pictures of one kind of file share a scale, so that a dark one stays dark beside a bright one.
    Only a whole folder whose brightest value is another power of four has a scale of its own: it
    was taken with fewer bits.
    """
    places = [(picture.depth, folder) for picture, folder in zip(pictures, folders, strict=True)]
    counts = Counter(place for place in places if place[0])
    extents = _extents(pictures, places)
    bands: dict[Place, Band] = {}
    for place, count in counts.most_common():
        band = (place[0], _band(*extents[place], place[0]))
        known = [each for each in bands.values() if each[0] == place[0]]
        smaller = known and count < FEW and extents[place][1] <= _highest(known[0], bands, extents)
        bands[place] = known[0] if smaller else band
    scales = {
        band: black_and_white(
            min(extents[place][0] for place in bands if bands[place] == band),
            _highest(band, bands, extents),
            whole=_is_whole(band[0]),
        )
        for band in set(bands.values())
    }
    return [scales[bands[place]] if place[0] else (0.0, WHOLE_BYTE) for place in places]


def _extents(pictures: Sequence[Picture], places: Sequence[Place]) -> dict[Place, Scale]:
    """The lowest and the highest value of all pictures of a place."""
    extents: dict[Place, Scale] = {}
    for picture, place in zip(pictures, places, strict=True):
        low, high = extents.get(place, picture.extent)
        extents[place] = min(low, picture.extent[0]), max(high, picture.extent[1])
    return extents


def _band(low: float, high: float, depth: str) -> object:
    if low < 0:
        return "signed"
    if _is_whole(depth):
        return (int(high).bit_length() + 1) // 2
    return "unit" if high <= 1 else "byte" if high <= WHOLE_BYTE else "open"


def _highest(
    band: Band,
    bands: dict[Place, Band],
    extents: dict[Place, Scale],
) -> float:
    return max(extents[place][1] for place in bands if bands[place] == band)


def _is_whole(depth: str) -> bool:
    return not depth.split()[1].startswith("F")
