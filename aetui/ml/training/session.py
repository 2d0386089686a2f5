"""A training from what was asked for to its exit code: resolve, open, train, close."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import torch

from aetui.config import RunConfig
from aetui.errors import BadInput
from aetui.ml import checkpoint
from aetui.ml.data.images import Tell, silent
from aetui.ml.data.transforms import to_float
from aetui.ml.models.base import Autoencoder
from aetui.ml.models.own_code import own_traceback
from aetui.ml.models.registry import build
from aetui.ml.training.best import BestKeeper
from aetui.ml.training.distributed import process_group
from aetui.ml.training.job import Job, resolve
from aetui.ml.training.loop import Closing, train
from aetui.ml.training.loss_averager import LossAverager
from aetui.ml.training.machine_meter import MachineMeter
from aetui.ml.training.optimizer import make_optimizer
from aetui.ml.training.recorder import Recorder, Report
from aetui.ml.training.request import TrainingRequest, choose_device
from aetui.ml.training.saver import Saver
from aetui.ml.training.signals import Signals
from aetui.ml.training.state import Diverged, TrainState
from aetui.runs.changes import read_changes
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
    state: TrainState | None = None
    try:
        state = begin(job, run, recorder)
        closing = train(state, signals)
    except RunLost:
        raise
    except Diverged as error:
        recorder.event("failed", str(error))
        return 1
    except BaseException as error:
        if state is None and job.stored is not None and isinstance(error, BadInput):
            raise  # a refusal to resume leaves the run as it was
        told = own_traceback(error)
        recorder.event("failed", told or _reason(error))
        if told:  # by the person's own code: they know where to look
            return 1
        raise
    return close(state, closing, signals)


@contextmanager
def open_run(job: Job, tell: Tell) -> Iterator[RunFolder]:
    """The run's directory, locked while the block runs; a new one with its config.json in it."""
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
        if job.stored is None:
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
        _update_config(job, run)
        if note := f"{warning} {_replanned(job, state)}".strip():
            recorder.event("resumed", note)
        return state
    _update_config(job, run)
    # On the CPU, from the seed alone: the same weights in every process and on every device.
    network = build(job.config)
    network.initialise(to_float(job.data.train_images[:CALIBRATION]))
    state = _state(job, run, recorder, network.to(job.device))
    state.save()  # from here on there is always a checkpoint
    return state


def _update_config(job: Job, run: RunFolder) -> None:
    """Write down that a run which is resumed has more epochs, or that its images have moved."""
    if job.stored not in (None, job.config) and job.group.is_rank_zero:
        _write_config(run, job.config)


def _has_checkpoint(run: Path) -> bool:
    return any((run / name).exists() for name in (CHECKPOINT, PREVIOUS))


def _restored(job: Job, run: RunFolder, recorder: Recorder, path: Path) -> TrainState:
    network, payload = checkpoint.restore_file(path, job.config, job.device)
    state = _state(job, run, recorder, network)
    state.restore(payload, path.name)
    state.change(read_changes(run.path, job.config.spec))
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
        best=BestKeeper(run, job.config, job.data, job.device),
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
