"""What a person asks of a training, and whether this machine and the run to resume allow it."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import torch

from aetui.config import AS_THEY_ARE, DataOptions, RunConfig
from aetui.errors import BadInput, printable
from aetui.machine import usable_cores
from aetui.ml.data.dataset import Dataset
from aetui.ml.training.data import has_moved
from aetui.model_spec import EPOCHS, Value
from aetui.runs.directory import check_run_name, read_config

MOST_THREADS: Final = 8  # these networks are too small to feed more


@dataclass(frozen=True)
class TrainingRequest:
    """What a person asked for. `overrides` holds only the settings that were given."""

    model: str
    runs: Path
    name: str | None = None
    resume: str | None = None
    data: str | None = None  # None: what the run has, or "auto"
    data_dir: Path | None = None
    data_options: DataOptions = AS_THEY_ARE
    device: str = "auto"
    precision: str = "auto"
    threads: int | None = None
    save_every: float | None = None  # seconds; None lets the cost of a save decide
    overrides: Mapping[str, Value] = field(default_factory=dict)
    command: str = ""

    @property
    def threads_for_new(self) -> int:
        """The CPU threads of a run that begins."""
        return self.threads or min(usable_cores(), MOST_THREADS)

    def threads_for(self, resumed: RunConfig) -> int:
        """The CPU threads of a run that is resumed: another number would round sums differently."""
        return self.threads or min(max(1, resumed.threads), MOST_THREADS)


def choose_device(name: str) -> torch.device:
    """The device that `name` stands for; `BadInput` where this machine does not have it."""
    if name == "auto":
        name = _best_device()
    kind, _, number = name.partition(":")
    if kind == "cuda":
        return _cuda_device(number)
    if kind == "mps" and not torch.backends.mps.is_available():
        raise BadInput("there is no device mps here; choose --device cpu.")
    return torch.device(kind)


def _best_device() -> str:
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def _cuda_device(number: str) -> torch.device:
    """CUDA device `number`; "" is torchrun's choice for this process, or the first."""
    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    index = int(number or os.environ.get("LOCAL_RANK", "0"))
    if index >= count:
        here = f"{count} CUDA devices are usable"
        cure = "choose --device cpu or see `aetui doctor`"
        raise BadInput(f"there is no device cuda:{index} here ({here}); {cure}.")
    return torch.device("cuda", index)


def config_to_resume(request: TrainingRequest, name: str) -> RunConfig:
    """The configuration of the run `name`; `BadInput` where `request` contradicts it."""
    config = read_config(request.runs / check_run_name(name))
    if config.card:
        cure = f"start a new run with `aetui train {config.model}`"
        raise BadInput(f"{name} is an exported run and cannot be trained on; {cure}.")
    if config.model != request.model:
        model = config.spec.reference or config.model
        cure = f"resume it with `aetui train {model} --resume {name}`"
        raise BadInput(f"{name} is a {config.model}; {cure}.")
    if request.name not in (None, name):
        cure = "leave out --name, or start a new run without --resume"
        raise BadInput(f"--resume {name} keeps the run's name; {cure}.")
    for setting, value in request.overrides.items():
        wanted = config.spec.setting(setting).check(value)
        started_with = config.hyperparameters[setting]
        if wanted != started_with and setting != EPOCHS.name:
            raise _fixed(name, setting, _shown(started_with))
    same = request.data in (None, config.data, config.data_requested)
    if not same and not has_moved(config, request.data):
        raise _fixed(name, "data", printable(config.data))
    return config


def with_more_epochs(config: RunConfig, request: TrainingRequest) -> RunConfig:
    """The configuration of a run to resume with the epochs that `request` wants, if any.

    The rest of its schedule is as in a run of so many epochs from the start. `BadInput` for fewer.
    """
    before = config.hyperparameters.epochs
    wanted = int(EPOCHS.check(request.overrides.get(EPOCHS.name, before)))
    if wanted < before:
        cure = "leave it out, or give more"
        raise BadInput(f"{request.resume} is a run of {before} epochs, not {wanted}; {cure}.")
    settings = dataclasses.replace(config.hyperparameters, epochs=wanted)
    return dataclasses.replace(config, hyperparameters=settings)


def _fixed(run: str, setting: str, started_with: str) -> BadInput:
    flag = "--" + setting.replace("_", "-")
    cure = "leave it out, or start a new run"
    return BadInput(
        f"{run} was started with {flag} {started_with}; a resumed run cannot change that: {cure}."
    )


def _shown(value: Value) -> str:
    """`value` as it is typed."""
    return ",".join(map(str, value)) if isinstance(value, tuple) else f"{value:g}"


def check_same_images(name: str, config: RunConfig, data: Dataset) -> None:
    """`BadInput` where the data set has changed since the run began: it would train on others."""
    now = (len(data.train_images), len(data.test_images), data.image_shape)
    then = (config.train_images, config.test_images, config.image_shape)
    if now != then:
        sizes = "{} training and {} test images of {}"
        change = f"{sizes.format(*now)} now, {sizes.format(*then)} then"
        problem = f"{printable(config.data)} has changed since {name} began ({change})"
        raise BadInput(f"{problem}. Restore it, or start a new run.")
