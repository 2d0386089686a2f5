"""The runs that come with aetui, and the wheel that carries them."""

from __future__ import annotations

import re
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch

from aetui.cli.main import main
from aetui.ml.checkpoint import load_model
from aetui.ml.data.load import add_noise, load, to_float
from aetui.ml.models.vae import DAE, VAE, binary_cross_entropy, kl_divergence, psnr
from aetui.runs.directory import latent_epochs, read_config, shipped_runs
from aetui.runs.latent_map import load_latent_map
from tests.conftest import ROOT
from tests.trainers import records

SHIPPED = ROOT / "checkpoints"


def test_they_lie_where_a_launch_looks() -> None:
    assert shipped_runs() == SHIPPED
    assert {"vae-mnist", "dae-mnist"} <= {path.name for path in SHIPPED.iterdir()}


@pytest.mark.parametrize("name", ["vae-mnist", "dae-mnist"])
def test_weights_only_and_a_card(name: str) -> None:
    payload = torch.load(SHIPPED / name / "checkpoint.pt", weights_only=True)
    assert "optimizer" not in payload
    card = read_config(SHIPPED / name).card
    for said in ("mnist", "seed", "aetui train", "2026"):
        assert said in card


def test_they_are_small() -> None:
    files = [
        path
        for name in ("vae-mnist", "dae-mnist")
        for path in (SHIPPED / name).rglob("*")
        if path.is_file()
    ]
    assert sum(path.stat().st_size for path in files) < 10_000_000


def test_the_film_has_several_frames() -> None:
    assert len(latent_epochs(SHIPPED / "vae-mnist")) >= 5


@pytest.mark.parametrize("arguments", [["--resume", "vae-mnist"], ["--name", "vae-mnist"]])
def test_no_training_writes_to_them(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    before = (SHIPPED / "vae-mnist" / "checkpoint.pt").stat().st_mtime_ns
    assert (
        main(
            [
                "train",
                "vae",
                "--runs",
                str(SHIPPED),
                "--data",
                "digits",
                "--epochs",
                "1",
                *arguments,
            ]
        )
        == 2
    )
    assert "vae-mnist" in capsys.readouterr().err
    assert (SHIPPED / "vae-mnist" / "checkpoint.pt").stat().st_mtime_ns == before


@torch.inference_mode()
def test_the_shipped_vae_is_as_good_as_its_card_says(mnist_dir: Path) -> None:
    network = load_model(SHIPPED / "vae-mnist")
    assert isinstance(network, VAE)
    images = to_float(load("mnist", mnist_dir).test_images)
    epsilon = torch.randn(len(images), 2, generator=torch.Generator().manual_seed(5))
    logits, z_mean, z_log_sigma = network(images, epsilon)
    loss = float(
        (binary_cross_entropy(logits, images) + kl_divergence(z_mean, z_log_sigma).sum())
        / len(images)
    )
    told = re.search(r"([\d.]+) nats,", read_config(SHIPPED / "vae-mnist").card)
    assert told
    assert loss == pytest.approx(float(told[1]), abs=0.5)


@torch.inference_mode()
def test_the_shipped_dae_is_as_good_as_its_card_says(mnist_dir: Path) -> None:
    network = load_model(SHIPPED / "dae-mnist")
    assert isinstance(network, DAE)
    images = to_float(load("mnist", mnist_dir).test_images[:2000])
    noisy = add_noise(
        images, torch.randn(images.shape, generator=torch.Generator().manual_seed(5)), 0.5
    )
    told = re.search(r"([\d.]+) dB", read_config(SHIPPED / "dae-mnist").card)
    assert told
    assert float(psnr(network(noisy).sigmoid(), images).mean()) == pytest.approx(
        float(told[1]), abs=0.5
    )


def test_export_leaves_out_the_optimizer_and_writes_a_card(
    trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "shared" / "mine"
    assert main(["export", "vae-001", str(target), "--runs", str(trained)]) == 0
    assert "vae trained on digits" in capsys.readouterr().out
    assert torch.load(target / "checkpoint.pt", weights_only=True).keys() == {
        "format",
        "weights",
        "step",
    }
    assert isinstance(load_model(target), VAE)
    assert latent_epochs(target) == [1, 2]
    assert main(["export", "vae-001", str(target), "--runs", str(trained)]) == 2


def test_export_with_more_looks_scores_anew(
    trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target, run = tmp_path / "better", trained / "vae-001"
    assert main(["export", "vae-001", str(target), "--runs", str(trained), "--looks", "9"]) == 0
    (*_, before), (*earlier, after) = records(run, "epoch"), records(target, "epoch")
    assert after["test_loss"] < before["test_loss"]
    assert earlier == records(run, "epoch")[:-1]
    card = capsys.readouterr().out
    assert f"{after['test_loss']:.3f} nats" in card
    assert (
        f"Exported with --looks 9; in training it had 1, and {before['test_loss']:.3f} nats."
        in card
    )
    network, images = load_model(target), to_float(load("digits", None).test_images)
    assert isinstance(network, VAE)
    assert network.looks == 9
    with torch.inference_mode():
        np.testing.assert_allclose(
            load_latent_map(target, 2).codes, network.encode(images)[0], rtol=1e-2, atol=1e-2
        )
    assert (
        main(["export", "dae-001", str(tmp_path / "none"), "--runs", str(trained), "--looks", "9"])
        == 2
    )
    assert "is no vae" in capsys.readouterr().err
    assert not (tmp_path / "none").exists()


def test_the_wheel_holds_stylesheet_and_shipped_runs(tmp_path: Path) -> None:
    built = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stdout + built.stderr
    names = zipfile.ZipFile(next(tmp_path.glob("*.whl"))).namelist()
    for name in (
        "aetui/tui/app.tcss",
        "aetui/shipped/vae-mnist/checkpoint.pt",
        "aetui/shipped/dae-mnist/config.json",
    ):
        assert name in names
    assert not [name for name in names if "ubyte" in name or name.startswith("tests")]
