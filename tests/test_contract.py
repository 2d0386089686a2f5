"""The Python contract: load_model, encode, decode, shapes; and what a run directory holds."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
import torch

from aetui.config import ImageShape
from aetui.ml.checkpoint import load_model
from aetui.ml.data.transforms import add_noise
from aetui.ml.evaluate import plane_axes
from aetui.ml.models.dae import DAE
from aetui.ml.models.losses import kl_divergence, psnr
from aetui.ml.models.vae import VAE
from aetui.ml.training.schedule import Schedule
from aetui.runs.directory import latent_epochs
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
    mean = torch.randn(6, 2, dtype=torch.float64)
    log_sigma = torch.randn(6, 2, dtype=torch.float64) / 2
    posterior = torch.distributions.Normal(mean, log_sigma.exp())
    prior = torch.distributions.Normal(torch.zeros(()).double(), 1.0)
    expected = torch.distributions.kl_divergence(posterior, prior)
    torch.testing.assert_close(kl_divergence(mean, log_sigma), expected)


def test_psnr_of_a_known_error() -> None:
    images = torch.zeros(2, 1, 28, 28)
    assert psnr(images + 0.1, images).tolist() == pytest.approx([20.0, 20.0], abs=1e-3)


def test_noise_is_clipped() -> None:
    noisy = add_noise(torch.rand(10, 1, 28, 28), torch.randn(10, 1, 28, 28), 2.0)
    assert 0 <= noisy.min() <= noisy.max() <= 1


def test_the_rate_rises_to_its_peak_and_falls_to_nothing() -> None:
    schedule = Schedule(
        images=1000, batch_size=10, epochs=10, seed=0, peaks=((0, 4e-3),), augment=0.0
    )
    rates = [schedule.learning_rate(step) for step in range(schedule.total_steps)]
    peak = rates.index(max(rates))
    assert rates[peak] == pytest.approx(4e-3)
    assert rates[:peak] == sorted(rates[:peak])
    assert rates[peak:] == sorted(rates[peak:], reverse=True)
    assert rates[-1] < 4e-5


def test_an_epoch_takes_whole_batches_of_images_in_an_order_of_its_own() -> None:
    schedule = Schedule(images=105, batch_size=10, epochs=3, seed=0, peaks=((0, 1.0),), augment=0.1)
    assert (schedule.steps_per_epoch, schedule.total_steps) == (10, 30)
    orders = [schedule.order(epoch) for epoch in range(3)]
    assert all(order.sort().values.equal(torch.arange(105)) for order in orders)
    assert not orders[0].equal(orders[1])
    assert orders[1].equal(schedule.order(1))


def test_the_plane_takes_the_two_axes_that_carry_most() -> None:
    assert plane_axes(torch.tensor([0.1, 3.0, 0.2, 2.0])) == (1, 3)


def test_config_names_the_data_set_and_the_defaults_are_recorded(trained: Path) -> None:
    config = json.loads((trained / "vae-001" / "config.json").read_text())
    assert config["format"] == 2
    assert config["data"] == "digits"
    assert config["image_shape"] == {"channels": 1, "height": 28, "width": 28}
    assert config["hyperparameters"]["epochs"] == 2
    assert config["hyperparameters"]["beta"] == 1
    assert config["precision"] == "float32"
    assert config["versions"]["torch"] == torch.__version__


STEP_KEYS = {"time", "elapsed", "step", "epoch", "loss", "lr", "images_per_s"}
EPOCH_KEYS = {"time", "elapsed", "step", "epoch", "train_loss", "test_loss", "device", "memory_mb"}


@pytest.mark.parametrize(
    ("name", "step_keys", "epoch_keys"),
    [
        ("vae-001", {"reconstruction", "kl"}, {"test_reconstruction", "test_kl"}),
        ("dae-001", set[str](), {"test_psnr"}),
    ],
)
def test_metrics_hold_what_was_promised(
    name: str, step_keys: set[str], epoch_keys: set[str], trained: Path
) -> None:
    run = trained / name
    epochs, steps = records(run, "epoch"), records(run, "step")
    assert len(epochs) == 2
    assert all(epoch.keys() >= EPOCH_KEYS | epoch_keys for epoch in epochs)
    assert all(step.keys() >= STEP_KEYS | step_keys for step in steps)
    assert all(math.isfinite(step["loss"]) for step in steps)
    names = [record["event"] for record in records(run, "event")]
    assert names[-1] == "done"
    assert "started" in names


def test_latent_maps_after_every_epoch(trained: Path) -> None:
    run = trained / "vae-001"
    assert latent_epochs(run) == [1, 2]
    latent = load_latent_map(run, 2)
    assert latent.codes.shape == (360, 2)
    assert latent.labels.shape == (360,)
    assert latent.image_shape == ImageShape(1, 28, 28)
    assert latent.plane.dtype == np.uint8
    left, right, bottom, top = latent.extent
    assert left < right
    assert bottom < top


@pytest.mark.parametrize("beta", [0.0, 4.0])
def test_other_betas_and_latent_dimensions(beta: float, tmp_path: Path) -> None:
    options = ("--epochs", "1", "--beta", str(beta), "--latent-dim", "5")
    assert train_here("vae", tmp_path, *options) == 0
    run = tmp_path / "vae-001"
    (epoch,) = records(run, "epoch")
    expected = epoch["test_reconstruction"] + beta * epoch["test_kl"]
    assert epoch["test_loss"] == pytest.approx(expected)
    step = records(run, "step")[-1]
    assert step["loss"] == pytest.approx(step["reconstruction"] + beta * step["kl"], rel=1e-4)
    latent = load_latent_map(run, 1)
    assert latent.codes.shape == (360, 5)
    model = load_model(run)
    assert isinstance(model, VAE)
    assert model.decode(torch.zeros(3, 5)).shape == (3, 1, 28, 28)
