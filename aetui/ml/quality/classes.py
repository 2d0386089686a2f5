"""How well codes separate classes that the training did not know."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray

from aetui.ml.data.images import Tell, silent
from aetui.ml.quality.neighbours import knn_accuracies

Codes = NDArray[np.float32]  # [N, ...]
Labels = NDArray[np.int64]  # [N], from 0 on

FOLDS: Final = 5
ITERATIONS: Final = 1000  # of the linear probe's solver, at most
STARTS: Final = 10  # of k-means; the best counts
SEED: Final = 0


@dataclass(frozen=True)
class ClassFigures:
    """Fractions; None where the labels do not allow the figure."""

    codes: int
    classes: int
    knn: Mapping[int, float]  # by k
    linear_probe: float | None = None  # accuracy
    kmeans_nmi: float | None = None  # normalised mutual information of clusters and classes
    kmeans_purity: float | None = None  # share of codes that are of their cluster's commonest class


def class_figures(codes: Codes, labels: Labels, tell: Tell = silent) -> ClassFigures:
    """All figures of finite `codes`; a few seconds for 5,000.

    The probe is scored on codes that it was not fitted to. There are as many clusters as classes.
    """
    points = codes.reshape(len(codes), -1)
    classes = len(np.unique(labels))
    if classes < 2:
        return ClassFigures(len(points), classes, {})
    tell("nearest neighbours")
    knn = knn_accuracies(torch.tensor(points), torch.tensor(labels))
    tell("a linear probe")
    probe = linear_probe_accuracy(points, labels)
    tell("k-means")
    clusters = kmeans_clusters(points, classes)
    nmi, purity = cluster_agreement(clusters, labels)
    return ClassFigures(len(points), classes, knn, probe, nmi, purity)


def linear_probe_accuracy(points: Codes, labels: Labels) -> float | None:
    """The accuracy of logistic regression on standardised codes, FOLDS-fold cross-validated.

    None where a class has fewer codes than there are folds.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold, cross_val_score
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    if np.unique(labels, return_counts=True)[1].min() < FOLDS:
        return None
    model: Any = make_pipeline(StandardScaler(), LogisticRegression(max_iter=ITERATIONS))
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=SEED)
    return float(cross_val_score(model, points, labels, cv=folds).mean())


def kmeans_clusters(points: Codes, count: int) -> Labels:
    """The cluster of each code, of `count`; fewer where there are not so many different codes."""
    from sklearn.cluster import KMeans

    count = min(count, len(np.unique(points, axis=0)))
    found = KMeans(count, n_init=STARTS, random_state=SEED).fit_predict(points)
    return np.asarray(found, dtype=np.int64)


def cluster_agreement(clusters: Labels, labels: Labels) -> tuple[float, float]:
    """(normalised mutual information, purity) of clusters and classes."""
    from sklearn.metrics import normalized_mutual_info_score
    from sklearn.metrics.cluster import contingency_matrix

    counts = contingency_matrix(labels, clusters)
    purity = counts.max(0).sum() / counts.sum()
    return float(normalized_mutual_info_score(labels, clusters)), float(purity)
