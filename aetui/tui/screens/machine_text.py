"""What a training takes of its machine, in a line. Its columns are fixed, so that nothing moves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from textual.content import Content

if TYPE_CHECKING:
    from aetui.processes.snapshots import RunSnapshot
    from aetui.runs.machine_use import MachineUse


MUTED = "$foreground-muted"


def machine_text(run: RunSnapshot, width: int) -> Content:
    """As many of the figures as `width` columns hold, the most important first.

    Empty where nothing trains, or where it does not say.
    """
    line = Content()
    if run.use is None or not run.is_alive:
        return line
    for words in _figures(run.use):
        gap = "  " if line else ""
        if len(line) + len(gap) + len(words) > width:
            break
        line += Content.assemble(gap, words)
    return line


def _figures(use: MachineUse) -> Iterator[Content]:
    if use.gpu_percent is not None:
        yield _figure("GPU ", f"{use.gpu_percent:3.0f}", " %")
    if use.gpu_memory_mb is not None and use.gpu_total_mb is not None:
        yield _figure("", f"{use.gpu_memory_mb / 1e3:.1f}", f" of {use.gpu_total_mb / 1e3:.0f} GB")
    if use.gpu_celsius is not None:
        yield _figure("", f"{use.gpu_celsius:.0f}", " °C")
    if use.gpu_watts is not None:
        yield _figure("", f"{use.gpu_watts:3.0f}", " W")
    if use.cpu_percent is not None:
        yield _figure("CPU ", f"{use.cpu_percent:4.0f}", " %")
    if use.memory_mb is not None:
        yield _figure("", f"{use.memory_mb / 1e3:.1f}", " GB")


def _figure(label: str, number: str, unit: str) -> Content:
    return Content.assemble((label, MUTED), number, (unit, MUTED))
