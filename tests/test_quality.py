"""Figures of codes and of the likelihood, against scikit-learn and against plain formulas."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.neighbors import KNeighborsClassifier
from torch import Tensor
from torch.distributions import Bernoulli, Normal

from aetui.ml.checkpoint import load_model
from aetui.ml.data.load import load
from aetui.ml.data.transforms import to_float
from aetui.ml.models.variational import Variational
from aetui.ml.quality.bound import SEED, Bound, importance_bounds
from aetui.ml.quality.classes import class_figures
from aetui.ml.quality.neighbours import knn_accuracies
from tests.trainers import records, train_here

POINT = 0.001  # a tenth of a percentage point


def reference(codes: Tensor, labels: Tensor, k: int) -> float:
    """scikit-learn's accuracy, each code left out in turn."""
    fitted = KNeighborsClassifier(k).fit(codes.numpy(), labels.numpy())
    return float((fitted.predict(None) == labels.numpy()).mean())


@pytest.mark.parametrize(
    "options", [(), ("--precision", "bf16"), ("--latent-dim", "8")], ids=["", "bf16", "8 axes"]
)
def test_every_epoch_tells_how_many_codes_lie_among_their_own(
    options: tuple[str, ...], tmp_path: Path
) -> None:
    assert train_here("vae", tmp_path, "--epochs", "2", *options) == 0
    model = load_model(tmp_path / "vae-001")
    data = load("digits", None)
    with torch.inference_mode():
        codes, _ = model.encode(to_float(data.test_images))
    first, last = records(tmp_path / "vae-001", "epoch")
    for k in (1, 5):
        assert last[f"knn_{k}"] == pytest.approx(reference(codes, data.test_labels, k), abs=POINT)
        assert 0 < first[f"knn_{k}"] <= 1


def test_a_model_without_a_plane_has_no_such_figure(trained: Path) -> None:
    assert not any("knn_1" in epoch for epoch in records(trained / "dae-001", "epoch"))


@pytest.mark.parametrize("width", [2, 4, 5, 40])
@pytest.mark.parametrize("count", [7, 300, 1500])
def test_neighbours_are_those_of_scikit_learn(width: int, count: int) -> None:
    generator = torch.Generator().manual_seed(width * count)
    labels = torch.randint(0, 5, (count,), generator=generator)
    centres = torch.randn(5, width, generator=generator)
    codes = centres[labels] * 2 + torch.randn(count, width, generator=generator) + 100
    found = knn_accuracies(codes, labels)
    assert found == {k: pytest.approx(reference(codes, labels, k)) for k in (1, 5)}


@pytest.mark.parametrize("width", [2, 9])
def test_neighbours_of_few_or_equal_codes(width: int) -> None:
    labels = torch.arange(400) % 4
    assert knn_accuracies(torch.zeros(400, width), labels)[5] < 1
    assert knn_accuracies(torch.rand(400, width), labels * 0) == {}
    assert knn_accuracies(torch.rand(1, width), labels[:1]) == {}
    assert knn_accuracies(torch.rand(3, width), labels[:3]).keys() == {1}


def test_figures_of_classes_apart_and_of_noise() -> None:
    rng = np.random.default_rng(0)
    labels = np.arange(500) % 5
    noise = rng.normal(size=(500, 3)).astype(np.float32)
    apart = class_figures(
        noise * 0.1 + np.eye(5, 3, dtype=np.float32)[labels] * labels[:, None], labels
    )
    assert apart.classes == 5
    mixed = class_figures(noise, labels)
    for figure in ("linear_probe", "kmeans_nmi", "kmeans_purity"):
        assert getattr(apart, figure) > getattr(mixed, figure) + 0.3
    assert mixed.linear_probe == pytest.approx(0.2, abs=0.1)
    assert class_figures(noise, labels * 0).linear_probe is None
    assert class_figures(noise[:6], labels[:6]).linear_probe is None


def bound_of(model: Variational, images: torch.Tensor, samples: int) -> Bound:
    """The bound of all the images."""
    labels = torch.zeros(len(images), dtype=torch.int64)
    *_, end = importance_bounds(model, images, labels, len(images), samples)
    assert end.share == 1
    assert end.bound is not None
    return end.bound


def test_the_importance_weighted_bound_is_its_formula(trained: Path) -> None:
    model = load_model(trained / "vae-001")
    assert isinstance(model, Variational)
    images = load("digits", None).test_images[:1]
    bound = bound_of(model, images, samples=50)
    epsilon = torch.randn(1, 50, 2, generator=torch.Generator().manual_seed(SEED))[0].double()
    with torch.inference_mode():
        z_mean, z_log_sigma = model.encode(to_float(images))
        posterior = Normal(z_mean.double(), z_log_sigma.double().exp())
        z = posterior.mean + posterior.stddev * epsilon
        pixels = Bernoulli(logits=model.decode(z.float()).double(), validate_args=False)
        weights = (
            pixels.log_prob(to_float(images).double()).sum((1, 2, 3))
            + Normal(0.0, 1.0).log_prob(z).sum(1)
            - posterior.log_prob(z).sum(1)
        )
    expected = -(weights.logsumexp(0).item() - math.log(50))
    assert bound.importance == pytest.approx(expected, abs=1e-3)
    assert bound.elbo == pytest.approx(-weights.mean().item(), abs=1e-3)


def test_the_bound_takes_every_image_and_is_tighter_than_the_elbo(trained: Path) -> None:
    model = load_model(trained / "vae-001")
    assert isinstance(model, Variational)
    images = load("digits", None).test_images[:40]
    last = bound_of(model, images, samples=100)
    assert (last.images, last.samples) == (40, 100)
    assert last.importance < last.elbo
    single = bound_of(model, images, samples=1)
    assert single.importance == pytest.approx(single.elbo)
