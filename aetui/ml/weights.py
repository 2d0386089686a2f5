"""Weights that are exchanged with other programs: safetensors, and state dicts of torch."""

from __future__ import annotations

import json
import pickle
import re
import warnings
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import safetensors
import safetensors.torch
import torch
from torch import Tensor

import aetui
from aetui.config import AS_THEY_ARE, DataOptions
from aetui.errors import BadInput, printable
from aetui.ml import checkpoint
from aetui.runs.directory import read_config, write_atomically

SUFFIX: Final = ".safetensors"
METADATA: Final = "aetui"  # the key below which a file of ours says what it is
PICKLE: Final = b"\x80"  # how a file begins that torch wrote before its zip format
CONTAINERS: Final = ("weights", "state_dict", "model_state_dict", "model")
"""Keys below which training programs put a state dict."""
PREFIXES: Final = ("module.", "_orig_mod.", "model.")  # of DDP, torch.compile and Lightning


def export_weights(run: Path, file: Path, *, best: bool = False) -> None:
    """Write the run's weights to `file`, float32; `BadInput` where that cannot be done."""
    if file.suffix != SUFFIX:
        raise BadInput(f"{file} must end in {SUFFIX}: that is the format that is written.")
    network = checkpoint.load_model(run, best=best)
    config = read_config(run)
    said = {
        "model": config.model,
        "image_shape": str(config.image_shape),
        "data": config.data,
        "settings": config.hyperparameters.to_object(),
        "reference": config.spec.reference,
        "version": aetui.__version__,
    }
    # Clones: tensors that share their memory cannot be written.
    weights = {
        name: tensor.detach().clone().contiguous()
        for name, tensor in network.weights_module.state_dict().items()
    }
    content = safetensors.torch.save(weights, {METADATA: json.dumps(said)})
    try:
        write_atomically(file, lambda target: target.write(content))
    except OSError as error:
        raise BadInput(f"{file} cannot be written ({error.strerror}).") from None


@dataclass(frozen=True)
class WeightsFile:
    """Weights by name as they stand in a file, and what the file says of them."""

    path: Path
    weights: Mapping[str, Tensor]
    model: str = ""
    image_shape: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)
    reference: str = ""  # of the code, where the model is a person's own

    @property
    def data_options(self) -> DataOptions:
        """How images are read in the shape that the weights were trained on, if that is known."""
        sizes = re.fullmatch(r"([13])x(\d{1,3})x(\d{1,3})", self.image_shape)
        if not sizes:
            return AS_THEY_ARE
        channels, height, width = map(int, sizes.groups())
        return DataOptions((width, height), channels)

    @staticmethod
    def read(path: Path) -> WeightsFile:
        """`BadInput` where the file holds no weights. No code in it is run."""
        if not path.is_file():
            raise BadInput(f"there is no file {printable(str(path))}.")
        try:
            if path.suffix == SUFFIX:
                return _read_safetensors(path)
            return WeightsFile(path, _state_dict(_read_torch(path), path))
        except OSError as error:
            raise BadInput(f"{path.name} cannot be read ({error.strerror or error}).") from None


def _read_safetensors(path: Path) -> WeightsFile:
    try:
        with safetensors.safe_open(path, "pt") as file:
            weights = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            said = json.loads((file.metadata() or {}).get(METADATA, "{}"))
    except (safetensors.SafetensorError, ValueError) as error:
        reason = printable(str(error))
        raise BadInput(f"{path.name} is damaged, or not {SUFFIX} ({reason}).") from None
    if not isinstance(said, dict):
        said = {}
    settings = said.get("settings")
    return WeightsFile(
        path,
        _without_prefix(weights),
        str(said.get("model", "")),
        str(said.get("image_shape", "")),
        settings if isinstance(settings, dict) else {},
        str(said.get("reference", "")),
    )


def _read_torch(path: Path) -> Any:
    if not zipfile.is_zipfile(path) and path.read_bytes()[:1] != PICKLE:
        raise BadInput(f"{path.name} is neither {SUFFIX} nor a file that torch has saved.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError:
        cure = f"save model.state_dict(), or write {SUFFIX}"
        problem = "it holds more than weights and could run code"
        raise BadInput(f"{path.name} is refused: {problem}; {cure}.") from None
    except OSError:
        raise
    except Exception as error:  # noqa: BLE001  torch raises anything on bytes that are not its own
        reason = printable(str(error).splitlines()[0] if str(error) else type(error).__name__)
        raise BadInput(f"{path.name} holds no weights that torch can read ({reason}).") from None


def _state_dict(found: Any, path: Path) -> dict[str, Tensor]:
    """The state dict that `found` is or contains."""
    inside = {key: value for key, value in _items(found) if _is_state_dict(value)}
    known = [key for key in CONTAINERS if key in inside]
    if known or len(inside) == 1:
        found = inside[known[0] if known else next(iter(inside))]
    elif inside:
        keys = ", ".join(printable(str(key)) for key in inside)
        raise BadInput(f"{path.name} holds several state dicts ({keys}); save one of them alone.")
    if not _is_state_dict(found):
        cure = "it must hold a state dict: the names of the weights and their tensors"
        raise BadInput(f"{path.name} holds no weights; {cure}.")
    return _without_prefix({str(name): tensor for name, tensor in found.items()})


def _items(found: Any) -> list[tuple[Any, Any]]:
    return list(found.items()) if isinstance(found, dict) else []


def _is_state_dict(found: Any) -> bool:
    values = [value for _, value in _items(found)]
    return bool(values) and all(isinstance(value, Tensor) for value in values)


def _without_prefix(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """`weights` without what a wrapper has put before every name."""
    for prefix in PREFIXES:
        if weights and all(name.startswith(prefix) for name in weights):
            return _without_prefix(
                {name.removeprefix(prefix): tensor for name, tensor in weights.items()}
            )
    return weights
