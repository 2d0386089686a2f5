"""quality: how well a run's codes tell the classes apart, a step at a time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
import torch

from aetui.ml.answers.context import Context, Reply, run_of
from aetui.ml.codes import codes_of
from aetui.ml.data.dataset import TestImages
from aetui.ml.data.transforms import to_float
from aetui.ml.evaluate import MAPPED
from aetui.ml.models.base import Autoencoder
from aetui.ml.quality.classes import ClassFigures, Stage, class_stages
from aetui.protocol import Packet
from aetui.runs.directory import latent_epochs
from aetui.runs.latent_map import load_latent_map

ENCODED: Final = 250  # test images a step


def quality(context: Context, request: Packet) -> Reply:
    """`fresh` begins -> codes, classes and the figures that are known; done, of, following.

    Of the codes that the newest weights give the first MAPPED test images; of those of the newest
    map where the images are not on this machine, then `exact` is false. Each request takes one
    step, so that nothing else waits long. The figures are fractions; None is not known (yet).
    """
    network = context.network(request, "plane")
    test = context.own_test_images(request)
    work: dict[str, Iterator[Stage]] = context.once(network, "quality", dict)
    if request.header["fresh"] or "stages" not in work:
        work["stages"] = _stages_of_map(request) if test is None else _stages(network, test)
    stage = next(work["stages"], None)
    if stage is None:  # another asks for the rest of what is finished
        return {"done": 1, "of": 1, "following": "", "exact": test is not None}, {}
    header = {"done": stage.done, "of": stage.of, "following": stage.following}
    return {**header, "exact": test is not None, **_figures(stage.figures)}, {}


def _figures(figures: ClassFigures) -> dict[str, float | None]:
    return {
        "codes": figures.codes,
        "classes": figures.classes,
        **{f"knn_{k}": share for k, share in figures.knn.items()},
        "linear_probe": figures.linear_probe,
        "kmeans_nmi": figures.kmeans_nmi,
        "kmeans_purity": figures.kmeans_purity,
    }


def _stages(network: Autoencoder, test: TestImages) -> Iterator[Stage]:
    images = test.images[:MAPPED]
    labels = test.labels[: len(images)].numpy()
    parts, codes = images.split(ENCODED), []
    known = ClassFigures(len(images), len(np.unique(labels)), {})
    for number, part in enumerate(parts):
        yield Stage(known, number, len(parts), "codes")
        codes.append(codes_of(network, to_float(part))[0])
    yield from class_stages(torch.cat(codes).numpy(), labels)


def _stages_of_map(request: Packet) -> Iterator[Stage]:
    run = run_of(request)
    latent = load_latent_map(run, latent_epochs(run)[-1])
    return class_stages(latent.codes, latent.labels)
