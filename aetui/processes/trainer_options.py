"""What the app was launched with, for the trainers that it starts."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from aetui.catalog import BUILT_IN, model_names
from aetui.config import AS_THEY_ARE, DataOptions
from aetui.errors import BadInput


@dataclass(frozen=True)
class TrainerOptions:
    """The options of every trainer that the app starts."""

    data: str = "auto"
    data_dir: Path | None = None
    device: str = "auto"
    data_options: DataOptions = AS_THEY_ARE
    own_model: str | None = None  # how a person named the code of a model of their own

    def argument_for(self, model: str) -> str:
        """The model argument of `aetui train`; `BadInput` where a model's code is not named."""
        if model in BUILT_IN:
            return model
        if self.own_model is None or model not in model_names():
            cure = "launch with --model my_model.py:Class"
            raise BadInput(f"{model} is a model of your own, whose code is not loaded: {cure}.")
        return self.own_model
