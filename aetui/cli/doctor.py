"""`aetui doctor`: what was found on this machine and in this terminal, and what to do about it."""

from __future__ import annotations

import json
import os
import platform
import select
import shutil
import subprocess
import sys
import termios
import time
import tty
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from aetui.errors import BadInput
from aetui.processes.children import child_environment, python_code
from aetui.terminal import detect_terminal
from aetui.terminal.characters import knows_unicode

SMALLEST: Final = (80, 24)
SLOW: Final = 0.15  # seconds to the terminal and back
ANSWER_WITHIN: Final = (
    1.0  # seconds; a terminal that does not answer by then does not know the question
)
TORCH_QUESTION: Final = """
import json, torch
cuda = torch.cuda
gpus = [(cuda.get_device_name(n), *cuda.mem_get_info(n)) for n in range(cuda.device_count())]
found = {"version": torch.__version__, "gpus": gpus, "cuda": torch.version.cuda}
print(json.dumps({**found, "mps": torch.backends.mps.is_available()}))
"""


@dataclass(frozen=True)
class Finding:
    """One line: what was looked at, what was found, and, where it is not well, what to do."""

    what: str
    found: str
    cure: str = ""

    def __str__(self) -> str:
        mark = "!" if self.cure else "ok"
        line = f"{mark:>2}  {self.what:<12} {self.found}"
        return f"{line}\n{'':17}{self.cure}" if self.cure else line


def examine(runs: Path, data_dir: Path, environ: Mapping[str, str]) -> Iterator[Finding]:
    """Every finding, as it is made: the slow ones come last."""
    yield _terminal(environ)
    yield _unicode(environ)
    yield _size()
    yield _connection(environ)
    yield _round_trip()
    yield _runs_folder(runs)
    yield from examine_data(data_dir)
    yield from _torch()


def _terminal(environ: Mapping[str, str]) -> Finding:
    term = environ.get("TERM", "(unset)")
    try:
        look = detect_terminal(environ)
    except BadInput as error:
        return Finding("terminal", f"TERM={term}", str(error))
    found = f"TERM={term}, COLORTERM={environ.get('COLORTERM', '(unset)')}: colours {look.colours}"
    if look.colours == "none":
        return Finding("terminal", found + " (NO_COLOR is set)")
    if look.colours == "16":
        return Finding(
            "terminal",
            found,
            "digits are drawn in five shades; if the terminal knows 256 colours, use --color 256",
        )
    return Finding("terminal", found)


def _unicode(environ: Mapping[str, str]) -> Finding:
    locale = environ.get("LC_ALL") or environ.get("LC_CTYPE") or environ.get("LANG") or "(unset)"
    if knows_unicode(environ):
        return Finding("characters", f"locale {locale}: Unicode (--ascii if it looks wrong)")
    return Finding(
        "characters",
        f"locale {locale}: ASCII only",
        "if the terminal knows UTF-8, set LANG to a UTF-8 locale, say C.UTF-8",
    )


def _size() -> Finding:
    columns, rows = shutil.get_terminal_size()
    small = columns < SMALLEST[0] or rows < SMALLEST[1]
    return Finding(
        "size",
        f"{columns}x{rows}",
        f"aetui needs {SMALLEST[0]}x{SMALLEST[1]}: enlarge the window" if small else "",
    )


def _connection(environ: Mapping[str, str]) -> Finding:
    inside = [
        name
        for name, key in (
            ("tmux", "TMUX"),
            ("screen", "STY"),
            ("SSH", "SSH_CONNECTION"),
            ("mosh", "MOSH_SERVER"),
        )
        if key in environ
    ]
    if "TMUX" in environ and environ.get("COLORTERM", "") == "":
        return Finding(
            "inside",
            " and ".join(inside),
            'for true colour: set -ga terminal-features ",*:RGB" in tmux, and COLORTERM=truecolor',
        )
    return Finding("inside", " and ".join(inside) or "neither tmux nor SSH")


def _round_trip() -> Finding:
    seconds = ask_terminal()
    if seconds is None:
        return Finding(
            "round trip",
            "the terminal does not answer (no terminal, or one that does not know the question)",
        )
    slow = (
        "keys take that long to show, whatever aetui does; --fps 10 keeps the line free"
        if seconds > SLOW
        else ""
    )
    return Finding("round trip", f"{seconds * 1e3:.0f} ms to the terminal and back", slow)


def ask_terminal() -> float | None:
    """Seconds until the terminal says where its cursor is; None where it does not."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        return None
    before = termios.tcgetattr(sys.stdin)
    try:
        tty.setcbreak(sys.stdin)
        start = time.perf_counter()
        os.write(sys.stdout.fileno(), b"\x1b[6n")
        answer = b""
        while not answer.endswith(b"R"):
            left = start + ANSWER_WITHIN - time.perf_counter()
            if left <= 0 or not select.select([sys.stdin], [], [], left)[0]:
                return None
            answer += os.read(sys.stdin.fileno(), 32)
        return time.perf_counter() - start
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, before)


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
