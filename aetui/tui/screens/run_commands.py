"""What the command palette offers for a run, on a screen that shows it and in the list of runs."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, Any

from textual.screen import Screen

from aetui.errors import printable
from aetui.tui.messages import Change, RunChange

if TYPE_CHECKING:
    from aetui.processes.snapshots import RunSnapshot
    from aetui.runs.summary import RunSummary
    from aetui.tui.screens.base import Command


def copy_commands(run: RunSnapshot, copy: Callable[[str], object]) -> Iterable[Command]:
    """What can be put on the clipboard."""
    path, command = str(run.path.absolute()), run.config.command
    yield "Copy path", "The run's folder, to the clipboard", partial(copy, path)
    if command:
        says = "The command line that makes this run again, to the clipboard"
        yield "Copy command", says, partial(copy, command)


def run_commands(
    screen: Screen[Any], run: RunSummary, duplicate: Callable[[], object], *, is_shown: bool
) -> Iterable[Command]:
    """`duplicate` opens a form with the run's settings; `is_shown` is as in `RunChange`."""
    name = printable(run.name)

    def change(what: Change) -> Callable[[], object]:
        return lambda: screen.post_message(RunChange(run, what, is_shown))

    yield "Note", f"A line of words beside {name}, which the lists show and find", change("note")
    yield "Rename run", f"Give {name} another name", change("rename")
    yield "Delete run", f"Delete {name} for good, after a question", change("delete")
    yield "Duplicate settings", f"A new run with the settings of {name}, to be changed", duplicate
