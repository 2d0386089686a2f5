"""`aetui export`: a copy of a run to share.

Weights without the optimizer, a thinned loss curve, a few of the latent maps, a model card, and no
folder of the machine that trained it.
"""

from __future__ import annotations

import dataclasses
import json
import math
import re
import shlex
import shutil
import time
from pathlib import Path
from typing import Any, Final

from aetui.catalog import DATA_PREFIXES
from aetui.config import RunConfig
from aetui.errors import BadInput
from aetui.ml import checkpoint
from aetui.ml.model_card import CARD, readme
from aetui.runs.changes import change_of
from aetui.runs.directory import (
    CONFIG,
    LATENT,
    METRICS,
    latent_epochs,
    read_config,
    write_atomically,
)
from aetui.runs.latent_map import map_path
from aetui.runs.metrics import MetricsTail, Record, is_state_event

STEPS_KEPT: Final = 300  # lines of the loss curve
ENDS: Final = ("done", "stopped", "failed")
FOLDER_OPTIONS: Final = ("--runs", "--data-dir")
PATH: Final = re.compile(r"(?<![\w.~/])(?:~|\.{1,2})?/[^\s,;:()'\"]+")  # /a/b, ~/a, ../a in a text


def export_run(run: Path, target: Path, *, best: bool = False) -> str:
    """Write a copy of `run` to the new folder `target`; its model card.

    `best`: as it was after its best epoch. `BadInput` where the run has no whole checkpoint, and
    where `target` cannot be made.
    """
    config = read_config(run)
    _, payload, warning = checkpoint.restore(run, best=best)
    if warning:
        raise BadInput(f"{run.name} is not exported: {warning}")
    records = MetricsTail(run / METRICS).read()
    if best:
        records = _until(records, payload["step"])
    records = _thinned(records)
    try:
        target.mkdir(parents=True)
    except OSError as error:
        cure = "name a folder that does not exist yet"
        raise BadInput(f"{target} cannot be made ({error.strerror}); {cure}.") from None
    config = without_folders(config)
    last = _last_epoch(records)
    config = dataclasses.replace(config, card=model_card(config, last))
    _write(target / CONFIG, config.to_json())
    _write(target / CARD, readme(target.name, config, last))
    # Half precision is exact enough for a network that is not trained further, and half as large.
    halves = {
        name: tensor.half() if tensor.is_floating_point() else tensor
        for name, tensor in payload["weights"].items()
    }
    checkpoint.save(target, {"weights": halves, "step": payload["step"]})
    _write(target / METRICS, "".join(json.dumps(_shared(record)) + "\n" for record in records))
    _copy_maps(run, target, last.get("epoch", math.inf) if best else math.inf)
    return config.card


def without_folders(config: RunConfig) -> RunConfig:
    """`config` with no folder of this machine in it: of a path, only the last part is kept."""
    return dataclasses.replace(
        config,
        data=_data_name(config.data),
        data_requested=_data_name(config.data_requested),
        data_note=PATH.sub(lambda found: Path(found[0]).name, config.data_note),
        command=_command_without_folders(config.command),
    )


def _data_name(data: str) -> str:
    prefix = next((prefix for prefix in DATA_PREFIXES if data.startswith(prefix)), "")
    return prefix + (Path(data.removeprefix(prefix)).name or "data") if prefix else data


def _command_without_folders(command: str) -> str:
    """The command without the options that name folders, and with the last part of other paths."""
    try:
        words = shlex.split(command)
    except ValueError:  # not written by aetui
        return ""
    kept: list[str] = []
    skipping = False
    for word in words:
        option, _, value = word.partition("=")
        if not skipping and option not in FOLDER_OPTIONS:
            kept.append(_last_part(word))
        skipping = not skipping and option in FOLDER_OPTIONS and not value
    return shlex.join(kept)


def _last_part(word: str) -> str:
    option, equals, value = word.rpartition("=")
    name = _data_name(value)
    return option + equals + (Path(name).name if "/" in name else name)


def model_card(config: RunConfig, epoch: Record) -> str:
    """What the run is, how it was made and how it scores, in a few sentences."""
    settings = config.hyperparameters
    date = time.strftime("%Y-%m-%d", time.gmtime(config.created))
    trained = f"{config.model} trained on {config.data} ({config.train_images} images)"
    how = f"{settings.epochs} epochs, seed {settings.seed}, {date}"
    place = f"on {config.device} in {config.precision}"
    test = f"Test set ({config.test_images} images): {_measured(config, epoch)}."
    return f"{trained}, {how}, {place}. {test} Command: {config.command}"


def _measured(config: RunConfig, epoch: Record) -> str:
    score = config.spec.score
    if not isinstance(epoch.get(score.key), (int, float)):
        return "not scored"
    measured = f"{score.key} {epoch[score.key]:.3f} {score.unit}"
    terms = [
        f"{epoch[term.key]:.3f} {score.unit} of {term.label}"
        for term in score.terms
        if isinstance(epoch.get(term.key), (int, float))
    ]
    return ", ".join([measured, *terms])


def _write(path: Path, text: str) -> None:
    write_atomically(path, lambda file: file.write(text.encode()))


def _last_epoch(records: list[Record]) -> Record:
    return next((record for record in reversed(records) if record["kind"] == "epoch"), {})


def _until(records: list[Record], step: int) -> list[Record]:
    """The records of the first `step` steps, and how the training ended."""
    ends = [record for record in records if record.get("event") in ENDS][-1:]
    return [*(each for each in records if each not in ends and each.get("step", 0) <= step), *ends]


def _thinned(records: list[Record]) -> list[Record]:
    """Every epoch, the events that say what state the run is in, and STEPS_KEPT of the steps."""
    steps = [record for record in records if record["kind"] == "step"]
    kept = {id(record) for record in steps[:: max(1, len(steps) // STEPS_KEPT)]}
    return [
        record
        for record in records
        if record["kind"] == "epoch"
        or id(record) in kept
        or (record["kind"] == "event" and (is_state_event(record) or change_of(record)))
    ]


def _shared(record: Record) -> dict[str, Any]:
    """A record without what only the training machine needs to know."""
    shared = {key: value for key, value in record.items() if key != "host"}
    if message := shared.get("message"):
        shared["message"] = PATH.sub(lambda found: Path(found[0]).name, message)
    return shared


def _copy_maps(run: Path, target: Path, end: float) -> None:
    """The latent maps after 1, 2, 4, 8 ... epochs and the last, `end` at most.

    A plane takes shape early.
    """
    epochs = [epoch for epoch in latent_epochs(run) if epoch <= end]
    if not epochs:
        return
    (target / LATENT).mkdir()
    wanted = [2**power for power in range(epochs[-1].bit_length())]
    # A long training keeps no map of every epoch.
    nearest = {min(epochs, key=lambda kept: abs(kept - epoch)) for epoch in wanted}
    for epoch in nearest | {epochs[-1]}:
        shutil.copyfile(map_path(run, epoch), map_path(target, epoch))
