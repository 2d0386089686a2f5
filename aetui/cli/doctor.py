"""`aetui doctor`: what was found on this machine and in this terminal, and what to do about it."""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from aetui.cli.doctor_terminal import examine_terminal
from aetui.cli.finding import Finding
from aetui.errors import BadInput
from aetui.machine import usable_cores
from aetui.processes.children import child_environment, python_command
from aetui.runs.lock import hold_lock

LEAST_FREE: Final = 1e9  # bytes


def examine(runs: Path, data_dir: Path) -> Iterator[Finding]:
    """Every finding, as it is made: the slow ones come last."""
    yield from examine_terminal()
    yield _runs_folder(runs)
    yield from examine_data(data_dir)
    yield from _torch()


def _runs_folder(runs: Path) -> Finding:
    """Whether a run can be made and locked there, tried as a training would."""
    absolute = runs.absolute()
    place = next(folder for folder in (absolute, *absolute.parents) if folder.exists())
    try:
        with (
            TemporaryDirectory(prefix=".aetui-doctor-", dir=place) as folder,
            hold_lock(Path(folder)),
        ):
            free = shutil.disk_usage(folder).free
    except (OSError, BadInput) as error:
        reason = str(error) if isinstance(error, BadInput) else error.strerror
        cure = "choose another folder with --runs"
        return Finding("runs", f"no run can be made in {runs}: {reason}", cure)
    found = f"{runs}: {free / 1e9:.1f} GB free"
    need = "a run takes 10 to 100 MB; make room, or choose another folder with --runs"
    return Finding("runs", found, need if free < LEAST_FREE else "")


def examine_data(data_dir: Path) -> Iterator[Finding]:
    """What the loader finds, and what `--data auto` would choose."""
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
    """What a training would choose, found out as a training would."""
    done = subprocess.run(
        python_command("aetui.ml.survey"),
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
    yield Finding("torch", f"{answer['version']}, Python {platform.python_version()}")
    for number, (name, free, total) in enumerate(answer["gpus"]):
        room = f"{free / 2**30:.1f} of {total / 2**30:.1f} GiB free"
        yield Finding("device", f"cuda:{number} {name}, {room}")
    if problem := answer.get("problem"):
        yield Finding("training", f"no training would start: {problem}", "try --device cpu")
        return
    yield _training(answer)


def _training(answer: Mapping[str, Any]) -> Finding:
    """The device, the precision and the threads of a training that is given no options for them."""
    device, threads = answer["device"], answer["threads"]
    found = f"on {device} in {answer['precision']}"
    if device != "cpu":
        return Finding("training", found)
    found += f", {threads} thread{'s' if threads > 1 else ''}"
    usable, cores = usable_cores(), os.cpu_count()
    if usable != cores:
        limits = "by affinity, OMP_NUM_THREADS or a CPU quota"
        found += f" ({usable} of {cores} cores may be used, {limits})"
    if shutil.which("nvidia-smi") and not answer["gpus"]:
        seen = f"nvidia-smi is here but torch (CUDA {answer['cuda']}) sees no GPU"
        return Finding("training", found, f"{seen}: is the driver older than that?")
    return Finding("training", found)
