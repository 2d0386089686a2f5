"""`aetui import`: a run of weights from elsewhere, scored and mapped."""

from __future__ import annotations

import math
import shutil
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

import torch
from torch import Tensor

import aetui
from aetui.catalog import REFERENCE_FORM, model_names
from aetui.config import DataOptions, RunConfig
from aetui.errors import BadInput, printable
from aetui.ml import checkpoint
from aetui.ml.data.dataset import Dataset
from aetui.ml.data.load import load
from aetui.ml.evaluate import TestSet, evaluate, latent_map
from aetui.ml.models.base import Autoencoder, Scores
from aetui.ml.models.registry import build
from aetui.ml.weights import WeightsFile
from aetui.model_spec import ModelSpec, Value
from aetui.runs.directory import CONFIG, METRICS, create_run, write_atomically
from aetui.runs.latent_map import save_latent_map
from aetui.runs.lock import hold_lock
from aetui.runs.metrics import MetricsWriter

MOST_NAMED: Final = 3  # keys that a message lists
IMPORTED_EPOCH: Final = 1  # an imported run has one epoch


def model_of(file: WeightsFile) -> str:
    """The model that the file names; `BadInput` where it names none."""
    known = model_names()
    if not file.model:
        choices = f"--model {', '.join(known)}, or {REFERENCE_FORM}"
        raise BadInput(f"name the model that the weights are of: {choices}.")
    if file.model not in known:
        problem = (
            f"{file.path.name} belongs to {printable(file.model)}, a model that aetui does not have"
        )
        cure = f"name its code with --model {printable(file.reference or REFERENCE_FORM)}"
        raise BadInput(f"{problem}; {cure}.")
    return file.model


def import_run(
    file: WeightsFile,
    *,
    runs: Path,
    spec: ModelSpec,
    name: str | None,
    data: str,
    data_dir: Path | None,
    data_options: DataOptions,
    overrides: Mapping[str, Value],
    command: str,
) -> tuple[Path, str]:
    """A run with these weights, scored on the data set; its folder and its score in words.

    `BadInput` where the weights do not fit the model and the data; nothing is written then.
    """
    options = data_options or file.data_options
    images = load(data, data_dir, options)
    config = replace(
        _config(file, spec, images, {**overrides, "epochs": IMPORTED_EPOCH}),
        data_requested=data,
        data_options=options,
        command=command,
    )
    network = _network(file, config)
    test = TestSet(images, network, torch.device("cpu"))
    scores = evaluate(network, test, config.precision)
    if not all(map(math.isfinite, scores.record.values())):
        problem = "its score on the test images is not a finite number"
        raise BadInput(f"{file.path.name} fits {spec.name}, but {problem}.")
    run = create_run(runs, spec.name, name)
    try:
        _write(run, config, network, scores, test)
    except OSError as error:
        shutil.rmtree(run, ignore_errors=True)
        raise BadInput(f"{run} cannot be written ({error.strerror}).") from None
    score = f"{scores.record[spec.score.key]:.2f} {spec.score.unit}"
    return run, f"{score} on the {len(images.test_images)} test images of {printable(images.name)}"


def _config(
    file: WeightsFile, spec: ModelSpec, images: Dataset, overrides: Mapping[str, Value]
) -> RunConfig:
    """With the settings in the file, except for `overrides`."""
    said = {
        setting.name: setting.check(file.settings[setting.name])
        for setting in spec.settings
        if file.model == spec.name and setting.name in file.settings
    }
    return RunConfig(
        model=spec.name,
        data=images.name,
        hyperparameters=spec.resolve({**said, **overrides}, len(images.train_images)),
        image_shape=images.image_shape.check(),
        data_note=f"weights from {printable(file.path.name)}; {images.note}".removesuffix("; "),
        classes=images.classes,
        train_images=len(images.train_images),
        test_images=len(images.test_images),
        threads=torch.get_num_threads(),
        created=round(time.time(), 3),
        versions={"aetui": aetui.__version__, "torch": torch.__version__},
    )


def _write(
    run: Path, config: RunConfig, network: Autoencoder, scores: Scores, test: TestSet
) -> None:
    """Fill the run's folder. config.json, which makes it a run, is written last."""
    with hold_lock(run):
        checkpoint.save(run, {"weights": network.state_dict(), "step": 0})
        if scores.codes is not None:
            save_latent_map(run, latent_map(network, scores, test.labels, IMPORTED_EPOCH))
        now = round(time.time(), 3)
        figures = {"epoch": IMPORTED_EPOCH, "step": 0, "elapsed": 0.0, **scores.record}
        writer = MetricsWriter(run / METRICS)
        writer.append(
            {"kind": "epoch", "time": now, **figures},
            {"kind": "event", "time": now, "event": "done", "message": config.data_note},
        )
        writer.close()
        text = config.to_json().encode()
        write_atomically(run / CONFIG, lambda target: target.write(text))


def _network(file: WeightsFile, config: RunConfig) -> Autoencoder:
    """The run's network with the weights of `file`; `BadInput` says what does not fit."""
    network = build(config)
    expected = network.weights_module.state_dict()
    problem = _misfit(file.weights, expected)
    if problem:
        shape = config.image_shape
        made = f" It was written for images of {file.image_shape}." if file.image_shape else ""
        cure = "Its settings, like --latent-dim, and --data must be those that it was trained with"
        of = f"{config.model} for the images of {config.data}, {shape}"
        raise BadInput(f"{file.path.name} does not fit {of}: {problem}.{made} {cure}.")
    if not checkpoint.all_finite(dict(file.weights)):
        raise BadInput(f"{file.path.name} has weights that are not finite.")
    network.weights_module.load_state_dict(dict(file.weights))
    return network.eval()


def _misfit(given: Mapping[str, Tensor], expected: Mapping[str, Tensor]) -> str:
    """Why `given` cannot be loaded; "" where it can."""
    missing = [name for name in expected if name not in given]
    unknown = [name for name in given if name not in expected]
    if missing:
        return f"it lacks {_listed(missing)}" + (f", and has {_listed(unknown)}" if unknown else "")
    if unknown:
        return f"it has {_listed(unknown)}, which the model does not have"
    for name, tensor in expected.items():
        if given[name].shape != tensor.shape:
            sizes = f"{tuple(given[name].shape)}, not {tuple(tensor.shape)}"
            return f"{printable(name)} is {sizes}"
        if given[name].is_floating_point() != tensor.is_floating_point():
            return f"{printable(name)} is of {given[name].dtype}, not {tensor.dtype}"
    return ""


def _listed(names: list[str]) -> str:
    more = len(names) - MOST_NAMED
    listed = ", ".join(printable(name) for name in names[:MOST_NAMED])
    return f"{listed} and {more} more" if more > 0 else listed
