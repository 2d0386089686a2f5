"""The list of runs: which one the screens show."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Footer, OptionList, Static
from textual.widgets.option_list import Option

from aetui.errors import printable
from aetui.runs.summary import RunSummary

HEADINGS = ("run", "data", "epochs", "score", "state", "age")
DATA_WIDTH = 13


class RunList(ModalScreen[Path | None]):
    """Returns the run chosen, or None."""

    BINDINGS = [
        Binding("enter", "", "Show", show=True),
        Binding("escape,q,o", "dismiss", "Cancel"),
    ]

    def __init__(self, title: str, runs: Sequence[RunSummary], shown: Path | None) -> None:
        super().__init__()
        self._title = title
        self._runs = runs
        self._shown = shown

    def compose(self) -> ComposeResult:
        with Vertical(id="runs") as box:
            box.border_title = self._title
            yield Static(_columns(*HEADINGS), id="headings")
            options = [Option(_line(run), id=str(number)) for number, run in enumerate(self._runs)]
            listed = OptionList(*options, id="list", markup=False)
            listed.highlighted = next(
                (number for number, run in enumerate(self._runs) if run.path == self._shown), 0
            )
            yield listed
        yield Footer(show_command_palette=False)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(self._runs[event.option_index].path)


def _line(run: RunSummary) -> str:
    epochs = f"{run.epoch:g}/{run.config.hyperparameters.epochs}"
    data = _end(printable(run.config.data, 200), DATA_WIDTH)
    return _columns(run.name[:20], data, epochs, run.score_text, run.state, run.age)


def _columns(name: str, data: str, epochs: str, score: str, state: str, age: str) -> str:
    return f"{name:<20} {data:<{DATA_WIDTH}} {epochs:>9} {score:>12} {state:<8} {age:>6}"


def _end(text: str, width: int) -> str:
    """The end of a path says more than its beginning."""
    return text if len(text) <= width else "…" + text[-width + 1 :]
