"""Real trainers in processes of their own, and what their run directories say."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from aetui.cli.main import main

PATIENCE = 60.0  # seconds; CI machines are slow and busy
SMALL = ("--threads", "1", "--precision", "float32", "--device", "cpu")
WIDTHS = {"vae": "32", "dae": "4,4,4", "conv-vae": "32"}


def command(model: str, runs: Path, *options: str) -> list[str]:
    """The arguments of a small training, on the digits unless `options` name other data."""
    given = set(options)
    widths = [] if {"--resume", "--hidden"} & given else ["--hidden", WIDTHS[model]]
    data = [] if {"--resume", "--data"} & given else ["--data", "digits"]
    return ["train", model, "--runs", str(runs), *SMALL, *data, *widths, *options]


def train_here(model: str, runs: Path, *options: str) -> int:
    """Train in this process; the exit code."""
    return main(command(model, runs, *options))


@contextmanager
def trainer(
    model: str, runs: Path, *options: str, output: Path | None = None, errors: Path | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """A trainer in a process of its own, killed at the end of the block if it still lives."""
    nowhere = Path(os.devnull)
    with (output or nowhere).open("wb") as out, (errors or nowhere).open("wb") as err:
        process = subprocess.Popen(
            [sys.executable, "-m", "aetui", *command(model, runs, *options)],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
        )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGCONT)
            process.kill()
        process.wait()


def wait_until(
    condition: Callable[[], object], what: str, process: subprocess.Popen[bytes] | None = None
) -> None:
    """Wait for `condition`, while `process` lives."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, f"never: {what}"
        assert process is None or process.poll() is None, f"it ended before: {what}"
        time.sleep(0.01)


def records(run: Path, kind: str = "") -> list[dict[str, Any]]:
    """The records of metrics.jsonl; every complete line must be one."""
    path = run / "metrics.jsonl"
    lines = path.read_bytes().split(b"\n")[:-1] if path.exists() else []
    found = [json.loads(line) for line in lines]
    return [record for record in found if record["kind"] == kind or not kind]


def events(run: Path) -> list[str]:
    """The names of the run's events, in order."""
    return [record["event"] for record in records(run, "event")]


def files(run: Path) -> dict[str, bytes]:
    """The run's files by name, but for the lock: whoever tries the run leaves a number there."""
    found = (path for path in run.iterdir() if path.is_file() and path.name != "lock")
    return {path.name: path.read_bytes() for path in found}


def newest_step(run: Path) -> int:
    """The last step with a line in metrics.jsonl."""
    path = run / "metrics.jsonl"
    lines = path.read_bytes()[-4096:].split(b"\n")[1:-1] if path.exists() else []
    return max((json.loads(line).get("step", 0) for line in lines), default=0)


def curve(run: Path) -> list[dict[str, Any]]:
    """The step and epoch lines without what a clock decides. Of steps taken twice, the second."""
    clocked = ("time", "elapsed", "images_per_s", "device", "memory_mb")
    lines = [record for record in records(run) if record["kind"] != "event"]
    taken = {(line["kind"], line["step"]): line for line in lines}
    return [
        {key: value for key, value in taken[at].items() if key not in clocked}
        for at in sorted(taken, key=lambda at: (at[1], at[0]))
    ]
