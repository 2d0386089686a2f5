"""`aetui rm`, `aetui mv`, `aetui note`: delete, rename and describe runs from a shell."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from aetui.errors import BadInput
from aetui.runs.directory import check_run_name
from aetui.runs.keeping import check_changeable, delete_run, rename_run, write_note


def remove(folder: Path, names: Sequence[str], *, unasked: bool) -> int:
    """Delete the runs of these names, all or none; the exit code. Asks first, unless `unasked`."""
    runs = [folder / check_run_name(name) for name in dict.fromkeys(names)]
    for run in runs:
        check_changeable(run, while_training=False)
    if not unasked and not _is_wanted(runs):
        print("nothing was deleted")
        return 1
    for run in runs:
        delete_run(run)
        print(f"deleted {run}")
    return 0


def _is_wanted(runs: Sequence[Path]) -> bool:
    if not sys.stdin.isatty():
        raise BadInput("deleting asks first, and there is no terminal to ask on; add --yes.")
    listed = ", ".join(run.name for run in runs)
    try:
        return input(f"Delete {listed}, with all weights and curves? [y/N] ").lower() in (
            "y",
            "yes",
        )
    except EOFError:
        return False


def rename(folder: Path, name: str, new_name: str) -> int:
    print(rename_run(folder / check_run_name(name), new_name))
    return 0


def note(folder: Path, name: str, text: str) -> int:
    write_note(folder / check_run_name(name), text)
    return 0
