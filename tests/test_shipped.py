"""The runs that come with aetui, how a run is exported, and the wheel that carries them."""

from __future__ import annotations

import json
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
from aetui.ml.data.load import load
from aetui.ml.data.transforms import add_noise, to_float
from aetui.ml.models.dae import DAE
from aetui.ml.models.losses import binary_cross_entropy, kl_divergence, psnr
from aetui.ml.models.vae import VAE
from aetui.runs.directory import latent_epochs, read_config, shipped_runs
from aetui.runs.latent_map import load_latent_map
from tests.conftest import ROOT
from tests.trainers import records, train_here

SHIPPED = ROOT / "checkpoints"
NAMES = ("vae-mnist", "dae-mnist")


def test_they_lie_where_a_launch_looks() -> None:
    assert shipped_runs() == SHIPPED
    assert set(NAMES) <= {path.name for path in SHIPPED.iterdir()}


@pytest.mark.parametrize("name", NAMES)
def test_weights_only_and_a_card(name: str) -> None:
    payload = torch.load(SHIPPED / name / "checkpoint.pt", weights_only=True)
    assert "optimizer" not in payload
    card = read_config(SHIPPED / name).card
    for part in ("mnist", "seed", "aetui train", "2026"):
        assert part in card


@pytest.mark.parametrize("name", NAMES)
def test_no_folder_of_the_machine_that_trained_them_is_in_them(name: str) -> None:
    text = "".join((SHIPPED / name / file).read_text() for file in ("config.json", "metrics.jsonl"))
    assert not re.search(r"(?<![\w<])[~.]*/[a-z]", text)
    assert '"host"' not in text
    assert json.loads((SHIPPED / name / "config.json").read_text())["format"] == 2


def test_they_are_small() -> None:
    files = [path for name in NAMES for path in (SHIPPED / name).rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) < 10_000_000


def test_the_film_has_several_frames_and_no_cliff() -> None:
    run = SHIPPED / "vae-mnist"
    epochs = latent_epochs(run)
    assert len(epochs) >= 5
    shapes = {load_latent_map(run, epoch).image_shape.sizes for epoch in epochs}
    assert shapes == {(1, 28, 28)}
    scores = [record["test_loss"] for record in records(run, "epoch")]
    assert abs(scores[-1] - scores[-2]) < 0.5


@pytest.mark.parametrize("arguments", [["--resume", "vae-mnist"], ["--name", "vae-mnist"]])
def test_no_training_writes_to_them(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    before = (SHIPPED / "vae-mnist" / "checkpoint.pt").stat().st_mtime_ns
    assert train_here("vae", SHIPPED, "--epochs", "1", *arguments) == 2
    assert "vae-mnist" in capsys.readouterr().err
    assert (SHIPPED / "vae-mnist" / "checkpoint.pt").stat().st_mtime_ns == before


def measured(name: str, unit: str) -> float:
    found = re.search(rf"([\d.]+) {unit}", read_config(SHIPPED / name).card)
    assert found
    return float(found[1])


@torch.inference_mode()
def test_the_shipped_vae_is_as_good_as_its_card_says(mnist_dir: Path) -> None:
    network = load_model(SHIPPED / "vae-mnist")
    assert isinstance(network, VAE)
    images = to_float(load("mnist", mnist_dir).test_images)
    epsilon = torch.randn(len(images), 2, generator=torch.Generator().manual_seed(5))
    logits, z_mean, z_log_sigma = network(images, epsilon)
    loss = binary_cross_entropy(logits, images) + kl_divergence(z_mean, z_log_sigma).sum()
    card = measured("vae-mnist", "nats")
    assert float(loss / len(images)) == pytest.approx(card, abs=0.5)
    assert card == pytest.approx(129.0, abs=0.1)
    assert records(SHIPPED / "vae-mnist", "epoch")[-1]["test_loss"] == pytest.approx(card, abs=1e-3)
    codes = load_latent_map(SHIPPED / "vae-mnist", 450).codes
    # The map was made in bf16.
    np.testing.assert_allclose(codes, network.encode(images[:5000])[0], rtol=0.1, atol=0.1)


@torch.inference_mode()
def test_the_shipped_dae_is_as_good_as_its_card_says(mnist_dir: Path) -> None:
    network = load_model(SHIPPED / "dae-mnist")
    assert isinstance(network, DAE)
    images = to_float(load("mnist", mnist_dir).test_images[:2000])
    noise = torch.randn(images.shape, generator=torch.Generator().manual_seed(5))
    ratio = psnr(network(add_noise(images, noise, 0.5)).sigmoid(), images)
    assert float(ratio.mean()) == pytest.approx(measured("dae-mnist", "dB"), abs=0.5)


def test_export_leaves_out_the_optimizer_and_writes_a_card(
    trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "shared" / "mine"
    assert main(["export", "vae-001", str(target), "--runs", str(trained)]) == 0
    assert "vae trained on digits" in capsys.readouterr().out
    payload = torch.load(target / "checkpoint.pt", weights_only=True)
    assert payload.keys() == {"format", "weights", "step"}
    assert isinstance(load_model(target), VAE)
    assert latent_epochs(target) == [1, 2]
    assert main(["export", "vae-001", str(target), "--runs", str(trained)]) == 2


COMMANDS = {
    "aetui train vae --runs /a/b --data-dir /c/d --epochs 2": "aetui train vae --epochs 2",
    "aetui train vae --runs=/a/b --data-dir=~/d --lr 0.1": "aetui train vae --lr 0.1",
    "aetui train dae --runs '/a b/c' --name x --threads 1": "aetui train dae --name x --threads 1",
    "aetui train vae --data folder:/home/me/my/cats": "aetui train vae --data folder:cats",
    "aetui train vae --data folder:cats/ --runs": "aetui train vae --data folder:cats",
    "aetui train vae --data=folder:../cats": "aetui train vae --data=folder:cats",
    "aetui train --model /home/me/net.py:Net": "aetui train --model net.py:Net",
    "an 'unfinished quote": "",
}


@pytest.mark.parametrize("command", COMMANDS)
def test_an_export_holds_no_folder_of_this_machine(
    command: str, trained: Path, tmp_path: Path
) -> None:
    config = json.loads((trained / "vae-001" / "config.json").read_text())
    config["command"] = command
    config["data"] = "folder:/home/me/my/cats"
    config["data_requested"] = "folder:~/my/cats"
    config["data_note"] = "skipped /home/me/my/cats/a.png (broken), ~/my/cats/b.png; 3 in all"
    run = tmp_path / "runs" / "vae-001"
    run.mkdir(parents=True)
    for file in (trained / "vae-001").iterdir():
        if file.name != "config.json":
            (run / file.name).symlink_to(file)
    (run / "config.json").write_text(json.dumps(config))
    target = tmp_path / "shared"
    assert main(["export", "vae-001", str(target), "--runs", str(run.parent)]) == 0
    exported = read_config(target)
    assert exported.command == COMMANDS[command]
    assert exported.card.endswith(f"Command: {COMMANDS[command]}")
    assert (exported.data, exported.data_requested) == ("folder:cats", "folder:cats")
    assert exported.data_note == "skipped a.png (broken), b.png; 3 in all"
    assert "trained on folder:cats (" in exported.card
    assert not [record for record in records(target) if "host" in record]


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
    assert {
        "aetui/tui/app.tcss",
        "aetui/shipped/vae-mnist/checkpoint.pt",
        "aetui/shipped/dae-mnist/config.json",
    } <= set(names)
    assert not [name for name in names if "ubyte" in name or name.startswith("tests")]
