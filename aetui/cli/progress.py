"""What `aetui train` says while it trains: a line that rewrites itself on a terminal, plain or JSON lines elsewhere."""

from __future__ import annotations

import json
import shutil
import sys
from typing import IO

from aetui.errors import printable
from aetui.runs.metrics import Record


class Progress:
    """Shows the records of a training as they come. Without a terminal it writes no screen codes."""

    def __init__(self, *, as_json: bool, out: IO[str] | None = None) -> None:
        self._out = out or sys.stdout
        self._json = as_json
        self._live = not as_json and self._out.isatty()
        self._open_line = False

    def __call__(self, record: Record) -> None:
        """Show one record."""
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
    return f"epoch {record['epoch']:7.2f}   loss {record['loss']:9.4f}   {record['images_per_s']:>9,} images/s   lr {record['lr']:.1e}"


def _epoch_line(record: Record) -> str:
    line = f"epoch {record['epoch']:4d}   train {record['train_loss']:9.4f}   test {record['test_loss']:9.4f}"
    if "test_psnr" in record:
        line += f"   PSNR {record['test_psnr']:6.2f} dB"
    if "test_kl" in record:
        line += (
            f"   reconstruction {record['test_reconstruction']:8.3f}   KL {record['test_kl']:6.3f}"
        )
    return f"{line}   {record['elapsed']:8.1f} s"


def _event_line(record: Record) -> str:
    if record["event"] == "saved":
        return ""
    message = printable(record.get("message", ""), 400)
    return f"{record['event']}: {message}" if message else f"{record['event']}"
