"""What screens tell the app, and what the monitor tells it: messages up, snapshots down."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from textual.message import Message

from aetui.model_spec import Capability, Value
from aetui.processes.controller import Action
from aetui.processes.snapshots import Snapshot
from aetui.runs.summary import RunSummary

if TYPE_CHECKING:
    from aetui.runs.basis import AxesChoice, Floats

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
    """Open the settings form for the next run of a model, or for the one that trains.

    That of the next run is filled with the settings of `like`.
    """

    model: str
    of_training: bool = False
    like: RunSummary | None = None


@dataclass
class ChooseRun(Message):
    """Open the list of runs of a model, or of those that have a capability."""

    model: str | None = None
    capability: Capability | None = None


@dataclass
class CompareRuns(Message):
    """Follow these runs, to be drawn in one chart; none ends it."""

    paths: tuple[Path, ...]


@dataclass
class ShowLog(Message):
    """Show what the trainers of a run have printed."""

    run: Path


@dataclass
class OpenChart(Message):
    """Show the curves of a model's run large."""

    model: str


@dataclass
class AskPath(Message):
    """Ask a person for the path of a file, and call `answered` with it unless they cancel."""

    title: str
    answered: Callable[[Path], None]


@dataclass
class SaveFigure(Message):
    """Draw a figure of a run with `aetui figure`, into a file that a person names."""

    kind: str
    run: Path
    model: str
    screen: str  # for the name of the file
    options: tuple[str, ...] = ()
    picture: Callable[[Path], None] | None = None  # writes the picture that was drawn, as a PNG


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
class ShowCheckpoint(Message):
    """Show a run by its best checkpoint, or by its last."""

    run: Path
    best: bool


@dataclass
class HoldMapEpoch(Message):
    """Show the plane as it was after this epoch; None follows the newest."""

    epoch: int | None


@dataclass
class ChooseAxes(Message):
    """Show these latent axes on every screen; None shows those of the largest KL."""

    axes: AxesChoice | None


@dataclass
class OpenCode(Message):
    """Show this code [latent_dim] in the navigator."""

    code: Floats


@dataclass
class ErrorMessage(Message):
    """Something could not be done; the text says what, why and what to do."""

    text: str
