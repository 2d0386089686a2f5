"""From what was asked for to a finished training: choose, load, write config.json, hold the lock, train, say how it ended."""

from __future__ import annotations

import dataclasses
import os
import platform
import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import torch

import aetui
from aetui.catalog import model_spec
from aetui.config import RunConfig
from aetui.errors import BadInput, printable
from aetui.machine import usable_cores
from aetui.ml import checkpoint
from aetui.ml.data.dataset import Dataset
from aetui.ml.data.load import load
from aetui.ml.data.transforms import to_float
from aetui.ml.models.base import Autoencoder
from aetui.ml.models.registry import build
from aetui.ml.training import distributed
from aetui.ml.training.loop import new_windows, steps_per_epoch, train
from aetui.ml.training.recorder import Recorder, Report
from aetui.ml.training.signals import Control
from aetui.ml.training.state import Diverged, Trainer, restore, save
from aetui.ml.training.step import faster_precision, make_optimizer
from aetui.model_spec import Value
from aetui.runs.directory import (
    CHECKPOINT,
    PREVIOUS,
    check_run_name,
    create_run,
    read_config,
    remove_stale_files,
    write_atomically,
)
from aetui.runs.lock import hold_lock

MOST_THREADS: Final = 8  # these networks are too small to feed more
CALIBRATION: Final = 500  # images that scale a dae's first weights


@dataclass(frozen=True)
class TrainingRequest:
    """What a person asked for. `overrides` holds only the hyperparameters that were given."""

    model: str
    runs: Path
    name: str | None = None
    resume: str | None = None
    data: str | None = None  # None: what the run had, or "auto"
    data_dir: Path | None = None
    device: str = "auto"
    precision: str = "auto"
    threads: int | None = None
    save_every: float | None = None
    overrides: Mapping[str, Value] = field(default_factory=dict)
    command: str = ""


def choose_device(name: str) -> torch.device:
    """The device that `name` stands for; `BadInput` where this machine has none such."""
    if name == "auto":
        name = (
            "cuda"
            if torch.cuda.is_available()
            else "mps"
            if torch.backends.mps.is_available()
            else "cpu"
        )
    kind, _, number = name.partition(":")
    if kind == "cuda":
        count = torch.cuda.device_count() if torch.cuda.is_available() else 0
        index = int(
            number or os.environ.get("LOCAL_RANK", "0")
        )  # torchrun gives each of its processes a GPU
        if index >= count:
            raise BadInput(
                f"there is no device cuda:{index} here ({count} CUDA devices are usable); choose --device cpu or see `aetui doctor`."
            )
        return torch.device("cuda", index)
    if kind == "mps" and not torch.backends.mps.is_available():
        raise BadInput("there is no device mps here; choose --device cpu.")
    return torch.device(kind)


def run_training(request: TrainingRequest, report: Report) -> tuple[Path, int]:
    """Train as `request` says. Returns the run directory and the exit code; `BadInput` before anything is trained."""
    control = Control()
    device = choose_device(request.device)
    torch.set_num_threads(request.threads or min(usable_cores(), MOST_THREADS))
    with control.installed(), ExitStack() as stack:
        group = stack.enter_context(distributed.process_group(cuda=device.type == "cuda"))
        run, config, images = _open(request, device, group, control, stack)
        recorder = Recorder(run, report if group.leads else lambda _: None, writes=group.leads)
        stack.callback(recorder.close)
        try:
            trainer = _trainer(request, run, config, device, recorder, images, group)
            closing = train(trainer, images, control)
        except Diverged as error:
            recorder.event("failed", str(error))
            return run, 1
        except BadInput as error:
            recorder.event("failed", str(error))
            raise
        except BaseException as error:
            recorder.event(
                "failed",
                f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else 'no details'}",
            )
            raise
        return run, _close(trainer, closing, control)


def _close(trainer: Trainer, closing: str, control: Control) -> int:
    """Say how the training ended, and what of it is saved; the exit code."""
    said = f"after step {trainer.step}"
    if not trainer.is_saved:
        said += f"; the last save is of step {max(trainer.saved_step, 0)}. Make room, then go on with --resume {trainer.run.name}."
        closing = (
            "failed" if closing == "done" else closing
        )  # without its last weights it is not done
    trainer.recorder.event(closing, said, step=trainer.step)
    return {"done": 0, "stopped": control.exit_code, "failed": 1}[closing]


