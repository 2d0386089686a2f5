"""Runs to look at, and where the data lies."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from aetui import catalog
from aetui.ml.models import registry
from aetui.preferences import write_preferences
from aetui.runs.lock import lock_holder
from tests.trainers import train_here

ROOT = Path(__file__).parent.parent
SHARED_DATA = ROOT.parent / "shared" / "data"


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reads or changes the user's cache and preferences. The guide has been ended."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.getbasetemp() / "cache"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.getbasetemp() / "config"))
    monkeypatch.delenv("AETUI_DATA_DIR", raising=False)
    write_preferences(guide={"ended": True})


@pytest.fixture(autouse=True)
def _own_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    """A model that a test registers is unknown to the tests after it."""
    monkeypatch.setattr(catalog, "_models", dict(catalog._models))
    monkeypatch.setattr(registry, "_classes", dict(registry._classes))


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    """Small tensors gain nothing from more threads, and lose much on a machine that is busy."""
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def mnist_dir() -> Path:
    """The folder that holds real MNIST; tests that truly need it are skipped without."""
    for folder in (os.environ.get("AETUI_DATA_DIR"), SHARED_DATA):
        if folder and (Path(folder) / "MNIST" / "raw" / "train-images-idx3-ubyte").is_file():
            return Path(folder)
    pytest.skip("needs MNIST: set AETUI_DATA_DIR to a folder that holds MNIST/raw")


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A runs folder with vae-001 and dae-001, two epochs of the built-in digits. Not to change."""
    runs = tmp_path_factory.mktemp("trained")
    for model, widths in (("vae", "64,32"), ("dae", "8,8,8")):
        assert train_here(model, runs, "--epochs", "2", "--hidden", widths) == 0
    return runs


@pytest.fixture
def runs(tmp_path: Path) -> Iterator[Path]:
    """A runs folder; whatever still trains in it at the end is killed."""
    yield tmp_path
    for run in tmp_path.glob("*"):
        if pid := lock_holder(run):
            os.kill(pid, signal.SIGKILL)
