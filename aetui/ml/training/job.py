"""What a training is to do, with everything chosen and checked, and nothing written yet."""

from __future__ import annotations

import platform
import time
from dataclasses import dataclass

import torch

import aetui
from aetui.catalog import BUILT_IN, model_spec
from aetui.config import RunConfig
from aetui.ml.data.dataset import Dataset
from aetui.ml.data.images import Tell
from aetui.ml.data.load import load
from aetui.ml.precision import choose_precision
from aetui.ml.training.data import load_again
from aetui.ml.training.distributed import Group
from aetui.ml.training.request import (
    TrainingRequest,
    check_same_images,
    config_to_resume,
    with_more_epochs,
)
from aetui.ml.training.schedule import Schedule


@dataclass(frozen=True)
class Job:
    """A training with everything chosen and checked, and nothing written yet."""

    request: TrainingRequest
    config: RunConfig
    stored: RunConfig | None  # the config.json of the run to resume
    data: Dataset
    schedule: Schedule
    device: torch.device
    group: Group


def resolve(request: TrainingRequest, device: torch.device, group: Group, tell: Tell) -> Job:
    """Load the data and complete `request` from it, or from the run to resume."""
    if request.resume is not None:
        stored = config_to_resume(request, request.resume)
        config, options = with_more_epochs(stored, request), request.data_options
        config, data = load_again(config, request.data, options, request.data_dir, tell)
        check_same_images(request.resume, config, data)
        threads = request.threads_for(config)
    else:
        stored = None
        options = request.data_options
        data = load(request.data or "auto", request.data_dir, options, tell=tell)
        config = _new_config(request, data, device)
        threads = config.threads
    torch.set_num_threads(threads)
    schedule = Schedule.of(config.hyperparameters, len(data.train_images))
    group.check_batch(schedule.batch_size)
    return Job(request, config, stored, data, schedule, device, group)


def _new_config(request: TrainingRequest, data: Dataset, device: torch.device) -> RunConfig:
    precision = request.precision
    if precision == "auto":  # a person's own code may compute what bf16 is too coarse for
        precision = choose_precision(device) if request.model in BUILT_IN else "float32"
    return RunConfig(
        model=request.model,
        data=data.name,
        hyperparameters=model_spec(request.model).resolve(
            request.overrides, len(data.train_images)
        ),
        image_shape=data.image_shape.check(),
        data_requested=request.data or "auto",
        data_options=request.data_options,
        data_note=data.note,
        classes=data.classes,
        train_images=len(data.train_images),
        test_images=len(data.test_images),
        device=str(device),
        precision=precision,
        threads=request.threads_for_new,
        created=round(time.time(), 3),
        command=request.command,
        versions={
            "aetui": aetui.__version__,
            "torch": torch.__version__,
            "python": platform.python_version(),
        },
    )
