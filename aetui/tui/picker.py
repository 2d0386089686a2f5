"""Choose which run of a model the screens show."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from textual.app import ComposeResult
from textual.binding import Binding
from textual.screen import ModalScreen
from textual.widgets import Footer, OptionList
from textual.widgets.option_list import Option

from aetui.config import BadInput, Model, printable
from aetui.listing import age, score
from aetui.rundir import RunSummary, summarise


class RunPicker(ModalScreen[Path | None]):
    """Returns the chosen run, or None."""

    BINDINGS = [Binding("escape,q,o", "dismiss", "Cancel"), Binding("enter", "", "Show this run", show=True)]

    def __init__(self, model: Model, runs: list[Path], current: Path | None) -> None:
        super().__init__()
        self._model = model
        self._runs = list(_summaries(runs))
        self._current = current

    def compose(self) -> ComposeResult:
        """A line for each run, newest first."""
        options = [Option(_line(run), id=str(number)) for number, run in enumerate(self._runs)]
        listed = OptionList(*options, id="runs", markup=False)
        listed.border_title = f"Runs of {self._model}, newest first"
        listed.highlighted = next((number for number, run in enumerate(self._runs) if run.path == self._current), 0)
        yield listed
        yield Footer(show_command_palette=False)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Take that run."""
        self.dismiss(self._runs[event.option_index].path)


def _summaries(runs: list[Path]) -> Iterator[RunSummary]:
    for run in runs:
        with suppress(BadInput):  # it was deleted a moment ago
            yield summarise(run)


def _line(run: RunSummary) -> str:
    epochs = f"{run.epoch:g}/{run.config.hyperparameters.epochs}"
    data = printable(run.config.data, 13)
    return f"{run.path.name[:20]:<20} {data:<13} {epochs:>9} {score(run):>12} {run.state:<7} {age(run.modified):>6}"
