"""Which values stand for black and white in images of more than eight bits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

from aetui.ml.data.picture import Picture
from aetui.ml.data.values import black_and_white

Extent = tuple[float, float]
"""The lowest and the highest value."""
Scale = tuple[float, float]
"""The values of black and white."""
Place = tuple[str, int]
"""A depth, and a class."""
BYTE: Final = (0.0, 255.0)
APART: Final = 3.0  # times: classes whose highest values differ more have other bit depths
FEW: Final = 5  # images; fewer do not show the range of their class


def find_scales(pictures: Sequence[Picture], classes: Sequence[int]) -> list[Scale]:
    """The scale of each of `pictures`, which belong to `classes`.

    Images of one kind of file share a scale, so that a dark one stays dark beside a bright one.
    Only a class that is far darker than any other has a scale of its own, as 12 bits beside 16.
    """
    places = [(picture.depth, each) for picture, each in zip(pictures, classes, strict=True)]
    counts = Counter(places)
    extents = _extents(pictures, places)
    scales: dict[Place, Scale] = {}
    for depth in {depth for depth, _ in places if depth}:
        own = {place: extent for place, extent in extents.items() if place[0] == depth}
        whole = not depth.split()[1].startswith("F")
        for group in _groups(own, counts):
            low = min(own[place][0] for place in group)
            high = max(own[place][1] for place in group)
            scales |= dict.fromkeys(group, black_and_white(low, high, whole=whole))
    return [scales.get(place, BYTE) for place in places]


def _extents(pictures: Sequence[Picture], places: Sequence[Place]) -> dict[Place, Extent]:
    """The lowest and the highest value of all pictures of a place."""
    extents: dict[Place, Extent] = {}
    for picture, place in zip(pictures, places, strict=True):
        low, high = extents.get(place, picture.extent)
        extents[place] = min(low, picture.extent[0]), max(high, picture.extent[1])
    return extents


def _groups(extents: dict[Place, Extent], counts: Counter[Place]) -> list[list[Place]]:
    """The places that share a scale, the brightest group first."""
    if any(low < 0 for low, _ in extents.values()):
        return [[*extents]]
    groups: list[list[Place]] = []
    for place in sorted(extents, key=lambda place: extents[place][1], reverse=True):
        brighter = extents[groups[-1][-1]][1] if groups else 0.0
        if not groups or (extents[place][1] * APART < brighter and counts[place] >= FEW):
            groups.append([])
        groups[-1].append(place)
    return groups
