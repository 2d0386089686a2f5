"""Checkpoints and configurations that are damaged, foreign or hostile: refused, and never run."""

from __future__ import annotations

import copy
import json
import os
import pickle
import random
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from aetui.errors import BadInput
from aetui.ml.checkpoint import load_model, restore
from tests.trainers import files, train_here


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run with both checkpoints, of steps 22 and 44, and an epoch to go."""
    runs = tmp_path_factory.mktemp("original")
    assert train_here("vae", runs, "--epochs", "2", "--save-every", "0") == 0
    config = json.loads((runs / "vae-001" / "config.json").read_text())
    config["hyperparameters"]["epochs"] = 3
    (runs / "vae-001" / "config.json").write_text(json.dumps(config))
    return runs / "vae-001"


@pytest.fixture
def run(original: Path, tmp_path: Path) -> Path:
    """A copy to spoil."""
    return Path(shutil.copytree(original, tmp_path / original.name))


class Bomb:
    """What a malicious pickle holds: it makes a folder when it is loaded."""

    def __init__(self, proof: Path) -> None:
        self.proof = proof

    def __reduce__(self) -> tuple[Callable[..., object], tuple[str]]:
        return os.mkdir, (str(self.proof),)


def rewrite(path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Change the payload of a checkpoint, as someone with torch at hand would."""
    payload = copy.deepcopy(torch.load(path, weights_only=True))
    change(payload)
    torch.save(payload, path)


def first_weight(payload: dict[str, Any]) -> torch.Tensor:
    weight: torch.Tensor = next(iter(payload["weights"].values()))
    return weight


def wrong_shape(payload: dict[str, Any]) -> None:
    payload["weights"][next(iter(payload["weights"]))] = torch.zeros(3, 3)


