"""The measurements of `aetui bench start`: how long one waits before there is something to see.

What needs torch is held against `import torch` in the same run, the app against a bare one.
"""

from __future__ import annotations

import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from aetui.bench.many_runs import measure_many_runs
from aetui.bench.pseudoterminal import Pseudoterminal
from aetui.catalog import model_specs
from aetui.processes.children import child_environment, python_code, python_command
from aetui.processes.trainer import TrainerOptions
from aetui.runs.directory import METRICS
from aetui.runs.metrics import MetricsTail

REPEATS: Final = 3
PATIENCE: Final = 120.0  # seconds
SMALL: Final = (80, 24)  # half blocks of an image are drawn with a character there
DATA: Final = ("mnist", "digits")
Say = Callable[[str], None]


def bench_start(runs: Path, options: TrainerOptions, say: Say) -> None:
    """Measure first pictures, first steps of trainings, and a folder of two thousand runs."""
    launch = [*python_command("aetui"), "launch"]
    torch = _median(_import_torch)
    say(f"import torch: {torch:.2f} s; medians of {REPEATS} from here on")
    bare = _median(lambda: _first([*python_command("aetui.bench.bare")], b"keys"))
    app = _median(lambda: _first([*launch, "--runs", str(runs)], b"Navigate"))
    say(f"first picture: {app:.2f} s, {app / bare:.2f} times that of a bare Textual app")
    shown = [*launch, "--runs", str(runs)]
    digit = _median(lambda: _after_key(shown, b"n", "▀".encode()))
    say(f"first decoded image: {digit:.2f} s after the first picture")
    plane = _median(lambda: _after_key(shown, b"m", "▀".encode()))
    say(f"first scanned plane: {plane:.2f} s after the first picture")
    clean = app + _median(lambda: _after_key(shown, b"d", b"PSNR"))
    say(f"first denoised images: {clean:.2f} s, {clean / torch:.2f} times import torch")
    for spec in model_specs():
        if spec.featured:
            for data in DATA:
                _say_first_step(spec.name, data, options, torch, say)
    with tempfile.TemporaryDirectory(prefix="aetui-bench-") as folder:
        measure_many_runs(Path(folder), launch, say)


def _median(measure: Callable[[], float]) -> float:
    return statistics.median(measure() for _ in range(REPEATS))


def _import_torch() -> float:
    start = time.perf_counter()
    subprocess.run(python_code("import torch"), env=child_environment(), check=True)
    return time.perf_counter() - start


def _first(command: list[str], wanted: bytes) -> float:
    """Seconds from the start of the program until it has written `wanted`."""
    with Pseudoterminal(command) as terminal:
        return _found(terminal.wait_for(wanted, PATIENCE), command)


def _after_key(command: list[str], key: bytes, wanted: bytes) -> float:
    """Seconds from the app's first picture, at which the key is pressed, until `wanted`."""
    with Pseudoterminal(command, SMALL) as terminal:
        first = _found(terminal.wait_for(b"Navigate", PATIENCE), command)
        terminal.type(key)
        return _found(terminal.wait_for(wanted, PATIENCE), command) - first


def _found(seconds: float | None, command: list[str]) -> float:
    if seconds is None:
        raise RuntimeError(f"{' '.join(command)} does not show what it should")
    return seconds


def _say_first_step(model: str, data: str, options: TrainerOptions, torch: float, say: Say) -> None:
    try:
        seconds = _median(lambda: _first_step(model, data, options))
    except RuntimeError as error:
        say(f"first step of {model} on {data}: not measured ({error})")
        return
    ratio = f"{seconds / torch:.2f} times import torch"
    say(f"first step of {model} on {data}: {seconds:.2f} s, {ratio}")


def _first_step(model: str, data: str, options: TrainerOptions) -> float:
    """Seconds until a training has written of its first steps."""
    with tempfile.TemporaryDirectory(prefix="aetui-bench-") as folder:
        command = [*python_command("aetui"), "train", model, "--name", "run", "--runs", folder]
        command += ["--data", data, "--device", options.device]
        if options.data_dir is not None:
            command += ["--data-dir", str(options.data_dir)]
        start = time.perf_counter()
        trainer = subprocess.Popen(
            command,
            env=child_environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            tail = MetricsTail(Path(folder) / "run" / METRICS)
            while not any(record["kind"] == "step" for record in tail.read()):
                if trainer.poll() is not None:
                    said = trainer.communicate()[1].strip().splitlines() or ["no reason given"]
                    raise RuntimeError(said[-1])
                time.sleep(0.005)
            return time.perf_counter() - start
        finally:
            trainer.kill()
            trainer.communicate()
