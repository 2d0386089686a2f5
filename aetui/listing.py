"""`aetui runs`: every run on one line."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from aetui.config import BadInput, printable
from aetui.rundir import RunSummary, list_runs, summarise

COLUMNS = ("run", "model", "data", "epochs", "test", "state", "age")


def print_runs(folder: Path, *, as_json: bool) -> int:
    """List the runs in `folder`; what cannot be read is named on stderr. 0, or 2 where there is no such folder."""
    if not folder.is_dir():
        raise BadInput(f"there is no folder {folder}; start a training with `aetui train vae`, or name the folder with --runs.")
    summaries = []
    for run in list_runs(folder):
        try:
            summaries.append(summarise(run))
        except BadInput as error:
            print(f"aetui: {error}", file=sys.stderr)
    if as_json:
        print(json.dumps([_object(summary) for summary in summaries], indent=2))
        return 0
    if not summaries:
        print(f"no runs in {folder} yet; start one with `aetui train vae` or in `aetui launch`")
        return 0
    rows = [COLUMNS, *(_row(summary) for summary in summaries)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(COLUMNS))]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    return 0


def _row(summary: RunSummary) -> tuple[str, ...]:
    config = summary.config
    epochs = f"{summary.epoch:g}/{config.hyperparameters.epochs}"
    return (
        summary.path.name, config.model, printable(config.data, 30), epochs, score(summary), summary.state, age(summary.modified)
    )  # fmt: skip


def score(summary: RunSummary) -> str:
    """The test score in its unit, or a dash before the first epoch."""
    if summary.test_psnr is not None:
        return f"{summary.test_psnr:.2f} dB"
    return f"{summary.test_loss:.2f} nats" if summary.test_loss is not None else "-"


def age(when: float) -> str:
    """How long ago the unix time `when` was, in its largest unit."""
    seconds = max(0.0, time.time() - when)
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"


def _object(summary: RunSummary) -> dict[str, object]:
    return {
        "run": summary.path.name,
        "path": str(summary.path),
        "model": summary.config.model,
        "data": summary.config.data,
        "epoch": summary.epoch,
        "epochs": summary.config.hyperparameters.epochs,
        "test_loss": summary.test_loss,
        "test_psnr": summary.test_psnr,
        "state": summary.state,
        "age_s": round(time.time() - summary.modified, 1),
    }
