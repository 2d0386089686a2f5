"""What `aetui doctor` says of terminal, folders and trainings: the same as they find themselves."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from aetui.cli.main import main
from tests.pilot import AETUI
from tests.terminal import Terminal


@contextmanager
def doctor(
    *options: str, size: str = "", env: dict[str, str | None] | None = None
) -> Iterator[Terminal]:
    """`aetui doctor` in a terminal, perhaps after `stty`."""
    shell = f"{f'stty {size}; ' if size else ''}exec {AETUI} doctor {' '.join(options)}"
    with Terminal("/bin/sh", "-c", shell, size=(150, 40), env=env) as terminal:
        yield terminal


def findings(environ: dict[str, str], *options: str) -> list[str]:
    done = subprocess.run(
        [AETUI, "doctor", *options],
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def line_of(lines: list[str], what: str) -> str:
    return next(line for line in lines if line[4:].startswith(what))


def test_a_terminal_without_a_size_is_reported_as_the_app_takes_it() -> None:
    with doctor(size="rows 0 cols 0", env={"COLUMNS": "200", "LINES": "50"}) as terminal:
        terminal.wait("80x24, since the terminal reports none")


@pytest.mark.parametrize(
    ("env", "words"),
    [
        ({"TERM": "linux", "COLORTERM": "truecolor"}, "colours 16"),
        ({"TERM": "screen", "COLORTERM": "truecolor"}, "colours 256"),
        ({"TERM": "foot", "COLORTERM": None}, "colours truecolor"),
        ({"TERM": "dumb"}, "a terminal that cannot draw"),
    ],
)
def test_colours_are_those_of_the_app(env: dict[str, str | None], words: str) -> None:
    with doctor(env=env) as terminal:
        terminal.wait(words)


def test_a_folder_in_which_no_run_can_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    runs = tmp_path / "file" / "runs"
    line = line_of(findings({}, "--runs", str(runs)), "runs")
    assert line.startswith(" !")
    assert "no run can be made" in line
    assert (tmp_path / "file").read_text() == ""


def test_a_good_folder_is_left_as_it_was(tmp_path: Path) -> None:
    line = line_of(findings({}, "--runs", str(tmp_path / "not" / "yet")), "runs")
    assert line.startswith("ok")
    assert list(tmp_path.iterdir()) == []


def test_what_a_training_would_choose_is_what_it_chooses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    said = line_of(findings({}), "training")
    command = ["train", "vae", "--runs", str(tmp_path), "--data", "digits", "--epochs", "1"]
    assert main([*command, "--hidden", "8"]) == 0
    config = json.loads((tmp_path / "vae-001" / "config.json").read_text())
    assert f"on {config['device']} in {config['precision']}" in said
    if config["device"] == "cpu":
        assert ", 1 thread" in said
        if (os.cpu_count() or 1) > 1:
            assert f"(1 of {os.cpu_count()} cores may be used" in said
