"""What the app says on the terminal when it is left."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aetui.processes.snapshots import Snapshot


def farewell(snapshot: Snapshot | None, runs: Path) -> str:
    """What goes on without the app, and the command that shows it; "" where nothing does."""
    if snapshot is None:
        return ""
    paused = [run.name for run in snapshot.runs if run.state == "paused"]
    groups = [("still training", snapshot.training()), ("paused", paused)]
    parts = [f"{state}: {', '.join(names)}" for state, names in groups if names]
    again = shlex.join(["aetui", "launch", "--runs", str(runs)])
    return f"{'; '.join(parts)}\n{again}" if parts else ""
