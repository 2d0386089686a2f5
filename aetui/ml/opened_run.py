"""A trained run opened for use: its network, how far it is trained, and images to try it on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch

from aetui.config import RunConfig
from aetui.errors import BadInput, printable
from aetui.ml.checkpoint import restore
from aetui.ml.data.dataset import Dataset, TestImages
from aetui.ml.data.images import Tell, silent
from aetui.ml.data.load import load, load_test_images
from aetui.ml.models.base import Autoencoder
from aetui.runs.changes import config_after, read_changes
from aetui.runs.directory import METRICS, read_config
from aetui.runs.metrics import MetricsTail, Record, last_records


@dataclass(frozen=True)
class OpenedRun:
    """A run with its newest usable weights, or its best, in eval mode on `device`."""

    path: Path
    config: RunConfig  # with the settings that the last step was taken with
    network: Autoencoder
    device: torch.device
    step: int
    last_epoch: Record  # the newest epoch line, or that of the best epoch; {} without one

    @property
    def epoch(self) -> float:
        """How many epochs the weights were trained for."""
        known = self.last_epoch.get("epoch")
        if self.last_epoch.get("step") == self.step and isinstance(known, (int, float)):
            return float(known)
        settings, images = self.config.hyperparameters, self.config.train_images
        per_epoch = max(1, images // min(settings.batch_size, max(1, images)))
        return self.step / per_epoch


def open_run(
    run: Path,
    device: torch.device | None = None,
    tell: Tell = silent,
    *,
    best: bool = False,
) -> OpenedRun:
    """The run, opened by its last checkpoint or its `best`; `tell` is given a warning.

    `BadInput` where there is no such checkpoint that can be used.
    """
    config = read_config(run)
    where = device or torch.device("cpu")
    network, payload, warning = restore(run, where, best=best)
    if warning:
        tell(warning)
    step = payload.get("step")
    reached = step if isinstance(step, int) else 0
    last = _epoch_line(run, reached) if best else last_records(run / METRICS).get("epoch", {})
    config = config_after(config, read_changes(run, config.spec), reached)
    for setting in config.spec.live_settings:
        if network.can_change(setting.name):
            network.change(setting.name, config.hyperparameters[setting.name])
    return OpenedRun(run, config, network.eval(), where, reached, last)


def _epoch_line(run: Path, step: int) -> Record:
    """The line of the epoch that ended with `step`; {} where there is none."""
    records = MetricsTail(run / METRICS).read()
    found = (each for each in records if each["kind"] == "epoch" and each.get("step") == step)
    return next(found, {})


def own_test_images(config: RunConfig, data_dir: Path | None, otherwise: str = "") -> TestImages:
    """The test images of the run's data set; `BadInput` where they are not on this machine.

    `otherwise` is what else there is to do then.
    """
    found = load_test_images(config.data, data_dir, config.data_options)
    if found is None:
        cure = f"Copy it here, or give its folder with --data-dir{otherwise}."
        name = printable(config.data, 200)
        raise BadInput(f"{name} is not on this machine, and this needs its images. {cure}")
    return found


def images_for(
    run: OpenedRun, data: str | None, data_dir: Path | None, tell: Tell = silent
) -> Dataset:
    """The test images to try `run` on: of its own data set, or of `data`. No training images.

    `BadInput` where they are not on this machine, or of another shape than the run takes.
    """
    config = run.config
    if data is None:
        found = own_test_images(config, data_dir, ", or name other images with --data")
        name, images, labels, classes = config.data, found.images, found.labels, config.classes
    else:
        other = load(data, data_dir, config.data_options, tell=tell)
        name, images, labels = other.name, other.test_images, other.test_labels
        classes = other.classes
    if tuple(images.shape[1:]) != config.image_shape.sizes:
        given = "x".join(map(str, images.shape[1:]))
        takes = f"{run.path.name} takes images of {config.image_shape}"
        raise BadInput(f"{takes}, and those of {printable(name, 200)} are {given}.")
    return Dataset(name, images[:0], images, labels, classes)
