"""What the colours of codes say where it is not their class: clusters, or values on a scale."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Labels = NDArray[np.int64]

STARTS: Final = 10  # of k-means; the best counts
FEWEST_CLUSTERS: Final = 2
EXTREMES: Final = (0.02, 0.98)  # quantiles at the ends of a scale of values


def cluster_count(labels: Labels) -> int:
    """As many clusters as classes."""
    return max(FEWEST_CLUSTERS, len(np.unique(labels)))


def like_classes(clusters: Labels, labels: Labels) -> Labels:
    """`clusters` with the number of the class that each fits best, so far as it is still free."""
    count = max(int(clusters.max()), int(labels.max())) + 1
    shared = np.zeros((count, count), np.int64)
    np.add.at(shared, (clusters, labels), 1)
    names = np.full(count, -1)
    for place in np.argsort(-shared, axis=None, kind="stable"):
        cluster, label = divmod(int(place), count)
        if names[cluster] < 0 and label not in names:
            names[cluster] = label
    return np.asarray(names[clusters], np.int64)


def scale_ends(values: NDArray[Any]) -> tuple[float, float]:
    """The ends of a scale of `values`, beyond which a few lie."""
    low, high = np.quantile(values, EXTREMES).tolist()
    return low, high
