"""Weights from elsewhere become a run, and a run's weights leave: safetensors and state dicts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import safetensors.torch
import torch
from PIL import Image
from torch import Tensor, nn

from aetui.cli.main import main
from aetui.ml.checkpoint import load_model
from aetui.runs.directory import latent_epochs, read_config
from aetui.runs.summary import summarise
from tests.conftest import ROOT
from tests.trainers import files, train_here

WIDTHS = ("--hidden", "64,32")


def export(trained: Path, file: Path, name: str = "vae-001") -> dict[str, Tensor]:
    assert main(["export", name, "--runs", str(trained), "--weights", str(file)]) == 0
    return safetensors.torch.load_file(file)


def take_in(file: Path, *options: str) -> int:
    runs = file.parent / "runs"
    return main(["import", str(file), "--runs", str(runs), "--data", "digits", *options])


def test_weights_leave_and_return(trained: Path, tmp_path: Path) -> None:
    file = tmp_path / "w.safetensors"
    weights = export(trained, file)
    ours = load_model(trained / "vae-001").state_dict()
    assert weights.keys() == ours.keys()
    assert all(torch.equal(weights[name], ours[name]) for name in ours)
    assert take_in(file, "--name", "mine") == 0  # the file says what it holds
    run = tmp_path / "runs" / "mine"
    assert read_config(run).hyperparameters["hidden"] == (64, 32)
    summary, original = summarise(run), summarise(trained / "vae-001")
    assert summary.state == "done"
    assert summary.score == pytest.approx(original.score, abs=1e-3)
    assert latent_epochs(run) == [1]
    theirs = load_model(run).state_dict()
    assert all(torch.equal(theirs[name], ours[name]) for name in ours)


def test_a_run_of_weights_that_is_not_resumed_stays_as_it_was(
    trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    export(trained, tmp_path / "w.safetensors")
    assert take_in(tmp_path / "w.safetensors", "--name", "mine") == 0
    run = tmp_path / "runs" / "mine"
    before = files(run)
    for more in ((), ("--epochs", "5")):
        assert train_here("vae", run.parent, "--resume", run.name, *more) == 2
        assert "holds weights only and cannot be resumed from" in capsys.readouterr().err
    assert files(run) == before
    assert summarise(run).state == "done"


def test_a_denoiser_has_a_score_and_no_plane(trained: Path, tmp_path: Path) -> None:
    export(trained, tmp_path / "w.safetensors", "dae-001")
    assert take_in(tmp_path / "w.safetensors", "--name", "mine") == 0
    assert summarise(tmp_path / "runs" / "mine").score_text.endswith("dB")
    assert latent_epochs(tmp_path / "runs" / "mine") == []


@pytest.mark.parametrize(
    "wrap",
    [
        lambda weights: weights,
        lambda weights: {"state_dict": weights, "epoch": 3},
        lambda weights: {"model": {f"module.{name}": value for name, value in weights.items()}},
        lambda weights: {f"_orig_mod.{name}": value.half() for name, value in weights.items()},
        lambda weights: {"vae": weights, "optimizer": {"lr": 1e-3}},
    ],
)
@pytest.mark.parametrize("zipped", [True, False])
def test_state_dicts_as_programs_save_them(
    trained: Path, tmp_path: Path, wrap: Any, zipped: bool
) -> None:
    weights = export(trained, tmp_path / "w.safetensors")
    torch.save(wrap(weights), tmp_path / "w.pt", _use_new_zipfile_serialization=zipped)
    assert take_in(tmp_path / "w.pt", "--model", "vae", *WIDTHS) == 0
    assert summarise(tmp_path / "runs" / "vae-001").score is not None


def test_weights_of_a_module_of_ones_own(tmp_path: Path) -> None:
    """Its names are the person's, without what aetui puts around them."""
    source = ROOT / "README.md"
    code = source.read_text().split("### Your own model", 1)[1].split("```python\n", 1)[1]
    (tmp_path / "my_model.py").write_text(code.split("```", 1)[0])
    module = nn.Module()
    module.encoder = nn.Sequential(nn.Flatten(), nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 4))
    module.decoder = nn.Sequential(nn.Linear(2, 256), nn.ReLU(), nn.Linear(256, 784))
    safetensors.torch.save_file(module.state_dict(), tmp_path / "w.safetensors")
    model = f"{tmp_path / 'my_model.py'}:Small"
    assert take_in(tmp_path / "w.safetensors", "--model", model, "--name", "mine") == 0
    back = export(tmp_path / "runs", tmp_path / "back.safetensors", "mine")
    assert all(torch.equal(back[name], value) for name, value in module.state_dict().items())


