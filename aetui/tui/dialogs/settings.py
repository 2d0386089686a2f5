"""The settings of the next training, checked while they are typed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Grid, Vertical
from textual.screen import ModalScreen
from textual.validation import ValidationResult, Validator
from textual.widgets import Footer, Input, Label, Static

from aetui.catalog import check_data_name
from aetui.errors import BadInput
from aetui.model_spec import ModelSpec, Value

DATA = "data"  # the one field that is not a setting of the model
DATA_HELP = "data set: a name, or folder:PATH"


@dataclass(frozen=True)
class FormValues:
    """What was typed: the settings that were changed, and the data set where it was."""

    settings: Mapping[str, Value]
    data: str | None


class FieldValidator(Validator):
    """Checks a field as the command line would; an empty one stands for the default."""

    def __init__(self, parse: Callable[[str], Any]) -> None:
        super().__init__()
        self._parse = parse

    def validate(self, value: str) -> ValidationResult:
        try:
            if value.strip():
                self._parse(value.strip())
        except BadInput as error:
            return self.failure(str(error))
        return self.success()


class SettingsForm(ModalScreen[FormValues | None]):
    """Returns the settings that were changed, or None where it was cancelled."""

    BINDINGS = [
        Binding("ctrl+s,enter", "start", "Start training", key_display="enter", priority=True),
        Binding("escape", "dismiss", "Cancel"),
        Binding("tab,down", "app.focus_next", "Next", key_display="tab"),
        Binding("shift+tab,up", "app.focus_previous", show=False),
    ]

    def __init__(
        self, spec: ModelSpec, data: str, train_images: int, typed: Mapping[str, str]
    ) -> None:
        super().__init__()
        self._spec = spec
        self._data = data
        self._images = train_images
        self._kept = typed  # from an earlier form that was left

    def compose(self) -> ComposeResult:
        with Vertical(id="form") as form:
            form.border_title = f"New {self._spec.name.upper()} run: settings"
            with Grid(id="fields"):
                yield from self._field(DATA, self._data, DATA_HELP, check_data_name)
                defaults = self._defaults()
                for setting in self._spec.settings:
                    default = defaults[setting.name]
                    yield from self._field(setting.name, default, setting.help, setting.parse)
            yield Static(id="refusal")
        yield Footer(show_command_palette=False)

    def _field(
        self, name: str, default: str, meaning: str, parse: Callable[[str], Any]
    ) -> Iterator[Input | Label]:
        """A line: name, value, meaning."""
        yield Label(name)
        yield Input(
            self._kept.get(name, ""),
            placeholder=default,
            validators=[FieldValidator(parse)],
            id=name,
            compact=True,
        )
        yield Label(meaning, classes="help")

    def _defaults(self) -> dict[str, str]:
        """What an empty field stands for, given the size of the data set."""
        values = self._spec.resolve({}, self._images).to_object()
        return {name: _shown(value) for name, value in values.items()}

    def show_defaults(self, train_images: int) -> None:
        """The data set has been read: show the defaults for its size."""
        self._images = train_images
        for name, default in self._defaults().items():
            self.query_one(f"#{name}", Input).placeholder = default

    def show_refusal(self, text: str) -> None:
        self.query_one("#refusal", Static).update(text)

    def typed(self) -> dict[str, str]:
        """What stands in the fields that were filled."""
        return {str(field.id): field.value for field in self.query(Input) if field.value.strip()}

    def on_input_changed(self, event: Input.Changed) -> None:
        """Say at once what is wrong with a value."""
        result = event.validation_result
        is_valid = result is None or result.is_valid
        self.show_refusal("" if is_valid or result is None else result.failure_descriptions[0])

    def action_start(self) -> None:
        """Return the values, unless one of them cannot be used."""
        settings: dict[str, Value] = {}
        data: str | None = None
        for name, text in self.typed().items():
            try:
                if name == DATA:
                    data = check_data_name(text.strip())
                else:
                    settings[name] = self._spec.setting(name).parse(text.strip())
            except BadInput as error:
                self.show_refusal(str(error))
                self.query_one(f"#{name}", Input).focus()
                return
        self.dismiss(FormValues(settings, data))


def _shown(value: Value) -> str:
    return ",".join(map(str, value)) if isinstance(value, tuple) else f"{value:g}"
