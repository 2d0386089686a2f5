"""`aetui export`: a run made fit to share: weights without the optimizer, a thinned curve, the film in a few frames, a card."""

from __future__ import annotations

import dataclasses
import json
import shutil
import time
from pathlib import Path
from typing import Final

from aetui.config import RunConfig
from aetui.errors import BadInput
from aetui.ml import checkpoint
from aetui.runs.directory import latent_epochs, read_config, write_atomically
from aetui.runs.metrics import MetricsTail, Record

STEPS_KEPT: Final = 300  # lines of the loss curve


def export_run(run: Path, target: Path) -> str:
    """Write a copy of `run` to the new folder `target`; its model card. `BadInput` where it cannot be had."""
    config = read_config(run)
    _, payload, warning = checkpoint.restore(run)
    if warning:
        raise BadInput(f"{run.name} is not exported: {warning}")
    records = _thinned(MetricsTail(run / "metrics.jsonl").read())
    try:
        target.mkdir(parents=True)
    except OSError as error:
        raise BadInput(
            f"{target} cannot be made ({error.strerror}); name a folder that is not there yet."
        ) from None
    card = _card(config, _last_epoch(records))
    text = dataclasses.replace(config, card=card).to_json()
    write_atomically(target / "config.json", lambda file: file.write(text.encode()))
    # Half precision is exact enough for a network that learns no further, and half as long on the wire.
    halves = {
        name: tensor.half() if tensor.is_floating_point() else tensor
        for name, tensor in payload["weights"].items()
    }
    checkpoint.save(target, {"weights": halves, "step": payload["step"]})
    lines = "".join(json.dumps(record) + "\n" for record in records)
    write_atomically(target / "metrics.jsonl", lambda file: file.write(lines.encode()))
    _copy_film(run, target)
    return card


def _last_epoch(records: list[Record]) -> Record:
    return next((record for record in reversed(records) if record["kind"] == "epoch"), {})


def _card(config: RunConfig, epoch: Record) -> str:
    settings = config.hyperparameters
    scores = {
        "test_loss": "nats",
        "test_reconstruction": "nats of reconstruction",
        "test_kl": "nats of KL",
        "test_psnr": "dB PSNR at sigma 0.5",
    }
    measured = ", ".join(f"{epoch[key]:.3f} {unit}" for key, unit in scores.items() if key in epoch)
    date = time.strftime("%Y-%m-%d", time.gmtime(config.created))
    return (
        f"{config.model} trained on {config.data} ({config.train_images} images), {settings.epochs} epochs, seed {settings.seed}, {date}, "
        f"on {config.device} in {config.precision}. Test set ({config.test_images} images): {measured} Command: {config.command}"
    )


def _thinned(records: list[Record]) -> list[Record]:
    """Every epoch, the events that say what state the run is in, and STEPS_KEPT of the steps."""
    steps = [record for record in records if record["kind"] == "step"]
    kept = {id(record) for record in steps[:: max(1, len(steps) // STEPS_KEPT)]}
    return [
        record
        for record in records
        if record["kind"] == "epoch" or id(record) in kept or _tells_state(record)
    ]


def _tells_state(record: Record) -> bool:
    return record["kind"] == "event" and record.get("event") in ("started", "done", "stopped")


def _copy_film(run: Path, target: Path) -> None:
    """The latent maps after 1, 2, 4, 8 ... epochs and the last: a plane takes shape early."""
    epochs = latent_epochs(run)
    if not epochs:
        return
    (target / "latent").mkdir()
    # A long training keeps no map of every epoch.
    wanted = [2**power for power in range(epochs[-1].bit_length())]
    for epoch in {min(epochs, key=lambda kept: abs(kept - power)) for power in wanted} | {
        epochs[-1]
    }:
        shutil.copyfile(run / "latent" / f"{epoch:04d}.npz", target / "latent" / f"{epoch:04d}.npz")
