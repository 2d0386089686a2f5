"""What `aetui train` prints: one rewritten line on a terminal, else plain or JSON lines."""

from __future__ import annotations

import contextlib
import json
import shutil
import sys
from typing import IO, Final

from aetui.errors import printable, printable_lines
from aetui.runs.metrics import Record, number_or_none

IN_PROGRESS: Final = "reading "
MOST_LINES: Final = 30  # lines of a message: a traceback has several


class Progress:
    """Shows the records of a training. Without a terminal it writes no control codes."""

    def __init__(self, *, as_json: bool, out: IO[str] | None = None) -> None:
        self._out = out or sys.stdout
        self._json = as_json
        self._live = not as_json and self._out.isatty()
        self._open_line = False
        self._told_in_place = False

    def tell(self, text: str) -> None:
        """Show on stderr what is done before the training; on a terminal, progress in one line."""
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
        elif line := epoch_line(record) if record["kind"] == "epoch" else event_line(record):
            self.end()
            print(line, file=self._out, flush=True)

    def end(self) -> None:
        """Keep the line that is being rewritten, and begin the next."""
        if self._open_line:
            print(file=self._out, flush=True)
            self._open_line = False

    def _rewrite(self, line: str) -> None:
        width = shutil.get_terminal_size().columns - 1
        print(f"\r{line[:width]:<{width}}", end="", file=self._out, flush=True)
        self._open_line = True


def _step_line(record: Record) -> str:
    place = f"epoch {record['epoch']:7.2f}   loss {record['loss']:9.4f}"
    return f"{place}   {record['images_per_s']:>9,} images/s   lr {record['lr']:.1e}"


EPOCH_FIGURES: Final = (
    ("epoch", "epoch {:4g}"),
    ("train_loss", "train {:9.4f}"),
    ("test_loss", "test {:9.4f}"),
    ("test_psnr", "PSNR {:6.2f} dB"),
    ("test_reconstruction", "reconstruction {:8.3f}"),
    ("test_kl", "KL {:6.3f}"),
    ("elapsed", "{:8.1f} s"),
)


def epoch_line(record: Record) -> str:
    """An epoch in a line: those of its figures that the record has."""
    given = [(number_or_none(record.get(key)), text) for key, text in EPOCH_FIGURES]
    return "   ".join(text.format(value) for value, text in given if value is not None)


def event_line(record: Record) -> str:
    """An event in a line; "" for a save and for what is no event."""
    if record["kind"] != "event" or record["event"] == "saved":
        return ""
    message = "\n".join(printable_lines(record.get("message", ""), MOST_LINES, 400))
    return f"{record['event']}: {message}" if message else f"{record['event']}"
