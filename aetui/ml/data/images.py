"""What a data source returns, in numpy, and the choices that all sources share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
Labels = NDArray[np.int64]
Tell = Callable[[str], None]
"""Is called with a sentence for the person who waits: progress, or what was done instead."""

TEST_SHARE: Final = 6  # one in six images of a class is kept for testing
SEED: Final = 0


class DataUnavailable(Exception):
    """The data set is not here and cannot be fetched; the message says why."""


@dataclass(frozen=True)
class ImageSet:
    """Images as a source found them: uint8 [N, C, H, W], labels int64 [N]."""

    train: Pixels
    test: Pixels
    test_labels: Labels
    classes: tuple[str, ...]
    note: str = ""


def silent(text: str) -> None:
    """A `Tell` that does nothing."""


def split_off_test(labels: Labels) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """(train, test): indices of images, of each class one in TEST_SHARE for testing.

    Drawn at random, the same every time, and the same for a class whatever else is in the set.
    Where no class has enough for both, the same images are in both, so that a few images can be
    trained on as well.
    """
    train: list[NDArray[np.intp]] = []
    test: list[NDArray[np.intp]] = []
    for label in np.unique(labels):
        members = np.flatnonzero(labels == label)
        drawn = np.random.default_rng(SEED).permutation(members)
        kept = -(-len(drawn) // TEST_SHARE)
        test.append(drawn[:kept])
        train.append(drawn[kept:])
    if not sum(map(len, train)):
        train = test
    return np.sort(np.concatenate(train)), np.sort(np.concatenate(test))


def balanced_order(labels: Labels) -> NDArray[np.intp]:
    """An order in which the first N images hold each class about equally often, for any N.

    Otherwise the order is random, the same every time.
    """
    rng = np.random.default_rng(SEED)
    shuffled = rng.permutation(len(labels))
    by_class = shuffled[np.argsort(labels[shuffled], kind="stable")]
    _, first, counts = np.unique(labels[by_class], return_index=True, return_counts=True)
    turn = np.arange(len(labels)) - np.repeat(first, counts)  # 0 for the first of each class
    return by_class[np.lexsort((rng.random(len(labels)), turn))]


def draw_balanced(labels: Labels, count: int, seed: int) -> NDArray[np.intp]:
    """`count` indices drawn at random, with each class about equally often."""
    rng = np.random.default_rng(seed)
    shuffled = rng.permutation(len(labels))
    order = shuffled[balanced_order(labels[shuffled])][:count]
    return rng.permutation(order)