def flip_a_bit(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def make_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def zip_bomb(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/data.pkl", bytes(50_000_000))


DAMAGES: dict[str, Callable[[Path], object]] = {
    "empty": lambda path: path.write_bytes(b""),
    "truncated": lambda path: path.write_bytes(path.read_bytes()[:-200_000]),
    "flipped": flip_a_bit,
    "text": lambda path: path.write_text("version https://git-lfs.github.com/spec/v1\n"),
    "folder": make_folder,
    "shapes": lambda path: rewrite(path, wrong_shape),
    "names": lambda path: rewrite(path, lambda payload: payload["weights"].popitem()),
    "nan": lambda path: rewrite(path, lambda payload: first_weight(payload).fill_(float("nan"))),
    "no weights": lambda path: rewrite(path, lambda payload: payload.update(weights=[1, 2])),
    "version": lambda path: rewrite(path, lambda payload: payload.update(format=99)),
    "list": lambda path: torch.save([1, 2, 3], path),
    "pickle": lambda path: torch.save({"format": 1, "weights": Bomb(path.parent / "proof")}, path),
    "bare pickle": lambda path: path.write_bytes(pickle.dumps(Bomb(path.parent / "proof"))),
    "zip bomb": zip_bomb,
}


@pytest.mark.parametrize("how", DAMAGES)
def test_the_one_before_serves_where_the_newest_is_bad(
    how: str, run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    DAMAGES[how](run / "checkpoint.pt")
    load_model(run)
    _, payload, warning = restore(run)
    assert payload["step"] == 22
    assert "checkpoint.pt" in warning
    assert "Using previous.pt" in warning
    if how != "folder":  # which no rename replaces
        assert train_here("vae", run.parent, "--resume", run.name) == 0
        assert "Using previous.pt" in capsys.readouterr().out
        assert restore(run)[1]["step"] == 66
    assert not (run / "proof").exists()


@pytest.mark.parametrize("how", DAMAGES)
def test_where_both_are_bad_one_sentence_says_so(
    how: str, run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("checkpoint.pt", "previous.pt"):
        DAMAGES[how](run / name)
    everything = r"no usable checkpoint.*checkpoint\.pt.*previous\.pt.*Train it again"
    with pytest.raises(BadInput, match=everything):
        load_model(run)
    before = files(run)
    for more in ((), ("--epochs", "9")):
        assert train_here("vae", run.parent, "--resume", run.name, *more) == 2
        assert capsys.readouterr().err.startswith("aetui: vae-001 has no usable checkpoint")
    assert files(run) == before, "a refusal has changed the run"
    assert not (run / "proof").exists()


def test_any_flipped_bit_is_refused_or_harmless(run: Path) -> None:
    """2,000 bits: of the zip's own structures, where a reader may trip, and of the weights."""
    path = run / "checkpoint.pt"
    weights = load_model(run).state_dict()
    data = path.read_bytes()
    chance = random.Random(3)
    directory = data.rindex(b"PK\x01\x02", 0, data.index(b"PK\x01\x02") + 4)
    ends = ((directory, len(data), 1500), (0, 2000, 300), (0, len(data), 200))
    places = [chance.randrange(first, end) for first, end, count in ends for _ in range(count)]
    (run / "previous.pt").unlink()
    refused = 0
    for place in places:
        spoiled = bytearray(data)
        spoiled[place] ^= 1 << chance.randrange(8)
        path.write_bytes(spoiled)
        try:
            loaded = load_model(run).state_dict()
        except BadInput:
            refused += 1
        else:  # a bit without meaning, as in a date
            assert all(torch.equal(loaded[name], weights[name]) for name in weights)
    assert refused > len(places) / 3


@pytest.mark.parametrize(
    "change",
    [
        lambda payload: payload.pop("step"),
        lambda payload: payload.update(step="soon"),
        lambda payload: payload.update(windows=None),
        lambda payload: payload.update(windows={"pending": 3}),
        lambda payload: payload["windows"].update(epoch_sum=["much", 1, 2]),
        lambda payload: payload.update(rng=torch.zeros(3, dtype=torch.uint8)),
        lambda payload: payload.update(optimizer={}),
        lambda payload: payload["optimizer"]["state"][0].update(exp_avg=torch.zeros(3)),
        lambda payload: payload["optimizer"]["state"][0]["exp_avg"].fill_(float("inf")),
        lambda payload: payload["optimizer"]["param_groups"][0].update(params=[0]),
        lambda payload: payload.pop("optimizer"),
        lambda payload: payload.update(step=-1),
        lambda payload: payload.update(step=10**30),
    ],
)
def test_a_training_state_that_does_not_fit_is_passed_over(
    change: Callable[[dict[str, Any]], object], run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = {name: (run / name).read_bytes() for name in ("checkpoint.pt", "previous.pt")}
    for name in whole:
        rewrite(run / name, change)
    load_model(run)  # the networks themselves are whole
    assert train_here("vae", run.parent, "--resume", run.name) == 2
    error = capsys.readouterr().err
    assert "checkpoint.pt" in error and "previous.pt" in error and "cannot be resumed from" in error
    assert "Traceback" not in error
    (run / "previous.pt").write_bytes(whole["previous.pt"])
    assert train_here("vae", run.parent, "--resume", run.name) == 0
    assert "Using previous.pt" in capsys.readouterr().out
    assert restore(run)[1]["step"] == 66


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "half-written"),
        ('{"format": 1, "model": "va', "half-written"),
        ("[]", "JSON object"),
        ('{"format": 3}', "format 3, this aetui reads 1 to 2"),
        ('{"format": 1, "model": "gan"}', "model 'gan'"),
        ('{"format": 1, "model": "vae"}', "hyperparameters"),
        ("[" * 100_000, "half-written"),
    ],
)
def test_a_bad_config_is_named_everywhere(
    text: str, said: str, run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (run / "config.json").write_text(text)
    with pytest.raises(BadInput, match="vae-001"):
        load_model(run)
    assert train_here("vae", run.parent, "--resume", run.name) == 2
    assert said in capsys.readouterr().err
