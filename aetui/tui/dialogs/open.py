"""Opens the dialogs. Each is imported when it is first wanted: the first picture does without."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from textual.app import App
from textual.binding import Binding

from aetui.catalog import DATA_SETS, model_spec
from aetui.errors import BadInput
from aetui.model_spec import EPOCHS, FULL_SET, Value, value_text
from aetui.processes.inference import Superseded
from aetui.processes.snapshots import RunSnapshot, Snapshot
from aetui.runs.summary import RunSummary
from aetui.tui.messages import ChooseRun, TrainerCommand
from aetui.tui.screens.base import ModeScreen, Services

if TYPE_CHECKING:
    from aetui.tui.dialogs.runs import Chosen


class Dialogs:
    """Opens dialogs over the app, and remembers what was typed into a form that was left."""

    def __init__(self, app: App[None], services: Services, data: str) -> None:
        self._app = app
        self._services = services
        self._data = data  # what the app was launched with
        self._typed: dict[str, dict[str, str]] = {}  # by model, then by field
        self._path_typed = ""

    async def edit_settings(
        self, model: str, like: RunSummary | None = None
    ) -> TrainerCommand | None:
        """The command to start a training with the settings typed; None where it was cancelled.

        The form is filled with those of the run `like`, else with what was last typed.
        """
        from aetui.tui.dialogs.settings import SettingsForm

        typed = self._typed.get(model, {}) if like is None else _settings_of(like)
        form = SettingsForm(model_spec(model), self._data, self._size_of, typed)
        values = await self._app.push_screen_wait(form)
        self._typed[model] = form.typed()
        if values is None:
            return None
        return TrainerCommand("start", model, values.settings, values.data)

    async def change_settings(self, run: RunSnapshot) -> Mapping[str, Value] | None:
        """The settings that the run is to train with from now on; None where it was cancelled."""
        from aetui.tui.dialogs.change import ChangeForm

        return await self._app.push_screen_wait(ChangeForm(run))

    def forget_settings(self, model: str) -> None:
        """The settings typed for this model have been used."""
        self._typed.pop(model, None)

    async def _size_of(self, data: str) -> int:
        """The training images of the data set `data`; `BadInput` where it cannot be used."""
        for run in self._newest().runs:
            if data in (run.config.data, run.config.data_requested) and run.config.train_images:
                return run.config.train_images
        if data in DATA_SETS:
            return DATA_SETS[data].train_images
        with contextlib.suppress(Superseded):
            reply = await self._services.inference.ask("describe", None, data=data)
            return int(reply.header["train_images"])
        return FULL_SET  # another name has been typed meanwhile

    def _newest(self) -> Snapshot:
        return self._services.snapshot() or Snapshot()

    async def choose_run(self, wish: ChooseRun) -> Chosen | None:
        """The run chosen from the list; None where it was cancelled or there is none."""
        from aetui.tui.dialogs.runs import RunList

        snapshot = self._newest()
        if (model := wish.model) is not None:
            shown, title = snapshot.panels.get(model), f"{model.upper()} runs"
        else:
            assert wish.capability is not None
            shown, title = snapshot.views.get(wish.capability), "Runs for this screen"

        def select(snapshot: Snapshot) -> Sequence[RunSummary]:
            if wish.model is not None:
                return snapshot.runs_of(wish.model)
            assert wish.capability is not None
            return snapshot.runs_with(wish.capability)

        if not select(snapshot):
            raise BadInput("There is no run yet; b on the Train screen starts one.")
        dialog = RunList(title, select, snapshot, shown.path if shown else None)
        return await self._app.push_screen_wait(dialog)

    def show_chart(self, model: str) -> None:
        """The curves of the runs that are compared, else of the run on that model's panel."""
        from aetui.tui.screens.chart import ChartScreen

        if not isinstance(self._app.screen, ChartScreen):
            self._app.push_screen(ChartScreen(self._services, model))

    async def ask_delete(self, run: RunSummary) -> bool:
        """Whether that run is to be deleted."""
        from aetui.tui.dialogs.ask import AskYes

        what = f"Delete {run.path}, with all weights, curves and maps?"
        return await self._app.push_screen_wait(AskYes(f"Delete {run.name}", what))

    async def ask_name(self, run: RunSummary) -> str | None:
        """The new name of that run; None where it was cancelled."""
        from aetui.tui.dialogs.ask import AskLine

        meaning = "Letters, digits, '.', '_' and '-'; a letter or digit first."
        return await self._app.push_screen_wait(AskLine(f"Rename {run.name}", run.name, meaning))

    async def ask_note(self, run: RunSummary) -> str | None:
        """What to note about that run; None where it was cancelled."""
        from aetui.tui.dialogs.ask import AskLine

        meaning = "One line, which the lists show and find."
        return await self._app.push_screen_wait(AskLine(f"Note on {run.name}", run.note, meaning))

    async def ask_epochs(self, run: RunSnapshot) -> int | None:
        """How many epochs that finished run is to have in all; None where it was cancelled."""
        from aetui.tui.dialogs.ask import AskLine

        done = run.config.hyperparameters.epochs
        meaning = (
            f"Epochs in all; {done} are done. The rest of the schedule is planned anew: the "
            "learning rate goes on as in a run of so many epochs from the start."
        )
        more = min(2 * done, EPOCHS.high)
        dialog = AskLine(f"Train {run.name} further", f"{more:.0f}", meaning)
        text = await self._app.push_screen_wait(dialog)
        return None if text is None else int(EPOCHS.parse(text))

    async def ask_text(self, title: str, meaning: str) -> str | None:
        """A line of text; None where it was cancelled."""
        from aetui.tui.dialogs.ask import AskLine

        return await self._app.push_screen_wait(AskLine(title, "", meaning))

    async def ask_path(self, title: str) -> Path | None:
        """The path of a file; None where it was cancelled."""
        from aetui.tui.dialogs.path import PathDialog

        dialog = PathDialog(title, self._path_typed)
        path = await self._app.push_screen_wait(dialog)
        self._path_typed = dialog.typed
        return path

    async def ask_figure_path(self, kind: str, typed: str, endings: str) -> Path | None:
        """Where the figure of that kind is to be saved; None where it was cancelled."""
        from aetui.tui.dialogs.path import PathDialog

        meaning = f"The file to write. Its ending says in which format: {endings}."
        return await self._app.push_screen_wait(PathDialog(f"Save figure: {kind}", typed, meaning))

    async def ask_replace(self, path: Path) -> bool:
        """Whether the file that is there is to be replaced."""
        from aetui.tui.dialogs.ask import AskYes

        question = f"{path} is there already. Replace it?"
        return await self._app.push_screen_wait(AskYes("Replace a file", question))

    def show_log(self, run: Path) -> None:
        """What the trainers of the run in that folder have printed."""
        from aetui.tui.dialogs.log import LogScreen

        self._app.push_screen(LogScreen(run))

    def show_help(self, screen: ModeScreen) -> None:
        """The keys of that screen."""
        from aetui.tui.dialogs.help import HelpScreen

        tabs = self._services.tabs
        tab = next(tab for tab in tabs if tab.name == screen.NAME)
        tab = replace(tab, help=screen.PAGE) if screen.PAGE else tab
        bindings = [item for item in type(screen).BINDINGS if isinstance(item, Binding)]
        self._app.push_screen(HelpScreen(tab, tabs, bindings))


def _settings_of(run: RunSummary) -> dict[str, str]:
    """What a form must hold to train like that run: its data set, and what is not the default."""
    settings = {name: value_text(value) for name, value in run.changed_settings.items()}
    return {**settings, "data": run.config.data}
