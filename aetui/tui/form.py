"""The settings of a training, edited and checked before it starts."""

from __future__ import annotations

from collections.abc import Mapping

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Grid, Vertical
from textual.screen import ModalScreen
from textual.validation import ValidationResult, Validator
from textual.widgets import Footer, Input, Label, Static

from aetui.config import BadInput, Hyperparameters, Model, Setting, settings_of

Settings = Mapping[str, int | float]


class SettingValidator(Validator):
    """Holds an input against its setting's type and bounds; an empty one stands for the default."""

    def __init__(self, setting: Setting) -> None:
        super().__init__()
        self._setting = setting

    def validate(self, value: str) -> ValidationResult:
        """Success, or a failure with the sentence that the command line would print."""
        try:
            if value.strip():
                self._setting.parse(value.strip())
        except BadInput as error:
            return self.failure(str(error))
        return self.success()


class SettingsForm(ModalScreen[Settings | None]):
    """Returns the settings that were changed, or None where the person thought better of it."""

    BINDINGS = [
        Binding("ctrl+s,enter", "start", "Start training", key_display="enter", priority=True),
        Binding("escape", "dismiss", "Cancel"),
        Binding("tab,down", "app.focus_next", "Next", key_display="tab"),
        Binding("shift+tab,up", "app.focus_previous", show=False),
    ]

    def __init__(self, model: Model, defaults: Hyperparameters) -> None:
        super().__init__()
        self._model = model
        self._defaults = defaults

    def compose(self) -> ComposeResult:
        """A line for each setting: name, value, meaning."""
        with Vertical(id="form") as form:
            form.border_title = f"Settings of the next {self._model}"
            with Grid(id="fields"):
                for setting in settings_of(self._model):
                    yield Label(setting.name)
                    default = f"{getattr(self._defaults, setting.name):g}"
                    yield Input(placeholder=default, validators=[SettingValidator(setting)], id=setting.name, compact=True)
                    yield Label(setting.help, classes="help")
            yield Static(id="refusal")
        yield Footer(show_command_palette=False)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Say at once what is wrong with a value."""
        result = event.validation_result
        self.query_one("#refusal", Static).update("" if result is None or result.is_valid else result.failure_descriptions[0])

    def action_start(self) -> None:
        """Hand the values over, unless one of them cannot be used."""
        values: dict[str, int | float] = {}
        for setting in settings_of(self._model):
            field = self.query_one(f"#{setting.name}", Input)
            try:
                if field.value.strip():
                    values[setting.name] = setting.parse(field.value.strip())
            except BadInput as error:
                self.query_one("#refusal", Static).update(str(error))
                field.focus()
                return
        self.dismiss(values)
