"""The command line: help, exit codes, and one clear sentence for bad input."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from aetui import __version__
from aetui.cli.main import main


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "aetui", *arguments],
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )


@pytest.mark.parametrize("command", [[], ["launch"], ["train"], ["runs"]])
def test_help_everywhere(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main([*command, "--help"])
    assert "usage: aetui" in capsys.readouterr().out


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main(["--version"])
    assert capsys.readouterr().out.strip() == f"aetui {__version__}"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--data", "cifar"], "folder:PATH"),
        (["--device", "tpu"], "choose auto, cpu"),
    ],
)
def test_usage_errors_name_what_is_wrong(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["train", "vae", *arguments])
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["train", "vae", "--data", "folder:/nowhere"], "not a folder"),
        (["train", "vae", "--data", "digits", "--name", "../../x"], "cannot name a run"),
        (["train", "vae", "--resume", "no-such-run"], "is not a run"),
        (["train", "vae", "--resume", "../../etc"], "cannot name a run"),
        (["train", "vae", "--data", "digits", "--device", "cuda:7"], "there is no device cuda:7"),
        (["train", "dae", "--beta", "1", "--data", "digits"], "is not a setting of dae"),
        (["train", "vae", "--epochs", "0"], "between 1 and"),
        (["train", "vae", "--epochs", "two"], "whole number"),
        (["train", "vae", "--lr", "nan"], "number"),
        (["train", "vae", "--hidden", "a,b"], "whole numbers"),
        (["train", "vae", "--latent-dim", "1"], "between 2 and"),
    ],
)
def test_bad_input_gets_one_sentence_and_2(
    arguments: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*arguments, "--runs", str(tmp_path)]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.startswith("aetui: ")
    assert len(error.strip().splitlines()) == 1
    assert not list(tmp_path.glob("*/config.json"))


def test_runs_lists_every_run(trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["runs", "--runs", str(trained), "--json"]) == 0
    listed = {run["run"]: run for run in json.loads(capsys.readouterr().out)}
    assert listed.keys() == {"vae-001", "dae-001"}
    assert listed["vae-001"]["state"] == "done"
    assert listed["vae-001"]["data"] == "digits"
    assert listed["vae-001"]["epoch"] == 2
    assert listed["dae-001"]["test_psnr"] > 0
    assert main(["runs", "--runs", str(trained)]) == 0
    assert "vae-001  vae    digits  2/2" in capsys.readouterr().out


def test_runs_without_a_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["runs", "--runs", str(tmp_path / "none")]) == 2
    assert "there is no folder" in capsys.readouterr().err


def test_training_without_a_terminal_writes_no_screen_codes(tmp_path: Path) -> None:
    done = run(
        "train",
        "vae",
        "--data",
        "digits",
        "--epochs",
        "1",
        "--hidden",
        "32",
        "--runs",
        str(tmp_path),
    )
    assert done.returncode == 0, done.stderr
    assert "\x1b" not in done.stdout + done.stderr
    assert "\r" not in done.stdout
    assert done.stdout.strip().splitlines()[-1] == str(tmp_path / "vae-001")


def test_json_lines(tmp_path: Path) -> None:
    done = run(
        "train",
        "vae",
        "--data",
        "digits",
        "--epochs",
        "1",
        "--hidden",
        "32",
        "--runs",
        str(tmp_path),
        "--json",
    )
    *lines, last = done.stdout.strip().splitlines()
    kinds = [json.loads(line)["kind"] for line in lines]
    assert {"step", "epoch", "event"} == set(kinds)
    assert last == str(tmp_path / "vae-001")


def test_launch_needs_a_terminal() -> None:
    done = run("launch")
    assert done.returncode == 2
    assert "needs a terminal" in done.stderr


def test_a_closed_pipe_is_no_traceback(trained: Path) -> None:
    command = f"{sys.executable} -m aetui runs --runs {trained} | true"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr
