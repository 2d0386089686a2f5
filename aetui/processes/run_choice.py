"""Which run each panel and each screen shows: what a person picked, else the newest that fits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from aetui.catalog import model_names, model_spec
from aetui.model_spec import Capability
from aetui.processes.run_index import IndexedRun
from aetui.processes.snapshots import RunSnapshot

CAPABILITIES: Final[tuple[Capability, ...]] = ("plane", "denoise")
MOST_TRIED: Final = 20  # runs looked into for one that a screen can show
Watch = Callable[[IndexedRun], RunSnapshot]


class RunChoice:
    """Remembers what was picked. A slot is a model's panel, or the screens of a capability."""

    def __init__(self) -> None:
        self._picked: dict[str, Path] = {}

    def pick(self, run: IndexedRun) -> None:
        """Show this run wherever it fits."""
        spec = run.summary.config.spec
        for slot in (spec.name, *spec.capabilities):
            self._picked[slot] = run.summary.path

    def follow(self, path: Path, model: str) -> None:
        """Show a training that has just been started: its panel at once, screens when they can."""
        self._picked[model] = path
        capabilities = model_spec(model).capabilities if model in model_names() else CAPABILITIES
        for capability in capabilities:
            self._picked.pop(capability, None)

    def panels(self, runs: Sequence[IndexedRun], watch: Watch) -> dict[str, RunSnapshot]:
        """By model: the run picked for it, else its newest."""
        chosen: dict[str, IndexedRun] = {}
        for run in runs:  # newest first
            model = run.summary.config.model
            if run.summary.path == self._picked.get(model):
                chosen[model] = run
            else:
                chosen.setdefault(model, run)
        return {model: watch(run) for model, run in chosen.items()}

    def views(self, runs: Sequence[IndexedRun], watch: Watch) -> dict[Capability, RunSnapshot]:
        """By capability: the run that its screens show."""
        views: dict[Capability, RunSnapshot] = {}
        for capability in CAPABILITIES:
            able = [run for run in runs if capability in run.summary.config.spec.capabilities]
            if able:
                views[capability] = self._view(capability, able, watch)
        return views

    def _view(
        self, capability: Capability, able: Sequence[IndexedRun], watch: Watch
    ) -> RunSnapshot:
        """The run picked, unless it failed before it had anything to show; else the newest that has."""
        picked = next((r for r in able if r.summary.path == self._picked.get(capability)), None)
        if picked is not None:
            snapshot = watch(picked)
            if snapshot.can_show(capability) or snapshot.state != "failed":
                return snapshot
        for run in able[:MOST_TRIED]:
            snapshot = watch(run)
            if snapshot.can_show(capability):
                return snapshot
        return watch(able[0])
