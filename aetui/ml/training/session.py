"""A training from what was asked for to its exit code: resolve, open, train, close."""

from __future__ import annotations

import platform
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import torch

import aetui
from aetui.catalog import BUILT_IN, model_spec
from aetui.config import RunConfig
from aetui.errors import BadInput
from aetui.ml import checkpoint
from aetui.ml.data.dataset import Dataset
from aetui.ml.data.images import Tell, silent
from aetui.ml.data.load import load
from aetui.ml.data.transforms import to_float
from aetui.ml.models.base import Autoencoder
from aetui.ml.models.own_code import own_traceback
from aetui.ml.models.registry import build
from aetui.ml.precision import choose_precision
from aetui.ml.training.data import load_again
from aetui.ml.training.distributed import Group, process_group
from aetui.ml.training.loop import Closing, train
from aetui.ml.training.loss_averager import LossAverager
from aetui.ml.training.machine_meter import MachineMeter
from aetui.ml.training.optimizer import make_optimizer
from aetui.ml.training.recorder import Recorder, Report
from aetui.ml.training.request import (
    TrainingRequest,
    check_same_images,
    choose_device,
    config_to_resume,
    with_more_epochs,
)
from aetui.ml.training.saver import Saver
from aetui.ml.training.schedule import Schedule
from aetui.ml.training.signals import Signals
from aetui.ml.training.state import Diverged, TrainState
from aetui.runs.directory import (
    CHECKPOINT,
    CONFIG,
    PREVIOUS,
    create_run,
    remove_stale_files,
    write_atomically,
)
from aetui.runs.lock import RunFolder, RunLost, hold_lock

CALIBRATION: Final = 500  # training images that scale the first weights


def run_training(request: TrainingRequest, report: Report, tell: Tell = silent) -> tuple[Path, int]:
    """Train as `request` says; the run directory and the exit code.

    `BadInput` before anything is trained. `report` is given each record of metrics.jsonl, `tell`
    what is said while the data is read.
    """
    signals = Signals()
    device = choose_device(request.device)
    with signals.handled(), process_group(device) as group:
        job = resolve(request, device, group, tell if group.is_rank_zero else silent)
        # A signal finds nothing to save yet. But a new run's folder is not to be left half made.
        if request.resume is None:
            signals.defer()
        with open_run(job, tell) as run, _recorder(job, run, report) as recorder:
            signals.defer()
            try:
                code = train_and_record(job, run, recorder, signals)
            except RunLost as error:
                recorder.abandon()
                recorder.event("failed", str(error))
                code = 1
            return run.path, code


def train_and_record(job: Job, run: RunFolder, recorder: Recorder, signals: Signals) -> int:
    """Train, and record how it ended, whatever ends it; the exit code."""
    try:
        state = begin(job, run, recorder)
        closing = train(state, signals)
    except RunLost:
        raise
    except Diverged as error:
        recorder.event("failed", str(error))
        return 1
    except BaseException as error:
        told = own_traceback(error)
        recorder.event("failed", told or _reason(error))
        if told:  # by the person's own code: they know where to look
            return 1
        raise
    return close(state, closing, signals)


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


@contextmanager
def open_run(job: Job, tell: Tell) -> Iterator[RunFolder]:
    """The run's directory, with its config.json in it, locked while the block runs."""
    request = job.request
    if not job.group.is_rank_zero:
        yield RunFolder(job.group.broadcast(Path()))
        return
    if request.resume is not None:
        run = request.runs / request.resume
    else:
        run = create_run(request.runs, request.model, request.name)
    with hold_lock(run, tell, MachineMeter(job.device)) as held:
        remove_stale_files(held.here)
        if job.stored != job.config:  # new, or with more epochs, or with images that have moved
            _write_config(held, job.config)
        job.group.broadcast(run)
        yield held


def _write_config(run: RunFolder, config: RunConfig) -> None:
    text = config.to_json().encode()
    try:
        write_atomically(run.here / CONFIG, lambda file: file.write(text))
    except OSError as error:
        cure = "choose another folder with --runs"
        raise BadInput(f"{run.path} cannot be written ({error.strerror}); {cure}.") from None


@contextmanager
def _recorder(job: Job, run: RunFolder, report: Report) -> Iterator[Recorder]:
    writes = job.group.is_rank_zero
    recorder = Recorder(run, report if writes else lambda _: None, writes=writes)
    try:
        yield recorder
    finally:
        recorder.close()


def begin(job: Job, run: RunFolder, recorder: Recorder) -> TrainState:
    """The state at the beginning of the run, or at its newest usable checkpoint."""
    torch.manual_seed(job.config.hyperparameters.seed)
    if job.stored is not None and _has_checkpoint(run.path):
        state, warning = checkpoint.first_usable(
            run.path, lambda path: _restored(job, run, recorder, path)
        )
        if note := f"{warning} {_replanned(job, state)}".strip():
            recorder.event("resumed", note)
        return state
    # On the CPU, from the seed alone: the same weights in every process and on every device.
    network = build(job.config)
    network.initialise(to_float(job.data.train_images[:CALIBRATION]))
    state = _state(job, run, recorder, network.to(job.device))
    state.save()  # from here on there is always a checkpoint
    return state


def _has_checkpoint(run: Path) -> bool:
    return any((run / name).exists() for name in (CHECKPOINT, PREVIOUS))


def _restored(job: Job, run: RunFolder, recorder: Recorder, path: Path) -> TrainState:
    network, payload = checkpoint.restore_file(path, job.config, job.device)
    state = _state(job, run, recorder, network)
    state.restore(payload, path.name)
    return state


def _replanned(job: Job, state: TrainState) -> str:
    """What more epochs mean for a run that has done some; "" where it keeps its number."""
    assert job.stored is not None
    before, now = (config.hyperparameters.epochs for config in (job.stored, job.config))
    if before == now:
        return ""
    rate = f"the learning rate goes on at {state.schedule.learning_rate(state.step):.2g}"
    return f"{now} epochs instead of {before}: {rate}, as in a run of {now} from the start."


def _state(job: Job, run: RunFolder, recorder: Recorder, network: Autoencoder) -> TrainState:
    return TrainState(
        run=run,
        config=job.config,
        data=job.data,
        schedule=job.schedule,
        device=job.device,
        network=network,
        optimizer=make_optimizer(network),
        averager=LossAverager(job.config.spec.losses, job.schedule.steps_per_epoch),
        recorder=recorder,
        saver=Saver(run, recorder, job.request.save_every),
        group=job.group,
        resumed=job.stored is not None,
    )


def close(state: TrainState, closing: Closing, signals: Signals) -> int:
    """Record how the training ended and whether all of it is saved; the exit code."""
    message = f"after step {state.step}"
    if state.is_saved:
        state.recorder.event(closing, message, step=state.step)
        return signals.exit_code if closing == "stopped" else 0
    last = f"the last save is of step {max(state.saver.saved_step, 0)}"
    cure = f"Make room, then continue with --resume {state.run.path.name}"
    # Without its last weights a training is not done.
    name = "failed" if closing == "done" else closing
    state.recorder.event(name, f"{message}; {last}. {cure}.", step=state.step)
    return signals.exit_code if closing == "stopped" else 1


def _reason(error: BaseException) -> str:
    if isinstance(error, BadInput):
        return str(error)
    lines = str(error).splitlines() or ["no details"]
    return f"{type(error).__name__}: {lines[0]}"
