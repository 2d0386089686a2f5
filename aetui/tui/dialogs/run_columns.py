"""The columns of the list of runs, as they fit its width."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from rich.cells import set_cell_size

from aetui.errors import printable
from aetui.runs.summary import RunSummary

NAME_WIDTH: Final = 20
MODEL_WIDTH: Final = 9
DATA_WIDTH: Final = 13
WIDE: Final = 96  # columns, that have room for notes and settings beside the rest
LONGEST: Final = 200  # characters of a cell
Cell = tuple[str, str]  # its text and, where it is not plain, its component class


@dataclass(frozen=True)
class Columns:
    """Those of a list of `width` columns; `mixed` where its runs are of several models."""

    width: int = WIDE
    mixed: bool = False

    @property
    def is_wide(self) -> bool:
        """Whether each row ends with the run's note and settings, which `detail` else has."""
        return self.width >= WIDE

    @property
    def headings(self) -> str:
        model = f"{'model':<{MODEL_WIDTH}} " if self._has_models else ""
        end = "  note, changed settings" if self.is_wide else ""
        return (
            f"{'run':<{NAME_WIDTH}} {model}{'data':<{DATA_WIDTH}} {'epochs':>11} {'score':>12} "
            f"{'state':<7} {'age':>6}{end}"
        )

    @property
    def _has_models(self) -> bool:
        return self.mixed and self.is_wide

    def cells(self, run: RunSummary) -> Iterator[Cell]:
        yield _cell(_start(run.name, NAME_WIDTH), NAME_WIDTH), ""
        if self._has_models:
            yield _cell(_start(run.config.model, MODEL_WIDTH), MODEL_WIDTH), "muted"
        yield _cell(_end(printable(run.config.data, LONGEST), DATA_WIDTH), DATA_WIDTH), "muted"
        epochs = f"{run.epoch:g}/{run.config.hyperparameters.epochs}"
        yield f"{epochs:>11} {run.score_text:>12} ", ""
        yield f"{run.state:<8}", run.state
        yield f"{run.age:>6}  ", "muted"
        if self.is_wide and run.note:
            yield f"{run.note}  ", ""
        if self.is_wide:
            yield run.settings_text[:LONGEST], "muted"

    def detail(self, run: RunSummary | None) -> str:
        """What the row of the run has no room for, in lines; "" where it has."""
        if run is None or self.is_wide:
            return ""
        model = f"{run.config.model}: " if self.mixed else ""
        return f"{run.note}\n{model}{run.settings_text[:LONGEST]}".strip()


def _cell(text: str, width: int) -> str:
    return set_cell_size(text, width + 1)


def _start(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"


def _end(text: str, width: int) -> str:
    """The end of a path says more than its beginning."""
    return text if len(text) <= width else "…" + text[-width + 1 :]
