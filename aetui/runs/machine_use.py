"""What a training takes of the machine that it runs on, as its heartbeat says it.

The trainer measures itself: it knows its own device, and whoever can read the run's folder sees the
figures, from another machine or container too.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Final

LARGEST: Final = 1e9  # of a figure; anything more is rubbish


@dataclass(frozen=True)
class MachineUse:
    """Figures of one moment; None where one is not known."""

    cpu_percent: float | None = None  # of one core, over the last seconds, all threads
    memory_mb: float | None = None  # that the trainer holds
    gpu_percent: float | None = None  # of the last moment, in which the GPU was computing
    gpu_memory_mb: float | None = None  # taken on the GPU, by whatever process
    gpu_total_mb: float | None = None  # that the GPU has
    gpu_celsius: float | None = None
    gpu_watts: float | None = None

    def to_object(self) -> dict[str, float]:
        """The figures that are known, by name."""
        known = ((field.name, getattr(self, field.name)) for field in fields(self))
        return {name: round(value, 1) for name, value in known if value is not None}


def use_from(value: Any) -> MachineUse | None:
    """The figures in `value`, of a heartbeat that anything may have written; None without any."""
    if not isinstance(value, Mapping):
        return None
    names = [field.name for field in fields(MachineUse)]
    known = {name: float(value[name]) for name in names if _is_figure(value.get(name))}
    return MachineUse(**known) if known else None


def _is_figure(value: Any) -> bool:
    return isinstance(value, (int, float)) and math.isfinite(value) and 0 <= value < LARGEST
