"""The inference process reads test images beside its answers, and waits for no folder."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from filelock import FileLock

from aetui.protocol import LENGTHS, Packet
from tests.datasets import images
from tests.trainers import train_here

SAMPLE = {"count": 6, "sample": 1, "noise": "gaussian", "strength": 0.5}


class Server:
    """`aetui.ml.serve` in a process of its own."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        assert self.read().header["kind"] == "ready"

    def read(self) -> Packet:
        out = self._process.stdout
        assert out is not None
        header, body = (out.read(length) for length in LENGTHS.unpack(out.read(LENGTHS.size)))
        return Packet.from_parts(header, body)

    def send(self, header: dict[str, Any], **arrays: np.ndarray) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(Packet(header, arrays).to_bytes())
        self._process.stdin.flush()


@contextmanager
def server() -> Iterator[Server]:
    with subprocess.Popen(
        [sys.executable, "-m", "aetui.ml.serve"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        yield Server(process)
        assert process.stdin is not None
        process.stdin.close()
        process.wait(30)


def test_a_decode_does_not_wait_for_a_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for kind in ("a", "b"):
        images(tmp_path / "imgs" / kind, 300, ord(kind) * 300)
    data = ("--data", f"folder:{tmp_path / 'imgs'}", "--epochs", "1", "--size", "8")
    assert train_here("vae", tmp_path, *data) == 0
    assert train_here("dae", tmp_path, *data) == 0
    (kept,) = (tmp_path / "cache" / "aetui" / "arrays").glob("folder-*.npz")
    kept.unlink()
    decode = {"kind": "decode", "run": str(tmp_path / "vae-001")}
    denoise = {"kind": "denoise", "run": str(tmp_path / "dae-001"), **SAMPLE}
    with server() as serving:
        with FileLock(kept.with_suffix(".lock")):  # as if another process was reading the folder
            serving.send({**denoise, "number": 1})
            for number in range(2, 5):
                serving.send({**decode, "number": number}, z=np.zeros((1, 2), np.float32))
                answer = serving.read()
                assert (answer.header["kind"], answer.header["number"]) == ("decode", number)
        answer = serving.read()
    assert (answer.header["kind"], answer.header["number"]) == ("denoise", 1)
    assert answer.header["note"] == ""
    assert answer.arrays["clean"].shape == (6, 1, 8, 8)


def test_a_folder_that_is_gone_is_said_so(trained: Path, tmp_path: Path) -> None:
    images(tmp_path / "imgs", 12)
    data = ("--data", f"folder:{tmp_path / 'imgs'}", "--epochs", "1", "--size", "16")
    assert train_here("dae", tmp_path, *data) == 0
    shutil.rmtree(tmp_path / "imgs")
    with server() as serving:
        denoise = {"kind": "denoise", **SAMPLE}
        serving.send({**denoise, "run": str(tmp_path / "dae-001"), "number": 1})
        error = serving.read().header["error"]
        assert "is not on this machine" in error
        serving.send({**denoise, "run": str(trained / "dae-001"), "number": 2})
        answer = serving.read()
    assert answer.header["note"] == ""
    assert answer.arrays["clean"].shape == (6, 1, 28, 28)
