"""Which run each panel and each screen shows: what a person picked, else the newest that fits."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from aetui.model_spec import Capability
from aetui.processes.run_index import IndexedRun
from aetui.runs.directory import checkpoint_stamp, latent_epochs

CAPABILITIES: Final[tuple[Capability, ...]] = ("plane", "denoise")
MOST_TRIED: Final = 20  # runs searched for one that a screen can show


class RunChoice:
    """Remembers what was picked. A slot is a model's panel, or the screens of a capability."""

    def __init__(self) -> None:
        self._picked: dict[str, Path] = {}
        self._followed: dict[Capability, Path] = {}
        self._compared: tuple[Path, ...] = ()

    def pick(self, run: IndexedRun) -> None:
        """Show this run wherever it fits."""
        spec = run.summary.config.spec
        for slot in (spec.name, *spec.capabilities):
            self._picked[slot] = run.path

    def follow(self, path: Path, model: str, capabilities: Iterable[Capability]) -> None:
        """Show a training that has just been started: its panel at once, screens when they can."""
        self._picked[model] = path
        for capability in capabilities:
            self._picked.pop(capability, None)
            self._followed[capability] = path

    def compare(self, paths: Sequence[Path]) -> None:
        """Follow these runs beside those that are shown."""
        self._compared = tuple(paths)

    def compared(self, runs: Sequence[IndexedRun]) -> list[IndexedRun]:
        """Those of the runs to compare that are there, in their order."""
        there = {run.path: run for run in runs} if self._compared else {}
        return [there[path] for path in self._compared if path in there]

    def panels(self, runs: Sequence[IndexedRun]) -> dict[str, IndexedRun]:
        """By model: the run picked for it, else its newest. `runs` are newest first."""
        chosen: dict[str, IndexedRun] = {}
        for run in runs:
            model = run.summary.config.model
            if run.path == self._picked.get(model):
                chosen[model] = run
            else:
                chosen.setdefault(model, run)
        return chosen

    def views(self, runs: Sequence[IndexedRun]) -> dict[Capability, IndexedRun]:
        """By capability: the run that its screens show."""
        views: dict[Capability, IndexedRun] = {}
        for capability in CAPABILITIES:
            able = [run for run in runs if capability in run.summary.config.spec.capabilities]
            if able:
                views[capability] = self._view(capability, able)
        return views

    def _view(self, capability: Capability, able: Sequence[IndexedRun]) -> IndexedRun:
        """The run picked, unless it failed with nothing to show; else the newest that has."""
        picked = _of(self._picked.get(capability), able)
        if picked and (picked.summary.state != "failed" or _can_show(picked, capability)):
            return picked
        followed = _of(self._followed.get(capability), able)
        for run in ([followed] if followed else []) + list(able[:MOST_TRIED]):
            if _can_show(run, capability):
                return run
        return able[0]


def _of(path: Path | None, runs: Sequence[IndexedRun]) -> IndexedRun | None:
    return next((run for run in runs if run.path == path), None) if path else None


def _can_show(run: IndexedRun, capability: Capability) -> bool:
    """Whether a screen that needs `capability` has something to show: one epoch of it, at least."""
    if not run.summary.last_epoch or checkpoint_stamp(run.path) == (0, 0):
        return False
    return capability != "plane" or bool(latent_epochs(run.path))
