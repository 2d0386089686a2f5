"""What the screens share about figures: the key, the command, and what each has to offer."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final

from textual.binding import Binding
from textual.screen import Screen

from aetui.tui.messages import ErrorMessage, SaveFigure

if TYPE_CHECKING:
    from aetui.processes.snapshots import RunSnapshot

SAVE_BINDING: Final = Binding("S", "save_figure", "Save a figure", show=False)
FIGURE_COMMAND: Final = "Save figure"
NOTHING: Final = "There is nothing to save yet: this screen shows no run."


class SavingScreen(Screen[Any]):
    """A screen of which a figure can be saved."""

    NAME: ClassVar[str]

    def figure(self) -> SaveFigure | None:
        """What is shown, as a figure; None where there is nothing."""
        return None

    def figure_of(
        self,
        run: RunSnapshot | None,
        kind: str,
        *options: str,
        picture: Callable[[Path], None] | None = None,
    ) -> SaveFigure | None:
        """A figure of `run`, to be saved under the name of this screen."""
        if run is None:
            return None
        if run.uses_best:
            options = ("--best", *options)
        return SaveFigure(kind, run.path, run.config.model, self.NAME, options, picture)

    def action_save_figure(self) -> None:
        """Draw what is shown for print, into a file."""
        self.save(self.figure())

    def save(self, wish: SaveFigure | None) -> None:
        self.post_message(ErrorMessage(NOTHING) if wish is None else wish)

    def figure_commands(self) -> Iterable[tuple[str, str, Callable[[], Any]]]:
        yield FIGURE_COMMAND, "What is shown, for print, into a file (S)", self.action_save_figure
