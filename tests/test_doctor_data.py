"""What `aetui doctor` says of data: what a training would find, no more and no less."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path

import pytest

from aetui.cli.doctor import examine_data
from aetui.ml.data.load import load
from tests.datasets import mnist_files, write


def findings(folder: Path) -> Iterator[str]:
    return map(str, examine_data(folder))


@pytest.mark.parametrize("inside", [".", "MNIST", "MNIST/raw", "deeper/MNIST/raw"])
def test_what_training_finds_is_reported(tmp_path: Path, inside: str) -> None:
    packed = {f"{name}.gz": gzip.compress(data) for name, data in mnist_files().items()}
    write(tmp_path / inside, packed)
    line = next(findings(tmp_path))
    assert line.startswith("ok")
    assert f"mnist in {tmp_path / inside}; --data auto takes it" in line
    assert load("auto", tmp_path, download=False).name == "mnist"


def test_what_training_would_refuse_is_reported(tmp_path: Path) -> None:
    files = mnist_files()
    files["t10k-images-idx3-ubyte"] = files["t10k-images-idx3-ubyte"][:-5]
    write(tmp_path / "MNIST" / "raw", files)
    (line,) = findings(tmp_path)
    assert line.strip().startswith("!")
    assert "t10k-images-idx3-ubyte is damaged" in line


def test_what_is_lacking_is_reported_with_the_cure(tmp_path: Path) -> None:
    files = mnist_files()
    del files["train-labels-idx1-ubyte"]
    write(tmp_path / "MNIST" / "raw", files)
    (line,) = findings(tmp_path)
    assert line.strip().startswith("!")
    assert "lacks train-labels-idx1-ubyte" in line
    assert "digits" in line


def test_other_sets_are_listed(tmp_path: Path) -> None:
    write(tmp_path / "KMNIST" / "raw", mnist_files())
    lines = list(findings(tmp_path))
    assert any(line.startswith("ok") and "kmnist in" in line for line in lines)
    assert any("no mnist" in line for line in lines)
