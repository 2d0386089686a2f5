"""The measurements of `aetui bench start`: the time until there is something to see.

What needs torch is compared with `import torch` in the same run, the app with a bare Textual app.
"""

from __future__ import annotations

import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

from aetui.bench.many_runs import measure_many_runs
from aetui.bench.pseudoterminal import Pseudoterminal
from aetui.catalog import model_specs
from aetui.processes.children import child_environment, python_code, python_command
from aetui.processes.trainer_options import TrainerOptions
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
    shown = [*launch, "--runs", str(runs)]
    say(f"medians of {REPEATS}; ratios to `import torch`, measured before each")
    bare = _median(lambda: _first([*python_command("aetui.bench.bare")], b"keys"))
    app = _median(lambda: _first(shown, b"Navigate"))
    say(f"first picture: {app:.2f} s, {app / bare:.2f} times that of a bare Textual app")
    digit = _median(lambda: _after_key(shown, b"n", "▀".encode()))
    say(f"first decoded image: {digit:.2f} s after the first picture")
    plane = _median(lambda: _after_key(shown, b"m", "▀".encode()))
    say(f"first scanned plane: {plane:.2f} s after the first picture")
    _say_ratio("first denoised images", lambda: app + _after_key(shown, b"d", b"PSNR"), say)
    for spec in model_specs():
        if spec.featured:
            for data in DATA:
                first_step = partial(_first_step, spec.name, data, options)
                _say_ratio(f"first step of {spec.name} on {data}", first_step, say)
    with tempfile.TemporaryDirectory(prefix="aetui-bench-") as folder:
        measure_many_runs(Path(folder), launch, say)


def _median(measure: Callable[[], float]) -> float:
    return statistics.median(measure() for _ in range(REPEATS))


def _say_ratio(what: str, measure: Callable[[], float], say: Say) -> None:
    """Measure in turn with `import torch`, so that other work on the machine slows both alike."""
    try:
        pairs = [(_import_torch(), measure()) for _ in range(REPEATS)]
    except RuntimeError as error:
        say(f"{what}: not measured ({error})")
        return
    torch, seconds = (statistics.median(column) for column in zip(*pairs, strict=True))
    ratio = statistics.median(ours / theirs for theirs, ours in pairs)
    say(f"{what}: {seconds:.2f} s, {ratio:.2f} times import torch ({torch:.2f} s)")


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


def _first_step(model: str, data: str, options: TrainerOptions) -> float:
    """Seconds until a training has written of its first step."""
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
