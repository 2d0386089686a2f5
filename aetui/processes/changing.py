"""Ask a trainer to change a setting, and wait for its answer: an event in the run's metrics."""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from aetui.errors import BadInput, printable
from aetui.model_spec import Value
from aetui.processes.trainer import refuse_elsewhere
from aetui.runs.changes import Change, ChangeRequest, change_of, write_request
from aetui.runs.directory import CHANGE, METRICS, read_config
from aetui.runs.heartbeat import process_table, read_beat
from aetui.runs.lock import lock_holder
from aetui.runs.metrics import Record, last_records, parse_line

PATIENCE: Final = 60.0  # seconds; an evaluation or a save may have to end first
LOOK_EVERY: Final = 0.05  # seconds


def change_settings(run: Path, settings: Mapping[str, Value], patience: float = PATIENCE) -> str:
    """Have the trainer of `run` go on with other settings; what became of that, in a sentence.

    `BadInput` for a setting that cannot change and for a run that is not trained here.
    """
    config = read_config(run)
    asked = config.spec.check_change(settings)
    if not asked:
        names = ", ".join(setting.name for setting in config.spec.live_settings)
        raise BadInput(f"say what is to change: {names}.")
    _check_trained_here(run)
    request = ChangeRequest(uuid.uuid4().hex, asked)
    written = _metrics_size(run)
    try:
        write_request(run, request)
    except FileExistsError:
        raise BadInput(f"{run.name} is asked to change already; try again in a moment.") from None
    except OSError as error:
        problem = f"{run.name} cannot be asked to change ({error.strerror})"
        raise BadInput(f"{problem}; see who may write to {run}.") from None
    if last_records(run / METRICS, ("event",)).get("event", {}).get("event") == "paused":
        return f"{run.name} is paused; it changes when it goes on."
    return _answer(run, request, written, patience)


def _check_trained_here(run: Path) -> None:
    beat = read_beat(run)
    if beat is not None and beat.is_fresh and beat.processes != process_table():
        raise BadInput(f"{run.name} trains on {printable(beat.host)}; change it from there.")
    if lock_holder(run) is None:
        refuse_elsewhere(run)
        cure = "give the settings to a new run"
        raise BadInput(f"{run.name} is not training, so nothing can change; {cure}.")


def _answer(run: Path, request: ChangeRequest, written: int, patience: float) -> str:
    """Wait until the trainer has taken the request; what it changed."""
    end = time.monotonic() + patience
    while (run / CHANGE).exists():
        if lock_holder(run) is None or time.monotonic() > end:
            (run / CHANGE).unlink(missing_ok=True)
            break
        time.sleep(LOOK_EVERY)
    made = _made(run, request, written)
    if made:
        texts = ", ".join(change.text for change in made)
        return f"{run.name}: {texts}, from epoch {made[0].epoch:.2f} on."
    if lock_holder(run) is None:
        raise BadInput(f"{run.name} has just ended; nothing was changed.")
    if time.monotonic() > end:
        raise BadInput(f"{run.name} has not answered for {patience:.0f} s; nothing was changed.")
    cause = "it has these values already, or its disk is full"
    raise BadInput(f"{run.name} has changed nothing: {cause}.")


def _made(run: Path, request: ChangeRequest, written: int) -> list[Change]:
    """The changes that the trainer has recorded for the request, behind byte `written`."""
    try:
        with (run / METRICS).open("rb") as file:
            file.seek(written)
            lines = file.read().split(b"\n")
    except OSError:
        return []
    records: list[Record] = [record for line in lines if (record := parse_line(line))]
    ours = [record for record in records if record.get("request") == request.number]
    return [change for record in ours if (change := change_of(record))]


def _metrics_size(run: Path) -> int:
    try:
        return (run / METRICS).stat().st_size
    except OSError:
        return 0
