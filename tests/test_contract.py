"""The Python contract: load_model, encode, decode, shapes; and the formulas behind the losses."""

from __future__ import annotations

import json
import math
import platform
import signal
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn.functional import binary_cross_entropy_with_logits

from aetui.errors import BadInput
from aetui.ml.checkpoint import load_model
from aetui.ml.data.load import add_noise, half_pixel_shift, load, to_float
from aetui.ml.evaluate import plane_axes
from aetui.ml.models.vae import DAE, VAE, kl_divergence, psnr
from aetui.ml.training.step import learning_rate
from aetui.processes.monitor import WatchedRun
from aetui.processes.trainer import signal_trainer
from aetui.runs.directory import latent_epochs, read_config
from aetui.runs.latent_map import load_latent_map
from tests.trainers import records, train_here


def test_a_loaded_vae_encodes_and_decodes(trained: Path) -> None:
    model = load_model(trained / "vae-001")
    assert isinstance(model, VAE)
    assert not model.training
    images = torch.rand(5, 1, 28, 28)
    z_mean, z_log_sigma = model.encode(images)
    assert z_mean.shape == z_log_sigma.shape == (5, 2)
    assert model.decode(z_mean).shape == images.shape


def test_a_loaded_dae_denoises(trained: Path) -> None:
    model = load_model(str(trained / "dae-001"), device="cpu")
    assert isinstance(model, DAE)
    noisy = torch.rand(3, 1, 28, 28)
    assert model(noisy).shape == noisy.shape
    assert torch.equal(model.decode(model.encode(noisy)), model(noisy))


def test_the_code_is_mean_plus_sigma_times_epsilon(trained: Path) -> None:
    model = load_model(trained / "vae-001")
    assert isinstance(model, VAE)
    images, epsilon = torch.rand(4, 1, 28, 28), torch.randn(4, 2)
    logits, z_mean, z_log_sigma = model(images, epsilon)
    torch.testing.assert_close(logits, model.decode(z_mean + z_log_sigma.exp() * epsilon))


def test_kl_is_that_of_two_normals() -> None:
    mean, log_sigma = (
        torch.randn(6, 2, dtype=torch.float64),
        torch.randn(6, 2, dtype=torch.float64) / 2,
    )
    posterior, prior = (
        torch.distributions.Normal(mean, log_sigma.exp()),
        torch.distributions.Normal(torch.zeros(()).double(), 1.0),
    )
    expected = torch.distributions.kl_divergence(posterior, prior)
    torch.testing.assert_close(kl_divergence(mean, log_sigma), expected)


def test_psnr_of_a_known_error() -> None:
    images = torch.zeros(2, 1, 28, 28)
    assert psnr(images + 0.1, images).tolist() == pytest.approx([20.0, 20.0], abs=1e-3)


def test_noise_is_clipped() -> None:
    noisy = add_noise(torch.rand(10, 1, 28, 28), torch.randn(10, 1, 28, 28), 2.0)
    assert 0 <= noisy.min() <= noisy.max() <= 1


def test_the_rate_rises_to_its_peak_and_falls_to_nothing() -> None:
    rates = [learning_rate(step, 1000, 4e-3) for step in range(1000)]
    peak = rates.index(max(rates))
    assert rates[peak] == pytest.approx(4e-3)
    assert rates[:peak] == sorted(rates[:peak])
    assert rates[peak:] == sorted(rates[peak:], reverse=True)
    assert rates[-1] < 4e-5


def test_the_plane_takes_the_two_axes_of_largest_kl() -> None:
    assert plane_axes(torch.tensor([0.1, 3.0, 0.2, 2.0])) == (1, 3)


def test_config_names_the_data_set_and_the_defaults_are_recorded(trained: Path) -> None:
    config = json.loads((trained / "vae-001" / "config.json").read_text())
    assert config["data"] == "digits"
    assert config["hyperparameters"]["epochs"] == 2
    assert config["hyperparameters"]["beta"] == 1
    assert config["precision"] in ("float32", "bf16")
    assert config["versions"]["torch"] == torch.__version__


