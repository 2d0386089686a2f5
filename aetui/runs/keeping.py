"""Changes to runs that are not being trained: delete, rename, add a note."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from aetui.errors import BadInput, printable
from aetui.runs.directory import (
    CONFIG,
    LONGEST_NOTE,
    NOTE,
    check_run_name,
    read_config,
    shipped_runs,
    write_atomically,
)
from aetui.runs.lock import hold_lock, lock_holder, trainer_elsewhere

DELETED: Final = ".deleted-"  # begins the name of a folder on its way out; no run's name does


def check_changeable(run: Path, *, while_training: bool) -> None:
    """`BadInput` where the run may not be changed: to be known before a person is asked."""
    _refuse_shipped(run)
    if while_training:
        return
    if (pid := lock_holder(run)) is not None:
        trainer = f"{pid}"
    elif beat := trainer_elsewhere(run):
        trainer = f"{beat.pid} on {beat.host}"
    else:
        return
    raise BadInput(f"{run.name} is being trained by process {trainer}; stop it first.")


def delete_run(run: Path) -> None:
    """Delete the run's folder. It is out of all lists at once, however long that takes."""
    with _changing(run):
        doomed = run.with_name(f"{DELETED}{run.name}-{os.getpid()}")
        run.rename(doomed)
        shutil.rmtree(doomed)


def rename_run(run: Path, name: str) -> Path:
    """The run's folder under its new name."""
    renamed = run.with_name(check_run_name(name))
    with _changing(run):
        if os.path.lexists(renamed):
            raise BadInput(f"there is already a run {name} in {run.parent}; choose another name.")
        run.rename(renamed)
    return renamed


def write_note(run: Path, text: str) -> None:
    """Keep a note of one line with the run; remove it if `text` is empty."""
    _refuse_shipped(run)
    note = printable(" ".join(text.split()), LONGEST_NOTE)
    with _refusals(run):
        if note:
            write_atomically(run / NOTE, lambda file: file.write(f"{note}\n".encode()))
        else:
            (run / NOTE).unlink(missing_ok=True)


@contextlib.contextmanager
def _changing(run: Path) -> Iterator[None]:
    """Hold the run's lock, so that nothing trains it meanwhile; `BadInput` where something does."""
    check_changeable(run, while_training=False)
    with hold_lock(run), _refusals(run):
        yield


@contextlib.contextmanager
def _refusals(run: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        problem = f"{run} cannot be changed ({error.strerror})"
        raise BadInput(f"{problem}; see who may write there.") from None


def _refuse_shipped(run: Path) -> None:
    """`BadInput` for what is no run, and for a run that comes with aetui."""
    is_here = (run / CONFIG).is_file()
    if is_shipped(run if is_here else shipped_runs() / run.name):
        raise BadInput(f"{run.name} comes with aetui and stays as it is.")
    if not is_here:
        raise BadInput(f"{run.name} is not a run in {run.parent}; `aetui runs` lists the runs.")


def is_shipped(run: Path) -> bool:
    """Whether the run comes with aetui. In a clone, a person's own may lie beside it."""
    if run.parent.resolve() != shipped_runs().resolve():
        return False
    try:
        return bool(read_config(run).card)
    except BadInput:
        return False
