"""kNN accuracy of codes, each left out in turn."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

NEIGHBOURS: Final = (1, 5)
WIDEST_TREE: Final = 4  # latent dimensions
# 5,000 codes of 2 numbers, one core of an AMD EPYC: 5 ms in a tree, 50 ms by distances; of 8
# numbers 210 ms and 55 ms, of 128 numbers 140 ms by distances (scikit-learn: 460 ms).
ROWS: Final = 250  # codes whose distances to all others are in memory together
BLOCKS: Final = 64  # parts in which a row of distances is searched
SPARE: Final = 8  # neighbours beyond those wanted, in case rounding has put two in a wrong order


def knn_accuracies(codes: Tensor, labels: Tensor) -> dict[int, float]:
    """The share of codes whose k nearest others vote for their own label, by k of NEIGHBOURS.

    Euclidean distance, each neighbour one vote, the smallest label of a tie, as scikit-learn's
    KNeighborsClassifier has them. `codes` [N, latent_dim], `labels` int64 [N] from 0 on. Nothing
    where all labels are alike, and no k for which there are too few codes.
    """
    if len(labels) < 2 or bool((labels == labels[0]).all()):
        return {}
    wanted = [k for k in NEIGHBOURS if k < len(codes)]
    neighbours = labels[nearest_others(codes, max(wanted)).to(labels.device)]
    classes = int(labels.max()) + 1
    return {k: _share_right(neighbours[:, :k], labels, classes) for k in wanted}


def _share_right(neighbours: Tensor, labels: Tensor, classes: int) -> float:
    votes = torch.zeros(len(labels), classes)
    votes.scatter_add_(1, neighbours, torch.ones(neighbours.shape))
    return (votes.argmax(1) == labels).double().mean().item()


def nearest_others(codes: Tensor, count: int) -> Tensor:
    """The indices of the `count` nearest other codes of each code, nearest first, [N, count]."""
    if codes.shape[1] <= WIDEST_TREE and codes.device.type == "cpu":
        return _nearest_in_tree(codes, count)
    return torch.cat(list(_nearest_by_distances(codes, count)))


def _nearest_in_tree(codes: Tensor, count: int) -> Tensor:
    # Imported late: 0.4 s, which a model without a plane does not need.
    from scipy.spatial import KDTree

    points = codes.numpy().astype(np.float64)
    found = torch.from_numpy(KDTree(points).query(points, count + 1)[1])
    # Of codes that are alike, any may come first; a code is left out wherever it stands.
    itself = found == torch.arange(len(codes)).unsqueeze(1)
    itself[:, -1] |= ~itself.any(1)
    return found[~itself].view(-1, count)


def _nearest_by_distances(codes: Tensor, count: int) -> Iterator[Tensor]:
    """By distances, for ROWS codes at a time.

    The candidates lie in the blocks with the smallest minima: to find them there takes a fifth of
    the time of `topk` on whole rows. Their distances are then computed without cancellation.
    """
    codes = codes - codes.mean(0)
    total = len(codes)
    candidates = min(count + SPARE, total - 1)
    width = -(-total // BLOCKS)
    padding = (0, width * BLOCKS - total)
    squares = functional.pad(codes.square().sum(1), padding, value=torch.inf)
    others = functional.pad(codes.T, padding)
    for first in range(0, total, ROWS):
        part = codes[first : first + ROWS]
        distances = torch.addmm(squares, part, others, alpha=-2)  # less the part's own squares
        distances[:, first:].diagonal().fill_(torch.inf)  # itself
        blocks = distances.view(len(part), BLOCKS, width)
        best = blocks.amin(2).topk(min(candidates, BLOCKS), largest=False).indices
        within = blocks.gather(1, best.unsqueeze(2).expand(-1, -1, width)).flatten(1)
        at = within.topk(candidates, largest=False).indices
        indices = best.gather(1, at // width) * width + at % width
        exact = (codes[indices] - part.unsqueeze(1)).double().square().sum(2)
        nearest = exact.sort(dim=1, stable=True).indices[:, :count]
        yield indices.gather(1, nearest)
