"""What screens tell the app, and what the monitor tells it: messages up, snapshots down."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from textual.message import Message

if TYPE_CHECKING:
    from aetui.model_spec import Capability, Value
    from aetui.processes.controller import Action
    from aetui.processes.snapshots import Snapshot
    from aetui.runs.basis import AxesChoice, Floats
    from aetui.runs.summary import RunSummary

Change = Literal["delete", "rename", "note"]
"""What can be done with a run's folder."""


# Nobody compares or prints messages. Without the methods for that, this file is imported in half
# the time (1.3 ms), and the first picture needs it.


@dataclass(eq=False, repr=False)
class SnapshotPublished(Message):
    """The run directories as they are now. A newer one takes the place of one that still waits."""

    snapshot: Snapshot

    def can_replace(self, message: Message) -> bool:
        return isinstance(message, SnapshotPublished)


class Request(Message):
    """What a screen asks the app to do."""


@dataclass(eq=False, repr=False)
class TrainerCommand(Request):
    """Do something to a model's training."""

    action: Action
    model: str
    settings: Mapping[str, Value] | None = None
    data: str | None = None


@dataclass(eq=False, repr=False)
class StartAll(Request):
    """Bring each of these models to train."""

    models: tuple[str, ...]


@dataclass(eq=False, repr=False)
class EditSettings(Request):
    """Open the settings form for the next run of a model, or for the one that trains.

    That of the next run is filled with the settings of `like`.
    """

    model: str
    of_training: bool = False
    like: RunSummary | None = None


@dataclass(eq=False, repr=False)
class ChooseRun(Request):
    """Open the list of runs of a model, or of those that have a capability."""

    model: str | None = None
    capability: Capability | None = None


@dataclass(eq=False, repr=False)
class CompareRuns(Request):
    """Follow these runs, to be drawn in one chart; none ends it."""

    paths: tuple[Path, ...]


@dataclass(eq=False, repr=False)
class ShowLog(Request):
    """Show what the trainers of a run have printed."""

    run: Path


@dataclass(eq=False, repr=False)
class OpenChart(Request):
    """Show the curves of a model's run large."""

    model: str


@dataclass(eq=False, repr=False)
class AskPath(Request):
    """Ask a person for the path of a file, and call `answered` with it unless they cancel."""

    title: str
    answered: Callable[[Path], None]


@dataclass(eq=False, repr=False)
class SaveFigure(Request):
    """Draw a figure of a run with `aetui figure`, into a file that a person names."""

    kind: str
    run: Path
    model: str
    screen: str  # for the name of the file
    options: tuple[str, ...] = ()
    picture: Callable[[Path], None] | None = None  # writes the picture that was drawn, as a PNG


@dataclass(eq=False, repr=False)
class AskText(Request):
    """Ask a person for a line of text, and call `answered` with it unless they cancel."""

    title: str
    meaning: str  # what may be typed
    answered: Callable[[str], None]


@dataclass(eq=False, repr=False)
class RunChange(Request):
    """Delete or rename a run, or note something about it."""

    run: RunSummary
    what: Change
    is_shown: bool  # by the screen below the list


@dataclass(eq=False, repr=False)
class ShowCheckpoint(Request):
    """Show a run by its best checkpoint, or by its last."""

    run: Path
    best: bool


@dataclass(eq=False, repr=False)
class HoldMapEpoch(Request):
    """Show the plane as it was after this epoch; None follows the newest."""

    epoch: int | None


@dataclass(eq=False, repr=False)
class ChooseAxes(Request):
    """Show these latent axes on every screen; None shows those of the largest KL."""

    axes: AxesChoice | None


@dataclass(eq=False, repr=False)
class OpenCode(Request):
    """Show this code [latent_dim] in the navigator."""

    code: Floats


@dataclass(eq=False, repr=False)
class ErrorMessage(Message):
    """Something could not be done; the text says what, why and what to do."""

    text: str
