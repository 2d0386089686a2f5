"""The latent map that the plane's screens show: the newest, or the epoch that a person holds."""

from __future__ import annotations

from aetui.errors import BadInput
from aetui.processes.snapshots import PlaneMap, RunSnapshot
from aetui.runs.directory import RunIdentity

CACHED = 32


class PlaneMaps:
    """Reads each map once. Belongs to the monitor's thread."""

    def __init__(self) -> None:
        self._held: tuple[RunIdentity, int] | None = None
        self._maps: dict[tuple[RunIdentity, int], PlaneMap | None] = {}

    def hold(self, run: RunSnapshot | None, epoch: int | None) -> None:
        """Show the plane of `run` after `epoch` from now on; None follows the newest."""
        self._held = (run.identity, epoch) if run is not None and epoch is not None else None

    def current(self, run: RunSnapshot | None) -> PlaneMap | None:
        """The map to show of `run`; None where it has none that can be used."""
        if run is None:
            return None
        if self._held is not None and self._held[0] == run.identity:
            epoch = self._held[1]
            held = self._read(run, epoch) if epoch in run.epochs else None
            if held is not None:
                return PlaneMap(held.identity, held.latent, held=True)
        return next(filter(None, (self._read(run, epoch) for epoch in reversed(run.epochs))), None)

    def _read(self, run: RunSnapshot, epoch: int) -> PlaneMap | None:
        """The map after that epoch; None where it is damaged."""
        # Late: numpy would slow the first picture by a third.
        from aetui.runs.latent_map import load_latent_map

        key = run.identity, epoch
        if key not in self._maps:
            while len(self._maps) >= CACHED:
                self._maps.pop(next(iter(self._maps)))
            try:
                self._maps[key] = PlaneMap(run.identity, load_latent_map(run.path, epoch))
            except BadInput:
                self._maps[key] = None
        return self._maps[key]
