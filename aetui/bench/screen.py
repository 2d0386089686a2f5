"""The measurements of `aetui bench screen`, printed with their ratios."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from aetui.bench.background import cost_of_watching, trainings
from aetui.bench.pseudoterminal import Pseudoterminal
from aetui.catalog import model_specs
from aetui.processes.children import python_command
from aetui.processes.trainer_options import TrainerOptions

RIGHT, LEFT = b"\x1b[C", b"\x1b[D"
KEYS: Final = 60
HELD_KEYS: Final = 300
HELD_SECONDS: Final = 3.0
STARTS: Final = 5
Say = Callable[[str], None]


@dataclass(frozen=True)
class Keys:
    """What a key costs: medians over KEYS presses, and the 95th percentile of the time."""

    count: float  # bytes
    median: float  # seconds
    late: float


def bench_screen(runs: Path, options: TrainerOptions, say: Say) -> None:
    """Measure keys, held keys, the start, and what a training loses by being watched.

    The navigator shows the newest run with a plane in `runs`. Keys are measured alone, then beside
    trainings of the featured models.
    """
    bare = python_command("aetui.bench.bare")
    naive = python_command("aetui.bench.naive")
    launch = [*python_command("aetui"), "launch"]
    ours = [*launch, "--runs", str(runs)]
    say("a key, 120x40, median of 60 (95th percentile), nothing else running:")
    reference = _measure_keys(bare, b"keys", b"")
    _say_keys("bare Textual app", reference, reference, say)
    _say_keys("28x28 image in a Static", _measure_keys(naive, "▄".encode(), b""), reference, say)
    _say_keys("aetui, navigator", _measure_keys(ours, b"Navigate", b"n"), reference, say)
    first = {
        name: _measure_start(command, word)
        for name, command, word in (("bare", bare, b"keys"), ("aetui", ours, b"Navigate"))
    }
    ratio = first["aetui"] / first["bare"]
    times = f"bare {first['bare']:.2f} s, aetui {first['aetui']:.2f} s, {ratio:.2f} times"
    say(f"first picture: {times}")
    with trainings([spec.name for spec in model_specs() if spec.featured], options):
        say("a key, while the featured models train:")
        reference = _measure_keys(bare, b"keys", b"")
        _say_keys("bare Textual app", reference, reference, say)
        _say_keys("aetui, navigator", _measure_keys(ours, b"Navigate", b"n"), reference, say)
        _measure_held_keys(ours, say)
    cost = cost_of_watching(launch, options)
    say(
        f"a training takes {cost.alone:.1f} steps/s alone, {cost.shown:.1%} fewer while it is shown"
    )
    say(f"  and {cost.frozen:.1%} fewer while the app that shows it is frozen")


def _measure_keys(command: list[str], ready: bytes, warm: bytes) -> Keys:
    with Pseudoterminal(command) as terminal:
        _warm_up(terminal, ready, warm)
        # To and fro, so that the walk stays where there are digits.
        answers = [
            terminal.measure_key(RIGHT if number % 20 < 10 else LEFT) for number in range(KEYS)
        ]
    times = sorted(answer.last for answer in answers if answer.last is not None)
    if not times:
        raise RuntimeError(f"{' '.join(command)} answers no key")
    return Keys(
        statistics.median(answer.count for answer in answers),
        statistics.median(times),
        times[int(len(times) * 0.95)],
    )


def _warm_up(terminal: Pseudoterminal, ready: bytes, keys: bytes) -> None:
    if terminal.wait_for(ready, 30) is None:
        raise RuntimeError("the program shows nothing")
    terminal.drain(1.0, 15)
    if keys:
        terminal.type(keys)
        terminal.drain(2.0, 20)  # torch may still be loading
        for key in (RIGHT, LEFT):
            terminal.measure_key(key)


def _say_keys(name: str, keys: Keys, reference: Keys, say: Say) -> None:
    median, late = keys.median / reference.median, keys.late / reference.median
    times = f"{keys.median * 1e3:6.1f} ms ({keys.late * 1e3:6.1f} ms)"
    ratios = f"{median:4.1f} times bare ({late:4.1f} times)"
    say(f"  {name:<24} {keys.count:8,.0f} bytes  {times}  {ratios}")


def _measure_held_keys(command: list[str], say: Say) -> None:
    with Pseudoterminal(command) as terminal:
        _warm_up(terminal, b"Navigate", b"n")
        frames, start, count = terminal.frames, time.perf_counter(), 0
        for number in range(HELD_KEYS):
            terminal.type(RIGHT if number % 20 < 10 else LEFT)
            left = start + (number + 1) * HELD_SECONDS / HELD_KEYS - time.perf_counter()
            count += terminal.drain(max(left, 0.001), max(left, 0.001)).count
        after = terminal.drain(0.3, 3.0)
        late = after.last or 0.0
        frames = terminal.frames - frames
    rate = f"{frames / HELD_SECONDS:.0f} frames a second, {count / HELD_SECONDS / 1e3:.1f} kB/s"
    still = f"the last change comes {late * 1e3:.0f} ms after the last key"
    say(f"{HELD_KEYS} keys held for {HELD_SECONDS:.0f} s: {rate}; {still}")


def _measure_start(command: list[str], ready: bytes) -> float:
    times = []
    for _ in range(STARTS):
        with Pseudoterminal(command) as terminal:
            seconds = terminal.wait_for(ready, 30)
            if seconds is None:
                raise RuntimeError(f"{' '.join(command)} shows nothing")
            times.append(seconds)
    return statistics.median(times)
