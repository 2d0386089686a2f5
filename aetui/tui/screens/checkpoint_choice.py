"""The command that shows a run by its best checkpoint, or again by its last."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from textual.message import Message

from aetui.tui.messages import ShowCheckpoint

if TYPE_CHECKING:
    from aetui.processes.snapshots import RunSnapshot


def checkpoint_commands(
    run: RunSnapshot, post: Callable[[Message], object]
) -> Iterator[tuple[str, str, Callable[[], Any]]]:
    """The entry of the palette, for a run that keeps a best checkpoint."""
    if run.best is None:
        return
    if run.uses_best:
        wish = ShowCheckpoint(run.path, best=False)
        yield "Use last checkpoint", "Show the run as it was trained last", partial(post, wish)
    else:
        wish = ShowCheckpoint(run.path, best=True)
        says = f"Show the run as it was after epoch {run.best.epoch}, on every screen"
        yield "Use best checkpoint", says, partial(post, wish)
