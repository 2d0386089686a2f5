"""Train: a panel for each model, and the keys that start, pause, stop and resume."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING, Final

from textual.binding import Binding
from textual.containers import Container
from textual.widget import Widget

from aetui.catalog import model_spec, model_specs
from aetui.model_spec import Capability, ModelSpec
from aetui.tui.messages import (
    ChooseRun,
    EditSettings,
    ErrorMessage,
    OpenChart,
    SaveFigure,
    ShowLog,
    StartAll,
    TrainerCommand,
)
from aetui.tui.screens.base import Command, ModeScreen
from aetui.tui.screens.panel import ModelPanel

if TYPE_CHECKING:
    from aetui.processes.controller import Action
    from aetui.processes.snapshots import RunSnapshot, Snapshot

ACTIONS: Final[dict[Action, str]] = {"start": "s", "pause": "p", "stop": "x", "resume": "r"}
USES: Final[dict[Capability, tuple[str, str]]] = {
    "plane": ("navigate", "walks its plane"),
    "denoise": ("denoise", "shows it at work"),
}
"""What can be done with a run: by what it must offer, the screen and what that does."""


class TrainScreen(ModeScreen):
    """The featured models side by side, then every other model that has a run."""

    NAME = "train"
    SMALLEST = (60, 15)
    BINDINGS = [
        Binding("b", "start_all", "Both"),
        Binding("tab,right,l,down,j", "app.focus_next", "Next model", show=False),
        Binding("shift+tab,left,h,up,k", "app.focus_previous", show=False),
        Binding("s", "command('start')", "Start"),
        Binding("p", "command('pause')", "Pause"),
        Binding("x", "command('stop')", "Stop"),
        Binding("r", "command('resume')", "Resume"),
        Binding("e", "edit", "Edit"),
        Binding("o", "choose_run", "Runs"),
        Binding("enter", "open_chart", "Chart", key_display="⏎"),
        Binding("L", "log", "Log"),
    ]

    def body(self) -> Iterable[Widget]:
        featured = [spec for spec in model_specs() if spec.featured]
        yield Container(*(self._panel(spec) for spec in featured), id="panels")

    def commands(self) -> Iterable[Command]:
        """What the keys do to the marked model, and each model without a panel before its run."""
        yield from super().commands()
        title = model_spec(self._model()).title
        yield "Train both", "Start or resume both models (b)", self.action_start_all
        for action, key in ACTIONS.items():
            name = f"{action.capitalize()} training"
            yield name, f"{title} ({key})", partial(self.action_command, action)
        yield "Chart", f"The curves, large: {title} (enter)", self.action_open_chart
        yield "Settings", f"Change them, then start: {title} (e)", self.action_edit
        change = partial(self.post_message, EditSettings(self._model(), of_training=True))
        yield "Change settings of a training", f"While it trains: {title} (e)", change
        yield "Runs", f"Choose the run that is shown: {title} (o)", self.action_choose_run
        yield "Log", f"What the training has printed: {title} (L)", self.action_log
        for spec in model_specs():
            if not spec.featured:
                edit = partial(self.post_message, EditSettings(spec.name))
                yield f"Train: {spec.title}", "Settings of a new run, then train", edit

    def show_snapshot(self, snapshot: Snapshot) -> None:
        present = {panel.spec.name for panel in self.query(ModelPanel)}
        for spec in self._shown_specs(snapshot):
            if spec.name not in present:
                self.query_one("#panels").mount(self._panel(spec))
        for panel in self.query(ModelPanel):
            name = panel.spec.name
            panel.show(snapshot.panels.get(name), snapshot.starting.get(name))

    def _panel(self, spec: ModelSpec) -> ModelPanel:
        keys = {tab.name: tab.key for tab in self.services.tabs}
        uses = [
            f"{keys[name]} {use}"
            for capability, (name, use) in USES.items()
            if capability in spec.capabilities and name in keys
        ]
        hint = ", ".join([*uses, "b trains your own"])
        return ModelPanel(spec, f"Ships with aetui. {hint}.")

    def _shown_specs(self, snapshot: Snapshot) -> list[ModelSpec]:
        """Of the featured models, and of every other that has a run."""
        specs = {spec.name: spec for spec in model_specs() if spec.featured}
        specs |= {run.spec.name: run.spec for run in snapshot.panels.values()}
        specs |= {name: model_spec(name) for name in snapshot.starting if name not in specs}
        return list(specs.values())

    @property
    def copied_run(self) -> RunSnapshot | None:
        """That of the marked panel."""
        return self.snapshot.panels.get(self._model())

    def figure(self) -> SaveFigure | None:
        return self.figure_of(self.copied_run, "loss")

    def _model(self) -> str:
        """The model of the marked panel."""
        panel = (
            self.focused if isinstance(self.focused, ModelPanel) else self.query(ModelPanel).first()
        )
        return panel.spec.name

    def action_start_all(self) -> None:
        models = tuple(panel.spec.name for panel in self.query(ModelPanel) if panel.spec.featured)
        self.post_message(StartAll(models))

    def action_command(self, action: Action) -> None:
        self.post_message(TrainerCommand(action, self._model()))

    def action_choose_run(self) -> None:
        self.post_message(ChooseRun(model=self._model()))

    def action_open_chart(self) -> None:
        self.post_message(OpenChart(self._model()))

    def action_log(self) -> None:
        model = self._model()
        shown = self.snapshot.starting.get(model) or self.snapshot.panels.get(model)
        if shown is None:
            self.post_message(ErrorMessage(f"There is no {model} run yet; s starts one."))
        else:
            self.post_message(ShowLog(shown.path))

    def action_edit(self) -> None:
        """The settings of the next run; while one trains, those that it can change."""
        model = self._model()
        run = self.snapshot.panels.get(model)
        trains = run is not None and run.state in ("running", "paused")
        self.post_message(EditSettings(model, of_training=trains))
