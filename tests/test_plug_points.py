"""A model is one spec and one class: a third one is trained, scored, resumed and shown."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from aetui.catalog import add_model
from aetui.cli.main import main
from aetui.config import RunConfig
from aetui.errors import BadInput
from aetui.ml.checkpoint import load_model
from aetui.ml.models.registry import register
from aetui.processes.inference import Inference
from aetui.runs.directory import read_config
from aetui.runs.summary import summarise
from tests.conftest import ROOT
from tests.models.fourier import SPEC, Fourier
from tests.terminal import launch
from tests.trainers import curve, events, records

FILE = ROOT / "tests" / "models" / "fourier.py"
REFERENCE = f"{FILE}:Fourier"
SMALL = ("--data", "digits", "--epochs", "3", "--threads", "1", "--device", "cpu")


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with fourier-001, trained through the public registry."""
    register(Fourier)
    runs = tmp_path_factory.mktemp("fourier")
    options = ["--runs", str(runs), *SMALL, "--waves", "5"]
    assert main(["train", "fourier", *options]) == 0
    return runs


def test_it_is_trained_and_scored(runs: Path) -> None:
    summary = summarise(runs / "fourier-001")
    assert summary.state == "done"
    assert summary.score_text.endswith("mse")
    first, *_, last = (line["test_error"] for line in records(runs / "fourier-001", "epoch"))
    assert last < first


def test_its_run_says_what_it_is_without_its_code(runs: Path) -> None:
    code = f"""
from pathlib import Path
from aetui.runs.directory import read_config
config = read_config(Path({str(runs)!r}) / "fourier-001")
print(config.spec.title, config.hyperparameters["waves"], sorted(config.spec.capabilities))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "Fourier autoencoder 5 ['plane']"


def test_it_is_resumed_exactly(tmp_path: Path) -> None:
    register(Fourier)
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    for folder in (whole, parts):
        assert main(["train", "fourier", "--runs", str(folder), *SMALL, "--save-every", "0"]) == 0
    run = parts / "fourier-001"
    (run / "checkpoint.pt").unlink()  # previous.pt is of an epoch before
    assert main(["train", "fourier", "--runs", str(parts), "--resume", run.name]) == 0
    assert "resumed" in events(run)
    assert curve(run) == curve(whole / run.name)
    weights = [load_model(folder / run.name).state_dict() for folder in (whole, parts)]
    assert all(torch.equal(weights[0][name], weights[1][name]) for name in weights[0])


async def _ask_decode(run: Path, own_model: str | None) -> np.ndarray:
    inference = Inference(own_model=own_model)
    ready = asyncio.Event()

    async def listen() -> None:
        async for notice in inference.notices():
            if notice.header["kind"] == "ready":
                ready.set()

    listening = asyncio.create_task(listen())
    try:
        await asyncio.wait_for(ready.wait(), 60)
        codes = np.zeros((2, 5), np.float32)
        return (await inference.ask("decode", run, {"z": codes})).arrays["images"]
    finally:
        listening.cancel()
        inference.close()


async def test_another_process_decodes_it_where_its_code_is_named(runs: Path) -> None:
    images = await _ask_decode(runs / "fourier-001", REFERENCE)
    assert images.shape == (2, 1, 28, 28)


def test_it_is_shown_on_the_screens(runs: Path) -> None:
    """In an app of its own process, which knows the model only by its reference."""
    with launch(runs, "--model", REFERENCE, "--data", "digits") as terminal:
        terminal.wait("Fourier autoencoder")
        terminal.wait("fourier-001")
        terminal.press("3")
        terminal.wait("360 images")
        terminal.press("5")
        terminal.wait("density")
        rows = terminal.screen.buffer
        terminal.wait(lambda _: len({rows[row][9].bg for row in range(1, 30)}) > 3)  # its image
        terminal.wait("fourier-001")


def test_its_run_is_listed_without_its_code(runs: Path) -> None:
    with launch(runs) as terminal:
        terminal.wait("fourier-001")
        terminal.press("5")
        terminal.wait("--model my_model.py:Class")


async def test_no_code_is_imported_because_a_file_says_so(runs: Path) -> None:
    with pytest.raises(BadInput, match=r"--model my_model\.py:Class"):
        await _ask_decode(runs / "fourier-001", None)


def test_it_trains_by_its_reference_in_a_process_of_its_own(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "aetui", "train", REFERENCE, "--runs", str(tmp_path), *SMALL]
    command += ["--waves", "3"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert read_config(tmp_path / "fourier-001").hyperparameters["waves"] == 3


def test_a_setting_out_of_its_bounds_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["train", REFERENCE, "--runs", str(tmp_path), *SMALL, "--waves", "1"]) == 2
    assert "waves must lie between 2 and 64" in capsys.readouterr().err
    assert main(["train", REFERENCE, "--runs", str(tmp_path), *SMALL, "--wavs", "3"]) == 2
    assert "--wavs is not a setting of fourier" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_a_spec_survives_json_and_is_read_strictly(runs: Path) -> None:
    text = (runs / "fourier-001" / "config.json").read_text()
    config = RunConfig.from_json(text)
    assert config.spec == SPEC
    assert RunConfig.from_json(config.to_json()) == config
    for path, value in (
        (("spec", "name"), "vae"),
        (("spec", "name"), "../x"),
        (("spec", "title"), "\x1b[2J"),
        (("spec", "title"), 3),
        (("spec", "capabilities"), ["fly"]),
        (("spec", "losses"), ["loss", "lr"]),
        (("spec", "losses"), []),
        (("spec", "settings", 0, "high"), 1e300),
        (("spec", "settings", 0, "low"), -5),
        (("spec", "settings", 5, "name"), "runs"),
        (("spec", "settings", 5, "kind"), "str"),
        (("spec", "defaults", "waves"), 10_000),
        (("spec", "score", "key"), "__class__"),
        (("spec", "unheard"), 1),
        (("model",), "vae"),
        (("hyperparameters", "waves"), 65),
    ):
        raw = json.loads(text)
        *above, last = path
        place = raw
        for key in above:
            place = place[key]
        place[last] = value
        with pytest.raises(BadInput):
            RunConfig.from_json(json.dumps(raw))


def test_a_name_of_aetuis_own_is_refused() -> None:
    with pytest.raises(BadInput, match="aetui's own"):
        add_model(read_config(ROOT / "checkpoints" / "vae-mnist").spec)
