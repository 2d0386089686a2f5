"""The latent map that the plane's screens show: of which epoch, and of which axes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from aetui.errors import BadInput
from aetui.processes.snapshots import PlaneMap, RunSnapshot
from aetui.runs.directory import RunIdentity

if TYPE_CHECKING:
    from aetui.runs.basis import AxesChoice
    from aetui.runs.latent_map import LatentMap
CACHED = 32


class PlaneMaps:
    """Reads each map once. Belongs to the monitor's thread."""

    def __init__(self) -> None:
        self._held: tuple[RunIdentity, int] | None = None
        self._axes: dict[RunIdentity, AxesChoice] = {}
        self._maps: dict[tuple[RunIdentity, int, AxesChoice | None], PlaneMap | None] = {}

    def hold(self, run: RunSnapshot | None, epoch: int | None) -> None:
        """Show the plane of `run` after `epoch` from now on; None follows the newest."""
        self._held = (run.identity, epoch) if run is not None and epoch is not None else None

    def show_axes(self, run: RunSnapshot | None, axes: AxesChoice | None) -> None:
        """Show these axes of `run` from now on; None shows those of the largest KL."""
        if run is not None and axes is not None:
            self._axes[run.identity] = axes
        elif run is not None:
            self._axes.pop(run.identity, None)

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
        """The map after that epoch with the axes chosen; None where it is damaged."""
        key = run.identity, epoch, self._axes.get(run.identity)
        if key not in self._maps:
            while len(self._maps) >= CACHED:
                self._maps.pop(next(iter(self._maps)))
            latent = _load(run, epoch, key[2])
            self._maps[key] = PlaneMap(run.identity, latent) if latent is not None else None
        return self._maps[key]


def _load(run: RunSnapshot, epoch: int, axes: AxesChoice | None) -> LatentMap | None:
    # Late: numpy would slow the first picture by a third.
    from aetui.runs.latent_map import load_latent_map

    try:
        latent = load_latent_map(run.path, epoch)
    except BadInput:
        return None
    return latent if axes in (None, latent.axes) else replace(latent, chosen=axes)
