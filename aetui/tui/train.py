"""Train: two panels, one a model, and the keys that start, pause, stop and resume."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from textual.binding import Binding
from textual.containers import Container
from textual.widget import Widget

from aetui.config import DEFAULTS, Model
from aetui.processes import last_words
from aetui.tui.messages import PickRun, TrainerAction, TrainerCommand
from aetui.tui.panel import ModelPanel
from aetui.tui.screen import ModeScreen


class TrainScreen(ModeScreen):
    """Both models side by side; below 100 columns one above the other."""

    MODE = "train"
    BINDINGS = [
        Binding("b", "command('both')", "Both"),
        Binding("tab,right,down", "app.focus_next", "The other model", show=False),
        Binding("shift+tab,left,up", "app.focus_previous", show=False),
        Binding("s", "command('start')", "Start"),
        Binding("p", "command('pause')", "Pause"),
        Binding("x", "command('stop')", "Stop"),
        Binding("r", "command('resume')", "Resume"),
        Binding("e", "edit", "Edit"),
        Binding("o", "pick", "Runs"),
    ]

    def body(self) -> Iterable[Widget]:
        """The vae's panel first."""
        yield Container(ModelPanel("vae"), ModelPanel("dae"), id="panels")

    def look(self, models: frozenset[Model]) -> None:
        """Fill the panels of the `models`."""
        for panel in self.query(ModelPanel):
            if panel.model in models:
                starting = self.board.starting(panel.model)
                panel.show(self.board.current(panel.model), starting, last_words(starting.run) if starting else "")

    def _model(self) -> Model:
        return self.focused.model if isinstance(self.focused, ModelPanel) else "vae"

    def action_command(self, action: TrainerAction) -> None:
        """Pass the wish on; the app has the trainers."""
        self.post_message(TrainerCommand(action, self._model()))

    def action_pick(self) -> None:
        """Choose among the runs of the panel's model."""
        self.post_message(PickRun(self._model()))

    def action_edit(self) -> None:
        """Ask for settings, then start."""
        from aetui.tui.form import SettingsForm

        model = self._model()

        def start(settings: Mapping[str, int | float] | None) -> None:
            if settings is not None:
                self.post_message(TrainerCommand("start", model, settings))

        self.app.push_screen(SettingsForm(model, DEFAULTS[model]), start)
