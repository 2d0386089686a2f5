"""checkpoint.pt: saved so that a whole one always exists, loaded so that no file can do harm."""

from __future__ import annotations

import io
import os
import pickle
import shutil
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO, Final, TypeVar

import torch
from torch import Tensor

from aetui.config import RunConfig
from aetui.errors import BadInput, printable
from aetui.ml.models.base import Autoencoder
from aetui.ml.models.registry import build, check_known, expected_weights
from aetui.runs.directory import (
    BEST,
    CHECKPOINT,
    PREVIOUS,
    read_config,
    sync_folder,
    temporary_beside,
    write_atomically,
)

FORMAT: Final = 1

Payload = dict[str, Any]
T = TypeVar("T")


def save(run: Path, payload: Payload) -> None:
    """Write checkpoint.pt, and keep the one before as previous.pt. `OSError` leaves both alone.

    From the first save on, there is a whole checkpoint.pt at every moment. `FloatingPointError`
    where the weights are not finite.
    """
    if not all_finite(payload["weights"]):
        raise FloatingPointError("the weights are not finite")
    checkpoint = run / CHECKPOINT
    buffer = _bytes_of(payload)

    def write(file: BinaryIO) -> None:
        file.write(buffer.getbuffer())
        file.flush()
        # The new one is on the disk before the old one replaces its predecessor.
        os.fsync(file.fileno())
        if checkpoint.exists():
            _keep(checkpoint, run / PREVIOUS)

    write_atomically(checkpoint, write)


def save_best(run: Path, payload: Payload) -> None:
    """Write best.pt, whole or not at all. `OSError` leaves the one before alone."""
    buffer = _bytes_of(payload)
    write_atomically(run / BEST, lambda file: file.write(buffer.getbuffer()))


def _bytes_of(payload: Payload) -> io.BytesIO:
    # Given the file itself, torch turns a full disk into a RuntimeError about its zip archive.
    buffer = io.BytesIO()
    torch.save({"format": FORMAT, **payload}, buffer)
    return buffer


def _keep(checkpoint: Path, previous: Path) -> None:
    """Make `previous` a second name of the file that is about to be replaced."""
    temporary = temporary_beside(previous)
    temporary.unlink(missing_ok=True)
    try:
        os.link(checkpoint, temporary)
    except OSError:  # a file system without hard links
        shutil.copyfile(checkpoint, temporary)
    temporary.replace(previous)
    sync_folder(previous.parent)


def all_finite(weights: dict[str, Tensor]) -> bool:
    """Whether no weight is NaN or infinite."""
    floating = (tensor for tensor in weights.values() if tensor.is_floating_point())
    return all(bool(torch.isfinite(tensor).all()) for tensor in floating)


def load_model(
    run_dir: str | Path, device: str | torch.device = "cpu", *, best: bool = False
) -> Autoencoder:
    """The run's newest usable network, in eval mode on `device`. `BadInput` where there is none.

    `best`: that of the epoch with the best score, where it is kept.
    """
    network, _, _ = restore(Path(run_dir), device, best=best)
    return network.eval()


def restore(
    run: Path, device: str | torch.device = "cpu", *, best: bool = False
) -> tuple[Autoencoder, Payload, str]:
    """The run's network with its weights, the checkpoint's payload, and a warning or "".

    checkpoint.pt if it is usable, else previous.pt with a warning that says why; with `best`,
    best.pt alone. `BadInput` where none is usable.
    """
    config = read_config(run)
    check_known(config)
    if best:
        if not (run / BEST).exists():
            why = "one is kept where the last epochs are worse than an earlier one"
            raise BadInput(f"{run.name} has no best checkpoint beside its last: {why}.")
        return *restore_file(run / BEST, config, device), ""
    found, warning = first_usable(run, lambda path: restore_file(path, config, device))
    network, payload = found
    return network, payload, warning


def first_usable(run: Path, read: Callable[[Path], T]) -> tuple[T, str]:
    """The result of `read` for checkpoint.pt, or for previous.pt where that is refused; a warning.

    It refuses with `BadInput`; the warning is as in `restore`.
    """
    reasons: list[str] = []
    for name in (CHECKPOINT, PREVIOUS):
        if not (run / name).exists():
            continue
        try:
            found = read(run / name)
        except BadInput as error:
            reasons.append(str(error))
            continue
        return found, f"{reasons[0]} Using {name}, the one before." if reasons else ""
    if reasons:
        cure = "Train it again, or restore the file."
        raise BadInput(f"{run.name} has no usable checkpoint: {' '.join(reasons)} {cure}")
    raise BadInput(f"{run.name} has no checkpoint yet; it comes with the first save.")


def restore_file(
    path: Path, config: RunConfig, device: str | torch.device
) -> tuple[Autoencoder, Payload]:
    """The network and the payload in `path`; `BadInput` with the reason where it is not usable."""
    payload = _read(path, device)
    weights = payload.get("weights")
    if not isinstance(weights, dict) or not all(
        isinstance(value, Tensor) for value in weights.values()
    ):
        raise BadInput(f"{path.name} holds no weights.")
    if {name: tensor.shape for name, tensor in weights.items()} != expected_weights(config):
        raise BadInput(f"the weights in {path.name} do not fit config.json.")
    if not all_finite(weights):
        raise BadInput(f"{path.name} has weights that are not finite.")
    network = build(config).to(device)
    network.load_state_dict(weights)
    return network, payload


def _read(path: Path, device: str | torch.device) -> Payload:
    """The payload in `path`. Every byte is checked before any is unpickled; none of it is run."""
    try:
        _check_archive(path)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            payload = torch.load(path, map_location=device, weights_only=True)
    except BadInput:
        raise
    except OSError as error:
        raise BadInput(f"{path.name} cannot be read ({error.strerror or error}).") from None
    except pickle.UnpicklingError:
        problem = "it holds more than weights and could run code"
        raise BadInput(f"{path.name} is refused: {problem}.") from None
    except Exception as error:  # noqa: BLE001  zipfile and torch raise anything on damaged bytes
        reason = printable(str(error))
        raise BadInput(f"{path.name} is damaged or half-written ({reason}).") from None
    if not isinstance(payload, dict) or payload.get("format") != FORMAT:
        raise BadInput(f"{path.name} was written by another version of aetui.")
    return payload


def _check_archive(path: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        # torch writes its entries as they are; a compressed one could grow without bound.
        if any(entry.compress_type != zipfile.ZIP_STORED for entry in archive.infolist()):
            raise BadInput(f"{path.name} is damaged, or was not written by aetui.")
        if damaged := archive.testzip():  # torch's own reader ignores the checksums
            raise BadInput(f"{path.name} is damaged (at {printable(damaged)}).")
