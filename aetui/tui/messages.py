"""What screens tell the app, and what the monitor tells it: messages up, snapshots down."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from textual.message import Message

from aetui.model_spec import Capability, Value
from aetui.processes.controller import Action
from aetui.processes.snapshots import Snapshot
from aetui.runs.summary import RunSummary

Change = Literal["delete", "rename", "note"]
"""What can be done with a run's folder."""


@dataclass
class SnapshotPublished(Message):
    """The run directories as they are now. A newer one takes the place of one that still waits."""

    snapshot: Snapshot

    def can_replace(self, message: Message) -> bool:
        return isinstance(message, SnapshotPublished)


@dataclass
class TrainerCommand(Message):
    """Do something to a model's training."""

    action: Action
    model: str
    settings: Mapping[str, Value] | None = None
    data: str | None = None


@dataclass
class StartAll(Message):
    """Bring each of these models to train."""

    models: tuple[str, ...]


@dataclass
class EditSettings(Message):
    """Open the settings form for the next run of a model, filled with those of `like`."""

    model: str
    like: RunSummary | None = None


@dataclass
class ChooseRun(Message):
    """Open the list of runs of a model, or of those that have a capability."""

    model: str | None = None
    capability: Capability | None = None


@dataclass
class ShowLog(Message):
    """Show what the trainers of a run have printed."""

    run: Path


@dataclass
class AskPath(Message):
    """Ask a person for the path of a file, and call `answered` with it unless they cancel."""

    title: str
    answered: Callable[[Path], None]


@dataclass
class AskText(Message):
    """Ask a person for a line of text, and call `answered` with it unless they cancel."""

    title: str
    meaning: str  # what may be typed
    answered: Callable[[str], None]


@dataclass
class RunChange(Message):
    """Delete or rename a run, or note something about it."""

    run: RunSummary
    what: Change
    is_shown: bool  # by the screen below the list


@dataclass
class HoldMapEpoch(Message):
    """Show the plane as it was after this epoch; None follows the newest."""

    epoch: int | None


@dataclass
class OpenPoint(Message):
    """Show this point of the plane in the navigator."""

    x: float
    y: float


@dataclass
class ErrorMessage(Message):
    """Something could not be done; the text says what, why and what to do."""

    text: str
