"""Names, logs and files that try to write on the screen or outside their folder."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from aetui.cli.main import main
from aetui.errors import BadInput
from aetui.processes.trainer import last_log_line
from aetui.runs.directory import check_run_name, list_runs, read_config
from tests.trainers import events, train_here

HOSTILE_NAMES = (
    *("../../x", "/tmp/x", "..", ".", "", ".hidden", "-rf", "a/b", "a\\b", "~root", "CON:"),
    *("\x1b[2J", "[red]x[/red]", "a\nb", "a\x00b", "\N{RIGHT-TO-LEFT OVERRIDE}exe", "ä", "a b"),
    "x" * 300,
)


@pytest.mark.parametrize("name", HOSTILE_NAMES)
@pytest.mark.parametrize("option", ["--name", "--resume"])
def test_a_hostile_run_name_is_refused_and_leaves_nothing(
    name: str, option: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    runs = tmp_path / "a" / "b" / "runs"
    with pytest.raises(BadInput, match="cannot name a run"):
        check_run_name(name)
    assert train_here("vae", runs, f"{option}={name}") == 2
    error = capsys.readouterr().err
    assert "cannot name a run" in error
    assert error.rstrip("\n").isprintable()
    assert len(error) < 300
    assert not [
        path for path in tmp_path.rglob("*") if path not in (runs, runs.parent, runs.parent.parent)
    ]


def test_folders_with_hostile_names_are_no_runs(
    trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = (trained / "vae-001" / "config.json").read_text()
    for name in ("\x1b[2J", "[bold]x[\\]", "x" * 200, "..x"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "config.json").write_text(config)
    assert list_runs(tmp_path) == []
    assert main(["runs", "--runs", str(tmp_path)]) == 0
    assert "\x1b" not in capsys.readouterr().out


def test_class_names_that_are_codes_are_trained_on_harmlessly(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    images = tmp_path / "images"
    for raw in (
        b"\x1b]0;owned\x07",
        b"[link=file:///etc]x[/link]",
        b"c" * 200,
        b"\xff\xfe",
        "\N{RIGHT-TO-LEFT OVERRIDE}gpj".encode(),
    ):
        folder = Path(os.fsdecode(bytes(images) + b"/" + raw))
        folder.mkdir(parents=True)
        for number in range(7):
            pixels = np.random.default_rng(number).integers(0, 255, (28, 28), np.uint8)
            Image.fromarray(pixels).save(folder / f"{number}.png")
        (folder / "\x1b[31mbroken.png").write_text("nothing")
    assert train_here("vae", tmp_path, "--data", f"folder:{images}", "--epochs", "1") == 0
    printed = "".join(capsys.readouterr())
    assert "\x1b" not in printed
    assert "skipped" in printed
    config = read_config(tmp_path / "vae-001")
    assert len(config.classes) == 5
    for name in config.classes:
        assert len(name) <= 40
        assert name.isprintable(), ascii(name)
    assert config.data_note.isprintable()
    assert main(["runs", "--runs", str(tmp_path)]) == 0


def test_a_run_from_a_stranger_prints_no_codes(
    trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = json.loads((trained / "vae-001" / "config.json").read_text())
    run = tmp_path / "vae-001"
    run.mkdir()
    config["data"] = "folder:\x1b[31m" + "x" * 1000
    for change in (
        {},
        {"format": "\x1b[2J" * 1000},
        {"model": "\x1b[2J" * 1000},
        {"hyperparameters": {"\x1b[2J" * 1000: 1}},
    ):
        (run / "config.json").write_text(json.dumps({**config, **change}))
        (run / "metrics.jsonl").write_text(
            '{"kind": "event", "event": "\\u001b[2J", "message": "\\u001b[2J"}\n'
        )
        assert main(["runs", "--runs", str(tmp_path)]) == 0
        assert train_here("vae", tmp_path, "--resume", "vae-001") == 2
        printed = "".join(capsys.readouterr())
        assert "\x1b" not in printed
        assert max(map(len, printed.splitlines())) < 500


def test_the_last_words_of_a_hostile_log_are_short_and_printable(tmp_path: Path) -> None:
    for rubbish in (
        b"\x1b[2J\x1b]0;x\x07\x9b31m" * 100_000,
        bytes(range(256)) * 4096,
        b"\r" * 1_000_000,
        b"\xe2\x80\xae\xf0\x9f" * 200_000,
    ):
        (tmp_path / "log.txt").write_bytes(rubbish)
        words = last_log_line(tmp_path)
        assert len(words) <= 600
        assert words.isprintable(), ascii(words)
    (tmp_path / "log.txt").write_bytes(b"\x1b[2J" * 250_000 + b"\nMemoryError\n")
    assert last_log_line(tmp_path) == "MemoryError"
    assert events(tmp_path) == []
