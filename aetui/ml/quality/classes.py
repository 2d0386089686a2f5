"""How well codes separate classes that the training did not know."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray

from aetui.ml.data.images import Tell, silent
from aetui.ml.quality.neighbours import knn_accuracies
from aetui.runs.code_colours import STARTS, cluster_count, like_classes

Codes = NDArray[np.float32]  # [N, ...]
Labels = NDArray[np.int64]  # [N], from 0 on

FOLDS: Final = 5
ITERATIONS: Final = 1000  # of the linear probe's solver, at most
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


@dataclass(frozen=True)
class Stage:
    """The figures that are known after so many steps, and what is worked out next."""

    figures: ClassFigures
    done: int
    of: int
    following: str = ""  # "" at the end


def class_figures(codes: Codes, labels: Labels, tell: Tell = silent) -> ClassFigures:
    """All figures of finite `codes`; a few seconds for 5,000."""
    told = ""
    for stage in class_stages(codes, labels):
        if stage.following not in ("", told):
            told = stage.following
            tell(told)
    return stage.figures


def class_stages(codes: Codes, labels: Labels) -> Iterator[Stage]:
    """The figures of finite `codes` as they come, the last stage with all of them.

    The probe is scored on codes that it was not fitted to. There are as many clusters as classes.
    """
    points = codes.reshape(len(codes), -1)
    classes = len(np.unique(labels))
    known = ClassFigures(len(points), classes, {})
    steps = 1 + FOLDS + STARTS
    if classes >= 2:
        yield Stage(known, 0, steps, "nearest neighbours")
        known = replace(known, knn=knn_accuracies(torch.tensor(points), torch.tensor(labels)))
        scores: list[float] = []
        for score in probe_scores(points, labels):
            yield Stage(known, 1 + len(scores), steps, "a linear probe")
            scores.append(score())
        known = replace(known, linear_probe=float(np.mean(scores)) if scores else None)
        found: list[tuple[float, Labels]] = []
        for seed in range(SEED, SEED + STARTS):
            yield Stage(known, 1 + FOLDS + len(found), steps, "k-means")
            found.append(kmeans_clusters(points, classes, seed))
        _, clusters = min(found, key=lambda each: each[0])
        nmi, purity = cluster_agreement(clusters, labels)
        known = replace(known, kmeans_nmi=nmi, kmeans_purity=purity)
    yield Stage(known, steps, steps)


def probe_scores(points: Codes, labels: Labels) -> Iterator[Any]:
    """For each of FOLDS folds a call that gives the accuracy there, of codes not fitted to.

    Of logistic regression on standardised codes. No folds where a class has fewer codes than there
    are folds.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    if np.unique(labels, return_counts=True)[1].min() < FOLDS:
        return
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=SEED)
    for fitted, left_out in folds.split(points, labels):
        model: Any = make_pipeline(StandardScaler(), LogisticRegression(max_iter=ITERATIONS))

        def score(model: Any = model, fitted: Any = fitted, left_out: Any = left_out) -> float:
            model.fit(points[fitted], labels[fitted])
            return float(model.score(points[left_out], labels[left_out]))

        yield score


def kmeans_clusters(points: Codes, count: int, seed: int) -> tuple[float, Labels]:
    """One start of k-means: the sum of squared distances to the centres, each code's cluster.

    There are `count` clusters, or fewer where there are not so many different codes.
    """
    from sklearn.cluster import KMeans

    count = min(count, len(np.unique(points, axis=0)))
    found = KMeans(count, n_init=1, random_state=seed).fit(points)
    return float(found.inertia_), np.asarray(found.labels_, dtype=np.int64)


def clusters_like_classes(codes: Codes, labels: Labels, tell: Tell = silent) -> Labels:
    """The best of STARTS starts of k-means on codes [N, latent_dim], as many clusters as classes.

    Each cluster has the number of the class that it fits best.
    """
    found: list[tuple[float, Labels]] = []
    for seed in range(STARTS):
        tell(f"k-means {seed} of {STARTS}")
        found.append(kmeans_clusters(codes, cluster_count(labels), seed))
    _, clusters = min(found, key=lambda each: each[0])
    return like_classes(clusters, labels)


def cluster_agreement(clusters: Labels, labels: Labels) -> tuple[float, float]:
    """(normalised mutual information, purity) of clusters and classes."""
    from sklearn.metrics import normalized_mutual_info_score
    from sklearn.metrics.cluster import contingency_matrix

    counts = contingency_matrix(labels, clusters)
    purity = counts.max(0).sum() / counts.sum()
    return float(normalized_mutual_info_score(labels, clusters)), float(purity)
