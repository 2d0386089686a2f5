"""`aetui runs`: every run on one line."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any, Final

from aetui.errors import BadInput, printable
from aetui.model_spec import Value
from aetui.runs.directory import DEFAULT_RUNS, list_runs, shipped_runs
from aetui.runs.summary import RunSummary, summarise

COLUMNS: Final = ("run", "model", "data", "epochs", "score", "state", "age", "settings", "note")
DATA_WIDTH: Final = 30


def print_runs(folder: Path, *, as_json: bool) -> int:
    """List the runs in `folder`; runs that cannot be read are named on stderr."""
    if not folder.is_dir() and folder != DEFAULT_RUNS:
        cure = "start a training with `aetui train`, or name the folder with --runs"
        raise BadInput(f"there is no folder {folder}; {cure}.")
    # A folder that was named holds what was asked for; otherwise the shipped runs belong to it.
    shipped = [shipped_runs()] if folder == DEFAULT_RUNS else []
    found = [summary for run in list_runs(folder, *shipped) if (summary := _summary(run))]
    if as_json:
        print(json.dumps([_object(summary) for summary in found], indent=2))
    elif found:
        _print_table([COLUMNS, *map(_row, found)])
    else:
        print(f"no runs in {folder} yet; start one with `aetui train` or in `aetui launch`")
    return 0


def _summary(run: Path) -> RunSummary | None:
    try:
        return summarise(run)
    except BadInput as error:
        print(f"aetui: {error}", file=sys.stderr)
        return None


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
        _end(printable(config.data, 1000), DATA_WIDTH),
        f"{summary.epoch:g}/{config.hyperparameters.epochs}",
        summary.score_text,
        summary.state_text,
        summary.age,
        summary.settings_text,
        summary.note,
    )


def _end(text: str, width: int) -> str:
    """The end of a path says more than its beginning."""
    return text if len(text) <= width else "…" + text[-width + 1 :]


def _object(summary: RunSummary) -> dict[str, Any]:
    config, score = summary.config, summary.config.spec.score
    settings: dict[str, Value] = config.hyperparameters.to_object()
    return {
        "run": summary.name,
        "path": str(summary.path),
        "model": config.model,
        "data": config.data,
        "epoch": summary.epoch,
        "epochs": config.hyperparameters.epochs,
        "score": summary.score,
        "unit": score.unit,
        "test_loss": summary.last_epoch.get("test_loss"),
        "test_psnr": summary.last_epoch.get("test_psnr"),
        "state": summary.state,
        "elsewhere": summary.elsewhere,
        "age_s": round(time.time() - summary.modified, 1),
        "settings": settings,
        "note": summary.note,
    }
