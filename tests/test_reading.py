"""Reading images for a training: what is said, the cache, and finding them again at resume."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from aetui.config import DataOptions
from aetui.ml.data.load import load
from aetui.runs.directory import read_config
from tests.datasets import NOBODY, image, images, noise, put
from tests.trainers import records, train_here

MANY = 600  # images that are worth a cache


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("many")
    for kind in ("a", "b"):
        images(folder / kind, MANY // 2, ord(kind) * MANY)
    return folder


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "aetui" / "arrays"


def kept(cache: Path) -> list[Path]:
    return sorted(cache.glob("folder-*.npz"))


def test_a_large_folder_is_read_once(many: Path, cache: Path) -> None:
    first = load(f"folder:{many}", None)
    (path,) = kept(cache)
    changed = path.stat().st_ino
    second = load(f"folder:{many}", None)
    assert torch.equal(first.train_images, second.train_images)
    assert torch.equal(first.test_labels, second.test_labels)
    assert (first.note, first.classes) == (second.note, second.classes)
    assert [each.stat().st_ino for each in kept(cache)] == [changed]


def test_another_state_of_the_folder_is_read_anew(many: Path, cache: Path, tmp_path: Path) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(many, folder)
    before = load(f"folder:{folder}", None)
    image(folder / "a" / "new.png", 7)
    assert len(load(f"folder:{folder}", None).train_images) == len(before.train_images)
    os.utime(folder / "a" / "new.png", ns=(1, 1))
    load(f"folder:{folder}", None)
    assert len(kept(cache)) == 3
    moved = tmp_path / "moved"
    folder.rename(moved)
    load(f"folder:{moved}", None)
    assert len(kept(cache)) == 3  # times and names are the same


def test_a_cache_that_cannot_be_written_is_no_obstacle(
    many: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    told: list[str] = []
    data = load(f"folder:{many}", None, tell=told.append)
    assert len(data.train_images) + len(data.test_images) == MANY
    assert any("no cache" in text for text in told)


def test_a_training_says_what_it_made_of_the_images(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in range(12):
        image(tmp_path / "imgs" / f"{number}.png", number, (96, 64), bands=3)
    (tmp_path / "imgs" / "labels.csv").touch()
    options = ("--data", f"folder:{tmp_path / 'imgs'}", "--epochs", "1")
    assert train_here("vae", tmp_path, *options) == 0
    said = "64x43 colour, fitted from 96x64"
    config = read_config(tmp_path / "vae-001")
    assert said in config.data_note
    assert config.data_note in capsys.readouterr().err
    assert config.image_shape.sizes == (3, 43, 64)


def test_a_training_says_that_it_fell_back(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("aetui.ml.data.download.SERVERS", {"MNIST": (NOBODY,)})
    options = ("--data", "auto", "--data-dir", str(tmp_path / "none"), "--epochs", "1")
    assert train_here("vae", tmp_path, *options) == 0
    error = capsys.readouterr().err
    assert "MNIST could not be had" in error
    assert "built-in digits instead" in error


def test_size_and_channels_are_kept_for_a_resume(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in range(12):
        image(tmp_path / "imgs" / f"{number}.png", number, (40, 30), bands=3)
    data = ("--data", f"folder:{tmp_path / 'imgs'}", "--size", "20x16", "--channels", "1")
    assert train_here("vae", tmp_path, *data, "--epochs", "1") == 0
    written = json.loads((tmp_path / "vae-001" / "config.json").read_text())
    assert written["data_options"] == {"size": [20, 16], "channels": 1}
    assert written["image_shape"] == {"channels": 1, "height": 16, "width": 20}
    assert train_here("vae", tmp_path, "--resume", "vae-001") == 0
    assert train_here("vae", tmp_path, "--resume", "vae-001", "--size", "20x16") == 2
    assert "--size and --channels stay as the run began" in capsys.readouterr().err


def test_a_run_finds_its_folder_from_anywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    images(tmp_path / "one" / "imgs", 12)
    (tmp_path / "two").mkdir()
    monkeypatch.chdir(tmp_path / "one")
    assert train_here("vae", tmp_path, "--data", "folder:imgs", "--epochs", "1") == 0
    assert read_config(tmp_path / "vae-001").data == f"folder:{tmp_path / 'one' / 'imgs'}"
    monkeypatch.chdir(tmp_path / "two")
    assert train_here("vae", tmp_path, "--resume", "vae-001") == 0
    absolute = f"folder:{tmp_path / 'one' / 'imgs'}"
    assert train_here("vae", tmp_path, "--resume", "vae-001", "--data", absolute) == 0
    capsys.readouterr()


def test_a_folder_that_has_moved_can_be_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    images(tmp_path / "imgs", 12)
    old, new = (f"folder:{tmp_path / name}" for name in ("imgs", "elsewhere"))
    assert train_here("vae", tmp_path, "--data", old, "--epochs", "1") == 0
    (tmp_path / "imgs").rename(tmp_path / "elsewhere")
    assert train_here("vae", tmp_path, "--resume", "vae-001") == 2
    assert "is not a folder" in capsys.readouterr().err
    assert train_here("vae", tmp_path, "--resume", "vae-001", "--data", new) == 0
    assert read_config(tmp_path / "vae-001").data == new
    assert train_here("vae", tmp_path, "--resume", "vae-001") == 0
    images(tmp_path / "others", 6)
    other = f"folder:{tmp_path / 'others'}"
    assert train_here("vae", tmp_path, "--resume", "vae-001", "--data", other) == 2
    assert "has changed since vae-001 began" in capsys.readouterr().err
    assert train_here("vae", tmp_path, "--resume", "vae-001", "--data", "digits") == 2
    assert read_config(tmp_path / "vae-001").data == new


def test_labels_of_the_latent_map_are_balanced_and_wide(tmp_path: Path) -> None:
    for label in range(300):
        images(tmp_path / "imgs" / f"{label}", 2, 2 * label)
    options = ("--data", f"folder:{tmp_path / 'imgs'}", "--epochs", "1")
    assert train_here("vae", tmp_path, *options) == 0
    with np.load(tmp_path / "vae-001" / "latent" / "0001.npz") as file:
        assert sorted(file["labels"].tolist()) == list(range(300))
    assert len(read_config(tmp_path / "vae-001").classes) == 300
    assert records(tmp_path / "vae-001", "epoch")


def test_a_run_of_the_first_format_reads_its_folder_as_it_was(tmp_path: Path) -> None:
    images(tmp_path / "imgs", 12)
    for path in (tmp_path / "imgs").iterdir():
        put(path, noise(int(path.stem), (40, 40), 3))
    options = ("--size", "28", "--channels", "1", "--epochs", "1")
    assert train_here("vae", tmp_path, "--data", f"folder:{tmp_path / 'imgs'}", *options) == 0
    path = tmp_path / "vae-001" / "config.json"
    written = json.loads(path.read_text())
    del written["data_options"], written["image_shape"]
    path.write_text(json.dumps({**written, "format": 1}))
    assert read_config(tmp_path / "vae-001").data_options == DataOptions((28, 28), 1)
    assert train_here("vae", tmp_path, "--resume", "vae-001") == 0
