"""How fast the app is with two thousand runs, and with a run of a million lines."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from aetui.bench.pseudoterminal import Pseudoterminal
from aetui.catalog import model_specs
from aetui.config import RunConfig
from aetui.processes.children import child_environment, python_command
from aetui.runs.directory import CONFIG, METRICS
from aetui.runs.history import History
from aetui.runs.lock import LOCK
from aetui.runs.metrics import MetricsTail

COUNT: Final = 2000
IDLE_SECONDS: Final = 10.0
PATIENCE: Final = 60.0  # seconds
BEGUN: Final = 1_700_000_000.0  # unix seconds; a run each second from then on
LINES: Final = 1_000_000
Say = Callable[[str], None]


def measure_many_runs(folder: Path, launch: Sequence[str], say: Say) -> None:
    """Say how long the first picture, the list, its filter and `aetui runs` take, and idling."""
    two, many = folder / "two", folder / "many"
    make_runs(two, 2)
    make_runs(many, COUNT)
    few = _first_picture([*launch, "--runs", str(two)])
    command = [*launch, "--runs", str(many)]
    say(f"{COUNT:,} runs: first picture {_first_picture(command):.2f} s; with two, {few:.2f} s")
    with Pseudoterminal(command) as terminal:
        terminal.wait_for(b"Navigate", PATIENCE)
        terminal.drain(2.0, 8.0)
        if (idle := _idle_share(terminal)) is not None:
            say(f"  idle: {100 * idle:.1f} % of a core")
        say(f"  the list: {_answer(terminal, b'o', b'newest first'):.3f} s")
        terminal.drain(0.5, 2.0)
        terminal.type(b"1234")
        say(f"  its filter: {terminal.drain(0.2, 5.0).last or 0.0:.3f} s")
    start = time.perf_counter()
    listing = [*python_command("aetui"), "runs", "--runs", str(many)]
    subprocess.run(listing, env=child_environment(), stdout=subprocess.DEVNULL, check=True)
    say(f"  `aetui runs`: {time.perf_counter() - start:.2f} s")
    say(f"a run of {LINES:,} lines is read in {_read_long_run(folder):.2f} s")


def make_runs(folder: Path, count: int) -> None:
    """So many finished runs of the first model, small but whole."""
    spec = model_specs()[0]
    config = RunConfig(spec.name, "mnist", spec.resolve({}), train_images=60_000)
    epochs = config.hyperparameters.epochs
    for number in range(count):
        run = folder / f"{spec.name}-{number:04d}"
        run.mkdir(parents=True)
        (run / CONFIG).write_text(replace(config, created=BEGUN + number).to_json())
        (run / LOCK).write_text("1\n")
        os.utime(run / LOCK, (BEGUN, BEGUN))
        lines = [
            {"kind": "epoch", "epoch": epoch, "train_loss": 150.0, "test_loss": 150 - epoch / 10}
            for epoch in range(1, epochs + 1)
        ]
        text = "".join(json.dumps(line) + "\n" for line in lines)
        (run / METRICS).write_text(text + '{"kind": "event", "event": "done"}\n')


def _first_picture(command: Sequence[str]) -> float:
    with Pseudoterminal(command) as terminal:
        seconds = terminal.wait_for(b"Navigate", PATIENCE)
    if seconds is None:
        raise RuntimeError(f"{' '.join(command)} shows nothing")
    return seconds


def _answer(terminal: Pseudoterminal, keys: bytes, wanted: bytes) -> float:
    """Seconds from the keys until the app has written `wanted`."""
    start = time.perf_counter()
    terminal.type(keys)
    if terminal.wait_for(wanted, PATIENCE) is None:
        raise RuntimeError(f"{keys!r} does not show {wanted!r}")
    return time.perf_counter() - start


def _idle_share(terminal: Pseudoterminal) -> float | None:
    """The share of a core that the idle app takes; None where that cannot be seen."""
    try:
        before = _cpu_seconds(terminal.pid)
        end = time.monotonic() + IDLE_SECONDS
        while time.monotonic() < end:
            terminal.drain(0.5, 0.5)
        return (_cpu_seconds(terminal.pid) - before) / IDLE_SECONDS
    except OSError:  # no /proc here
        return None


def _cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _read_long_run(folder: Path) -> float:
    path = folder / METRICS
    line = {"kind": "step", "time": BEGUN, "loss": 150.123456789, "lr": 1e-3, "images_per_s": 1234}
    with path.open("w") as file:
        for step in range(1, LINES + 1):
            file.write(json.dumps({**line, "step": step, "epoch": step / 1000}) + "\n")
    start, history = time.perf_counter(), History()
    for record in MetricsTail(path).read():
        history.add(record)
    history.snapshot()
    return time.perf_counter() - start
