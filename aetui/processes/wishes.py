"""What others ask of the monitor."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from aetui.processes.trainer import StartedTrainer

if TYPE_CHECKING:
    from aetui.runs.basis import AxesChoice


@dataclass(frozen=True)
class Follow:
    """Follow a trainer that has just been started, and show its run."""

    trainer: StartedTrainer


@dataclass(frozen=True)
class Pick:
    """Show this run from now on, on every screen that it fits."""

    path: Path


@dataclass(frozen=True)
class Compare:
    """Follow these runs too, for a chart of all of them."""

    paths: tuple[Path, ...]


@dataclass(frozen=True)
class HoldEpoch:
    """Show the plane as it was after this epoch; None follows the newest."""

    epoch: int | None


@dataclass(frozen=True)
class UseCheckpoint:
    """Show this run by its best checkpoint wherever there is one, or by its last."""

    path: Path
    best: bool


@dataclass(frozen=True)
class ShowAxes:
    """Show these latent axes; None shows those of the largest KL."""

    axes: AxesChoice | None


@dataclass(frozen=True)
class Terminate:
    """Stop a trainer that is still starting and therefore holds no lock yet."""

    path: Path


@dataclass(frozen=True)
class Refresh:
    """Look at the runs at once: one was deleted, renamed or given a note."""


Wish = Refresh | Follow | Pick | Compare | HoldEpoch | ShowAxes | UseCheckpoint | Terminate