def test_metrics_hold_what_was_promised(trained: Path) -> None:
    for run, extra in (("vae-001", {"test_reconstruction", "test_kl"}), ("dae-001", {"test_psnr"})):
        lines = [
            json.loads(line) for line in (trained / run / "metrics.jsonl").read_text().splitlines()
        ]
        steps, epochs = (
            [line for line in lines if line["kind"] == kind] for kind in ("step", "epoch")
        )
        assert len(epochs) == 2
        assert {
            "time",
            "elapsed",
            "step",
            "epoch",
            "train_loss",
            "test_loss",
            "device",
            "memory_mb",
        } | extra <= epochs[-1].keys()
        assert {"time", "elapsed", "step", "epoch", "loss", "lr", "images_per_s"} <= steps[
            -1
        ].keys()
        assert all(math.isfinite(step["loss"]) for step in steps)
        events = [line["event"] for line in lines if line["kind"] == "event"]
        assert events[-1] == "done"
        assert "started" in events
    assert {"reconstruction", "kl"} <= json.loads(
        (trained / "vae-001" / "metrics.jsonl").read_text().splitlines()[5]
    ).keys()


def test_latent_maps_after_every_epoch(trained: Path) -> None:
    run = trained / "vae-001"
    assert latent_epochs(run) == [1, 2]
    latent = load_latent_map(run, 2)
    assert latent.codes.shape == (360, 2)
    assert latent.labels.shape == (360,)
    assert latent.plane.shape[2:] == (28, 28)
    assert latent.plane.dtype == np.uint8
    left, right, bottom, top = latent.extent
    assert left < right
    assert bottom < top


@pytest.mark.parametrize("beta", [0.0, 4.0])
def test_other_betas_and_latent_dimensions(beta: float, tmp_path: Path) -> None:
    assert (
        train_here("vae", tmp_path, "--epochs", "1", "--beta", str(beta), "--latent-dim", "5") == 0
    )
    run = tmp_path / "vae-001"
    (epoch,) = records(run, "epoch")
    assert epoch["test_loss"] == pytest.approx(
        epoch["test_reconstruction"] + beta * epoch["test_kl"]
    )
    step = records(run, "step")[-1]
    assert step["loss"] == pytest.approx(step["reconstruction"] + beta * step["kl"], rel=1e-4)
    latent = load_latent_map(run, 1)
    assert latent.codes.shape == (360, 5)
    model = load_model(run)
    assert isinstance(model, VAE)
    assert model.decode(torch.zeros(3, 5)).shape == (3, 1, 28, 28)


def test_more_looks_find_better_codes_and_change_no_training(tmp_path: Path) -> None:
    for looks in ("1", "9"):
        assert train_here("vae", tmp_path, "--epochs", "2", "--looks", looks) == 0
    one, nine = load_model(tmp_path / "vae-001"), load_model(tmp_path / "vae-002")
    assert isinstance(one, VAE)
    assert isinstance(nine, VAE)
    assert all(
        torch.equal(weights, nine.state_dict()[name]) for name, weights in one.state_dict().items()
    )
    images = to_float(load("digits", None).test_images)
    with torch.inference_mode():
        pairs = [model.encode(images) for model in (one, nine)]
        first, best = (
            binary_cross_entropy_with_logits(one.decode(z_mean), images, reduction="none").sum(
                (1, 2, 3)
            )
            + kl_divergence(z_mean, z_log_sigma).sum(1)
            for z_mean, z_log_sigma in pairs
        )
    assert torch.all(best <= first + 1e-3)
    assert best.mean() < first.mean()
    before, after = (
        records(tmp_path / run, "epoch")[-1]["test_loss"] for run in ("vae-001", "vae-002")
    )
    assert after < before
    np.testing.assert_allclose(
        load_latent_map(tmp_path / "vae-002", 2).codes, pairs[1][0], rtol=2e-3, atol=2e-3
    )


def test_half_a_pixel_is_the_mean_of_two() -> None:
    images = torch.zeros(1, 1, 28, 28)
    images[0, 0, 5, 27] = 1.0
    assert half_pixel_shift(images, 0, 0).equal(images)
    left = half_pixel_shift(images, -1, 0)
    assert left[0, 0, 5, 26:].tolist() == [0.5, 0.5]
    assert half_pixel_shift(images, 1, 1).sum() == 0.5, (
        "what leaves the image does not come in on the other side"
    )


def test_a_run_says_where_it_trains_and_is_signalled_only_from_there(trained: Path) -> None:
    watch = WatchedRun(trained / "vae-001", read_config(trained / "vae-001"))
    watch.poll(None)
    assert watch.host == platform.node()
    with pytest.raises(BadInput, match="trains on elsewhere"):
        signal_trainer(watch.path, signal.SIGTERM, "elsewhere")
