"""`aetui doctor`: what was found on this machine and in this terminal, and what to do about it."""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from aetui.cli.doctor_terminal import examine_terminal
from aetui.cli.finding import Finding
from aetui.processes.children import child_environment, python_code

TORCH_QUESTION: Final = """
import json, torch
cuda = torch.cuda
gpus = [(cuda.get_device_name(n), *cuda.mem_get_info(n)) for n in range(cuda.device_count())]
found = {"version": torch.__version__, "gpus": gpus, "cuda": torch.version.cuda}
print(json.dumps({**found, "mps": torch.backends.mps.is_available()}))
"""


def examine(runs: Path, data_dir: Path) -> Iterator[Finding]:
    """Every finding, as it is made: the slow ones come last."""
    yield from examine_terminal()
    yield _runs_folder(runs)
    yield from examine_data(data_dir)
    yield from _torch()


def _runs_folder(runs: Path) -> Finding:
    place = next(
        folder for folder in (runs.absolute(), *runs.absolute().parents) if folder.exists()
    )
    free = shutil.disk_usage(place).free
    found = f"{runs}: {free / 1e9:.1f} GB free"
    if not os.access(place, os.W_OK):
        return Finding("runs", f"{runs} cannot be written", "choose another folder with --runs")
    if free < 1e9:
        return Finding(
            "runs",
            found,
            "a run takes 10 to 100 MB; make room, or choose another folder with --runs",
        )
    return Finding("runs", found)


def examine_data(data_dir: Path) -> Iterator[Finding]:
    """What the loader finds, and what `--data auto` would come to."""
    from aetui.ml.data.inventory import take_stock

    stocks = {stock.name: stock for stock in take_stock(data_dir)}
    for stock in stocks.values():
        if stock.problem:
            yield Finding("data", f"{stock.name} cannot be read", stock.problem)
        elif stock.usable:
            automatic = "; --data auto takes it" if stock.name == "mnist" else ""
            yield Finding("data", f"{stock.name} in {stock.search.folder}{automatic}")
    mnist = stocks["mnist"]
    if not mnist.search.found:
        download = f"--data auto downloads it to {data_dir / 'MNIST' / 'raw'}"
        without = "without internet, it trains on the built-in digits"
        cure = f"{download}; {without}. Or copy its files there, or set AETUI_DATA_DIR."
        yield Finding("data", f"no mnist; looked in {mnist.search}", cure)


def _torch() -> Iterator[Finding]:
    """Asked in a process of its own: it takes seconds, and a broken installation may crash it."""
    done = subprocess.run(
        python_code(TORCH_QUESTION),
        env=child_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        yield Finding("torch", last, "install torch anew: uv sync --reinstall-package torch")
        return
    answer = json.loads(done.stdout)
    yield Finding(
        "torch", f"{answer['version']}, Python {platform.python_version()}, {os.cpu_count()} cores"
    )
    for number, (name, free, total) in enumerate(answer["gpus"]):
        yield Finding(
            "device", f"cuda:{number} {name}, {free / 2**30:.1f} of {total / 2**30:.1f} GiB free"
        )
    if answer["mps"]:
        yield Finding("device", "mps")
    if not answer["gpus"] and not answer["mps"]:
        seen = f"nvidia-smi is here but torch (CUDA {answer['cuda']}) sees no GPU"
        cure = f"{seen}: is the driver older than that?" if shutil.which("nvidia-smi") else ""
        yield Finding("device", "cpu only", cure)
