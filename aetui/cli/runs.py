"""`aetui runs`: every run on one line."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any, Final

from aetui.errors import BadInput, printable
from aetui.runs.directory import DEFAULT_RUNS, list_runs, shipped_runs
from aetui.runs.summary import RunSummary, summarise

COLUMNS: Final = ("run", "model", "data", "epochs", "test", "state", "age")


def print_runs(folder: Path, *, as_json: bool) -> int:
    """List the runs in `folder` and those of aetui; runs that cannot be read are told on stderr."""
    if not folder.is_dir() and folder != DEFAULT_RUNS:
        cure = "start a training with `aetui train`, or name the folder with --runs"
        raise BadInput(f"there is no folder {folder}; {cure}.")
    summaries = []
    # A folder that was named holds what was asked for; otherwise the shipped runs belong to it.
    shipped = [shipped_runs()] if folder == DEFAULT_RUNS else []
    for run in list_runs(folder, *shipped):
        try:
            summaries.append(summarise(run))
        except BadInput as error:
            print(f"aetui: {error}", file=sys.stderr)
    if as_json:
        print(json.dumps([_object(summary) for summary in summaries], indent=2))
    elif not summaries:
        print(f"no runs in {folder} yet; start one with `aetui train` or in `aetui launch`")
    else:
        _print_table([COLUMNS, *map(_row, summaries)])
    return 0


def _print_table(rows: list[tuple[str, ...]]) -> None:
    widths = [max(len(row[column]) for row in rows) for column in range(len(COLUMNS))]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        print("  ".join(cells).rstrip())


def _row(summary: RunSummary) -> tuple[str, ...]:
    config = summary.config
    return (
        summary.name,
        config.model,
        printable(config.data, 30),
        f"{summary.epoch:g}/{config.hyperparameters.epochs}",
        summary.score_text,
        summary.state_text,
        summary.age,
    )


def _object(summary: RunSummary) -> dict[str, Any]:
    return {
        "run": summary.name,
        "path": str(summary.path),
        "model": summary.config.model,
        "data": summary.config.data,
        "epoch": summary.epoch,
        "epochs": summary.config.hyperparameters.epochs,
        "test_loss": summary.last_epoch.get("test_loss"),
        "test_psnr": summary.last_epoch.get("test_psnr"),
        "state": summary.state,
        "elsewhere": summary.elsewhere,
        "age_s": round(time.time() - summary.modified, 1),
    }
