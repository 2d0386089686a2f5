"""checkpoint.pt: saved so that a whole one always exists, loaded so that a stranger's file can do no harm."""

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
from aetui.ml.models.registry import build
from aetui.runs.directory import (
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
    """Write checkpoint.pt and keep the one before as previous.pt. `OSError` leaves both as they were.

    At every moment a whole checkpoint.pt is there, or was never there.
    """
    if not all_finite(payload["weights"]):
        raise FloatingPointError("the weights are not finite")
    checkpoint, previous = run / CHECKPOINT, run / PREVIOUS
    buffer = (
        io.BytesIO()
    )  # given the file itself, torch turns a full disk into a RuntimeError about its zip archive
    torch.save({"format": FORMAT, **payload}, buffer)

    def write(file: BinaryIO) -> None:
        file.write(buffer.getbuffer())
        file.flush()
        os.fsync(
            file.fileno()
        )  # the new one stands, before the old one takes its predecessor's place
        if checkpoint.exists():
            _keep(checkpoint, previous)

    write_atomically(checkpoint, write)


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
    return all(
        bool(torch.isfinite(tensor).all())
        for tensor in weights.values()
        if tensor.is_floating_point()
    )


def load_model(run_dir: str | Path, device: str | torch.device = "cpu") -> Autoencoder:
    """The run's newest usable network, in eval mode on `device`. `BadInput` where there is none."""
    network, _, _ = restore(Path(run_dir), device)
    return network.eval()


def restore(run: Path, device: str | torch.device = "cpu") -> tuple[Autoencoder, Payload, str]:
    """The run's network with its weights, the checkpoint's payload, and a warning (empty where all is well).

    checkpoint.pt if it is usable, else previous.pt with a warning that says why; `BadInput` where neither is.
    """
    config = read_config(run)
    (network, payload), warning = first_usable(run, lambda path: restore_file(path, config, device))
    return network, payload, warning


def first_usable(run: Path, read: Callable[[Path], T]) -> tuple[T, str]:
    """What `read` makes of checkpoint.pt, or of previous.pt where it refuses that with `BadInput`; and a warning, as in `restore`."""
    reasons = []
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
        raise BadInput(
            f"{run.name} has no usable checkpoint: {' '.join(reasons)} Train it again, or restore the file."
        )
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
    with torch.device("meta"):
        expected = build(config).state_dict()
    if weights.keys() != expected.keys() or any(
        weights[name].shape != tensor.shape for name, tensor in expected.items()
    ):
        raise BadInput(f"the weights in {path.name} do not fit config.json.")
    if not all_finite(weights):
        raise BadInput(f"{path.name} has weights that are not finite.")
    network = build(config).to(device)
    network.load_state_dict(weights)
    return network, payload


def _read(path: Path, device: str | torch.device) -> Payload:
    """The payload in `path`, every byte checked before anything is unpickled, and no code in it run."""
    try:
        with zipfile.ZipFile(path) as archive:
            # torch writes its entries as they are; a packed one could grow without bound.
            if any(entry.compress_type != zipfile.ZIP_STORED for entry in archive.infolist()):
                raise BadInput(f"{path.name} is damaged, or was not written by aetui.")
            # torch's own reader passes over the checksums.
            if damaged := archive.testzip():
                raise BadInput(f"{path.name} is damaged (at {printable(damaged)}).")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            payload = torch.load(path, map_location=device, weights_only=True)
    except BadInput:
        raise
    except OSError as error:
        raise BadInput(f"{path.name} cannot be read ({error.strerror or error}).") from None
    except pickle.UnpicklingError:
        raise BadInput(
            f"{path.name} is refused: it holds more than weights and could run code."
        ) from None
    except Exception as error:  # noqa: BLE001  a stranger's bytes can raise anything in zipfile and in torch's unpickler
        raise BadInput(
            f"{path.name} is damaged or half-written ({printable(str(error))})."
        ) from None
    if not isinstance(payload, dict) or payload.get("format") != FORMAT:
        raise BadInput(f"{path.name} was written by another version of aetui.")
    return payload
