"""What screens tell the app: messages up, data down."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from textual.message import Message

from aetui.config import Model

TrainerAction = Literal["start", "pause", "stop", "resume", "both"]


@dataclass
class TrainerCommand(Message):
    """A person wants something of a model's training."""

    action: TrainerAction
    model: Model
    settings: Mapping[str, int | float] | None = None


@dataclass
class PickRun(Message):
    """A person wants to choose which run of a model is shown."""

    model: Model


@dataclass
class OpenPoint(Message):
    """A person wants to see this point of the plane in the navigator."""

    x: float
    y: float


@dataclass
class Problem(Message):
    """Something could not be done; the text says what, why and what to do."""

    text: str
