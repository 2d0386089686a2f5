"""Data that cannot be used, met on the command line: it is named; or left out, and named."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import pytest

from aetui.runs.directory import read_config
from tests.datasets import image
from tests.trainers import train_here


def decompression_bomb(path: Path) -> None:
    """A PNG of a few hundred bytes that says it is 60,000 pixels wide and high."""
    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 0, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(bytes(100_000))), (b"IEND", b"")]
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n"
        + b"".join(
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
            for kind, body in chunks
        )
    )


def test_unusable_images_are_skipped_by_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "images"
    for number in range(12):
        image(folder / f"{number:02d}.png", number)
    good = (folder / "00.png").read_bytes()
    (folder / "torn.png").write_bytes(good[: len(good) // 2])
    (folder / "empty.png").touch()
    (folder / "flipped.jpg").write_bytes(bytes(byte ^ 0x10 for byte in good))
    decompression_bomb(folder / "bomb.png")
    assert train_here("dae", tmp_path, "--data", f"folder:{folder}", "--epochs", "1") == 0
    printed = "".join(capsys.readouterr())
    config = read_config(tmp_path / "dae-001")
    for name in ("torn.png", "empty.png", "flipped.jpg", "bomb.png"):
        assert name in printed
        assert name in config.data_note
    assert config.train_images + config.test_images == 12


def test_a_folder_of_nothing_but_rubbish_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "images").mkdir()
    decompression_bomb(tmp_path / "images" / "bomb.png")
    assert (
        train_here("vae", tmp_path, "--data", f"folder:{tmp_path / 'images'}", "--epochs", "1") == 2
    )
    assert "bomb.png" in capsys.readouterr().err
    assert not (tmp_path / "vae-001").exists()


def test_a_folder_that_has_changed_is_not_resumed_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "images"
    for number in range(12):
        image(folder / f"{number:02d}.png", number)
    assert train_here("vae", tmp_path, "--data", f"folder:{folder}", "--epochs", "1") == 0
    (folder / "03.png").unlink()
    assert train_here("vae", tmp_path, "--resume", "vae-001") == 2
    assert "has changed since vae-001 began" in capsys.readouterr().err


@pytest.mark.parametrize("damage", ["empty", "half", "magic", "shape"])
def test_damaged_idx_files_are_named_with_the_cure(
    damage: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    raw = tmp_path / "data" / "KMNIST" / "raw"
    raw.mkdir(parents=True)
    for name, count in (("train", 20), ("t10k", 10)):
        images = struct.pack(">IIII", 2051, count, 28, 28) + bytes(count * 784)
        spoiled = {
            "empty": b"",
            "half": images[: len(images) // 2],
            "magic": b"\0\0\0\0" + images[4:],
            "shape": images[:8] + struct.pack(">II", 56, 14) + images[16:],
        }[damage]
        (raw / f"{name}-images-idx3-ubyte").write_bytes(spoiled if name == "t10k" else images)
        (raw / f"{name}-labels-idx1-ubyte").write_bytes(
            struct.pack(">II", 2049, count) + bytes(count)
        )
    assert (
        train_here(
            "vae",
            tmp_path,
            "--data",
            "kmnist",
            "--data-dir",
            str(tmp_path / "data"),
            "--epochs",
            "1",
        )
        == 2
    )
    error = capsys.readouterr().err
    assert "t10k-images-idx3-ubyte is damaged" in error
    assert "delete it and run again" in error
    assert len(error.strip().splitlines()) == 1
