"""`aetui metrics`: a run's metrics as a table."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import BinaryIO

from aetui.errors import BadInput, printable
from aetui.runs.directory import write_atomically
from aetui.runs.metrics_table import write_metrics_csv


def write_metrics(run: Path, output: Path | None) -> int:
    """Write the table to `output`, or print it."""
    if output is None:
        write_metrics_csv(run, sys.stdout)
        return 0
    if output.suffix.lower() != ".csv":
        raise BadInput(f"{printable(str(output))} must end in .csv, the format that is written.")

    def write(file: BinaryIO) -> None:
        text = io.TextIOWrapper(file, encoding="utf-8", newline="")
        write_metrics_csv(run, text)
        text.flush()
        text.detach()  # the file is the caller's

    try:
        write_atomically(output, write)
    except OSError as error:
        raise BadInput(f"{output} cannot be written ({error.strerror}).") from None
    print(output)
    return 0
