"""What `aetui train` prints: one rewritten line on a terminal, else plain or JSON lines."""

from __future__ import annotations

import contextlib
import json
import shutil
import sys
from typing import IO, Final

from aetui.errors import printable, printable_lines
from aetui.runs.metrics import Record

IN_PROGRESS: Final = "reading "
MOST_LINES: Final = 30  # of a message: a traceback has some


class Progress:
    """Shows the records of a training. Without a terminal it writes no control codes."""

    def __init__(self, *, as_json: bool, out: IO[str] | None = None) -> None:
        self._out = out or sys.stdout
        self._json = as_json
        self._live = not as_json and self._out.isatty()
        self._open_line = False
        self._told_in_place = False

    def tell(self, text: str) -> None:
        """Show on stderr what is done before the training; progress, on a terminal, in one line."""
        shown = printable(text, 1000)
        with contextlib.suppress(OSError):  # the terminal may be gone
            if shown.startswith(IN_PROGRESS) and sys.stderr.isatty():
                width = shutil.get_terminal_size().columns - 1
                print(f"\r{shown[:width]:<{width}}", end="", file=sys.stderr, flush=True)
                self._told_in_place = True
            else:
                self._end_told()
                print(shown, file=sys.stderr, flush=True)

    def _end_told(self) -> None:
        if self._told_in_place:
            self._told_in_place = False
            print(file=sys.stderr, flush=True)

    def __call__(self, record: Record) -> None:
        """Show one record."""
        self._end_told()
        if self._json:
            print(json.dumps(record), file=self._out, flush=True)
        elif record["kind"] == "step":
            if self._live:
                self._rewrite(_step_line(record))
        elif line := _epoch_line(record) if record["kind"] == "epoch" else _event_line(record):
            self.end()
            print(line, file=self._out, flush=True)

    def end(self) -> None:
        """Leave the line that rewrites itself as it is."""
        if self._open_line:
            print(file=self._out, flush=True)
            self._open_line = False

    def _rewrite(self, line: str) -> None:
        width = shutil.get_terminal_size().columns - 1
        print(f"\r{line[:width]:<{width}}", end="", file=self._out, flush=True)
        self._open_line = True


def _step_line(record: Record) -> str:
    progress = f"epoch {record['epoch']:7.2f}   loss {record['loss']:9.4f}"
    return f"{progress}   {record['images_per_s']:>9,} images/s   lr {record['lr']:.1e}"


def _epoch_line(record: Record) -> str:
    losses = f"train {record['train_loss']:9.4f}   test {record['test_loss']:9.4f}"
    line = f"epoch {record['epoch']:4d}   {losses}"
    if "test_psnr" in record:
        line += f"   PSNR {record['test_psnr']:6.2f} dB"
    if "test_kl" in record:
        parts = f"reconstruction {record['test_reconstruction']:8.3f}   KL {record['test_kl']:6.3f}"
        line += f"   {parts}"
    return f"{line}   {record['elapsed']:8.1f} s"


def _event_line(record: Record) -> str:
    if record["event"] == "saved":
        return ""
    message = "\n".join(printable_lines(record.get("message", ""), MOST_LINES, 400))
    return f"{record['event']}: {message}" if message else f"{record['event']}"