def _open(
    request: TrainingRequest,
    device: torch.device,
    group: distributed.Group,
    control: Control,
    stack: ExitStack,
) -> tuple[Path, RunConfig, Dataset]:
    """The run's folder, locked; its configuration, written or read; and its data set."""
    if request.resume is not None:
        run = request.runs / check_run_name(request.resume)
        config = check_resume(request, run)
        images = load(config.data, request.data_dir)
        control.ends_at_once = False
        _check_same_images(run, config, images)
        # Another number would round sums differently.
        torch.set_num_threads(request.threads or min(max(1, config.threads), MOST_THREADS))
    else:
        images = load(request.data or "auto", request.data_dir)
        control.ends_at_once = False
        config = _new_config(request, images, device)
        group.check_batch(
            steps_per_epoch(len(images.train_images), config.hyperparameters.batch_size)[1]
        )
        run = group.broadcast(
            create_run(request.runs, request.model, request.name) if group.leads else Path()
        )
    if group.leads:
        stack.enter_context(hold_lock(run))
        remove_stale_files(run)
        if request.resume is None:
            torch.manual_seed(config.hyperparameters.seed)
            config = dataclasses.replace(
                config, precision=_precision(request, config, images, device)
            )
            try:
                write_atomically(
                    run / "config.json", lambda file: file.write(config.to_json().encode())
                )
            except OSError as error:
                raise BadInput(
                    f"{run} cannot be written ({error.strerror}); choose another folder with --runs."
                ) from None
    return run, group.broadcast(config), images


def check_resume(request: TrainingRequest, run: Path) -> RunConfig:
    """The configuration of the run to resume; `BadInput` where `request` contradicts it."""
    config = read_config(run)
    if config.card:
        raise BadInput(
            f"{run.name} comes with aetui and is never trained on; start a new run with `aetui train {config.model}`."
        )
    if config.model != request.model:
        raise BadInput(
            f"{run.name} is a {config.model}; resume it with `aetui train {config.model} --resume {run.name}`."
        )
    if request.name not in (None, request.resume):
        raise BadInput(
            f"--resume {request.resume} goes on under its own name; leave out --name, or start a new run without --resume."
        )
    asked = {
        key: value
        for key, value in request.overrides.items()
        if config.hyperparameters[key] != value
    }
    if request.data is not None and request.data not in (config.data, config.data_requested):
        asked["data"] = 0
    if asked:
        names = ", ".join(sorted(asked))
        raise BadInput(
            f"{run.name} was started with another {names}, which a resumed run keeps; leave that out, or start a new run."
        )
    return config


def _check_same_images(run: Path, config: RunConfig, images: Dataset) -> None:
    """`BadInput` where the data set has changed since the run began: its steps would mean other images."""
    now = (len(images.train_images), len(images.test_images))
    if now != (config.train_images, config.test_images):
        raise BadInput(
            f"{printable(config.data)} has changed since {run.name} began: {now[0]} and {now[1]} images for training and testing, "
            f"then {config.train_images} and {config.test_images}. Restore it, or start a new run."
        )


def _new_config(request: TrainingRequest, images: Dataset, device: torch.device) -> RunConfig:
    settings = model_spec(request.model).resolve(request.overrides, len(images.train_images))
    return RunConfig(
        model=request.model,
        data=images.name,
        hyperparameters=settings,
        image_shape=images.image_shape.check(),
        data_requested=request.data or "auto",
        data_note=images.note,
        classes=images.classes,
        train_images=len(images.train_images),
        test_images=len(images.test_images),
        device=str(device),
        threads=torch.get_num_threads(),
        created=round(time.time(), 3),
        command=request.command,
        versions={
            "aetui": aetui.__version__,
            "torch": torch.__version__,
            "python": platform.python_version(),
        },
    )


def _precision(
    request: TrainingRequest, config: RunConfig, images: Dataset, device: torch.device
) -> str:
    if request.precision != "auto":
        return request.precision
    settings = config.hyperparameters
    network = build(config).to(device)
    batch = steps_per_epoch(len(images.train_images), settings.batch_size)[1]
    return faster_precision(
        network, images.train_images[:batch].to(device), settings.augment, batch
    )


def _fresh_network(config: RunConfig, images: Dataset) -> Autoencoder:
    """A network with first weights, on the CPU, from the seed alone: equal in every process and on every device."""
    network = build(config)
    network.initialise(to_float(images.train_images[:CALIBRATION]))
    return network


def _trainer(
    request: TrainingRequest,
    run: Path,
    config: RunConfig,
    device: torch.device,
    recorder: Recorder,
    images: Dataset,
    group: distributed.Group,
) -> Trainer:
    """A trainer at the beginning of the run, or where its newest usable checkpoint was taken."""

    def around(network: Autoencoder) -> Trainer:
        return Trainer(
            run, config, network, make_optimizer(network, device), device, recorder,
            new_windows(config, len(images.train_images)), group, resumed=request.resume is not None, save_every=request.save_every,
        )  # fmt: skip

    def resumed(path: Path) -> Trainer:
        network, payload = checkpoint.restore_file(path, config, device)
        trainer = around(network)
        restore(trainer, payload, path.name)
        return trainer

    torch.manual_seed(config.hyperparameters.seed)
    if request.resume is not None and any((run / name).exists() for name in (CHECKPOINT, PREVIOUS)):
        trainer, warning = checkpoint.first_usable(run, resumed)
        if warning:
            recorder.event("resumed", warning)
    else:
        trainer = around(_fresh_network(config, images).to(device))
        save(trainer)  # from here on a checkpoint always exists
    return trainer