def test_weights_of_a_model_that_aetui_does_not_have(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "w.safetensors"
    said = {"model": "mine", "reference": "my_model.py:Mine"}
    safetensors.torch.save_file({"a": torch.zeros(1)}, file, {"aetui": json.dumps(said)})
    assert take_in(file) == 2
    assert "name its code with --model my_model.py:Mine" in capsys.readouterr().err


def test_images_are_read_in_the_shape_that_the_weights_are_for(
    trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    weights = export(trained, tmp_path / "w.safetensors")
    said = {"model": "vae", "image_shape": "1x28x28", "settings": {"hidden": [64, 32]}}
    safetensors.torch.save_file(weights, tmp_path / "w.safetensors", {"aetui": json.dumps(said)})
    for number in range(12):
        path = tmp_path / "photos" / f"{number}.png"
        path.parent.mkdir(exist_ok=True)
        Image.effect_noise((50, 40), 20 + number).convert("RGB").save(path)
    photos = ("--data", str(tmp_path / "photos"))
    assert take_in(tmp_path / "w.safetensors", "--name", "mine", *photos) == 0
    config = read_config(tmp_path / "runs" / "mine")
    assert config.image_shape.sizes == (1, 28, 28)
    assert config.data_options.size == (28, 28)
    capsys.readouterr()
    assert take_in(tmp_path / "w.safetensors", "--size", "50x40", *photos) == 2
    assert "It was written for images of 1x28x28" in capsys.readouterr().err


class Whole(nn.Module):
    pass


def _damage(weights: dict[str, Tensor], kind: str, folder: Path) -> Path:
    path = folder / f"{kind}.pt"
    name = "encoder.0.weight"
    changed: dict[str, Any] = {
        "lacks": {key: value for key, value in weights.items() if key != name},
        "more": {**weights, "classifier.weight": torch.zeros(2)},
        "shape": {**weights, name: torch.zeros(3, 3)},
        "nan": {**weights, name: weights[name] / 0},
        "integers": {**weights, name: weights[name].long()},
        "empty": {},
        "list": [1, 2, 3],
        "renamed": {key.replace("encoder", "enc"): value for key, value in weights.items()},
        "several": {"one": weights, "two": weights},
        "whole": Whole(),
    }
    torch.save(changed[kind], path)
    return path


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("lacks", "it lacks encoder.0.weight"),
        ("more", "it has classifier.weight, which the model does not have"),
        ("shape", "encoder.0.weight is (3, 3), not (64, 784)"),
        ("nan", "not finite"),
        ("integers", "torch.int64"),
        ("empty", "holds no weights"),
        ("list", "holds no weights"),
        ("renamed", "it lacks encoder.0.weight, "),
        ("renamed", "and has enc.0.bias, "),
        ("several", "holds several state dicts (one, two)"),
        ("whole", "could run code"),
    ],
)
def test_weights_that_cannot_be_used(
    trained: Path, tmp_path: Path, kind: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = _damage(export(trained, tmp_path / "w.safetensors"), kind, tmp_path)
    capsys.readouterr()
    assert take_in(path, "--model", "vae", *WIDTHS) == 2
    error = capsys.readouterr().err
    assert said in error
    assert len(error.strip().splitlines()) == 1
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("w.safetensors", b"rubbish that is long enough", "damaged, or not .safetensors"),
        ("w.pt", b"rubbish", "neither .safetensors nor a file that torch has saved"),
        ("w.pt", b"\x80\x02rubbish", "w.pt"),
        ("w.pt", b"PK\x05\x06" + bytes(18), "w.pt"),
        ("w.pt", b"", "neither"),
    ],
)
def test_files_that_hold_no_weights(
    tmp_path: Path, name: str, content: bytes, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / name).write_bytes(content)
    assert take_in(tmp_path / name, "--model", "vae") == 2
    error = capsys.readouterr().err
    assert said in error
    assert len(error.strip().splitlines()) == 1


def test_what_is_missing_is_named(
    trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    weights = export(trained, tmp_path / "w.safetensors")
    torch.save(weights, tmp_path / "w.pt")
    for arguments, said in (
        (["import", str(tmp_path / "w.pt")], "name the model that the weights are of: --model vae"),
        (["import", str(tmp_path / "none.pt"), "--model", "vae"], "there is no file"),
        (["export", "vae-001", "--runs", str(trained)], "--weights FILE.safetensors"),
        (["export", "vae-001", "--runs", str(trained), "--weights", "w.onnx"], ".safetensors"),
    ):
        assert main(arguments) == 2
        assert said in capsys.readouterr().err


def test_what_a_file_says_of_itself_is_checked(trained: Path, tmp_path: Path) -> None:
    weights = export(trained, tmp_path / "w.safetensors")
    odd: list[Any] = [{"model": "vae", "settings": {"hidden": [10**9]}}, [], {"settings": 3}]
    for said in odd:
        file = tmp_path / "said.safetensors"
        safetensors.torch.save_file(weights, file, {"aetui": json.dumps(said)})
        assert take_in(file, "--model", "vae", "--latent-dim", "2") == 2
    assert not (tmp_path / "runs").exists()


def test_the_weights_of_a_run_that_comes_with_aetui(tmp_path: Path) -> None:
    export(tmp_path, tmp_path / "w.safetensors", "vae-mnist")
