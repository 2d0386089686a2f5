"""The settings of the next training, checked while they are typed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Grid, Vertical
from textual.content import Content
from textual.screen import ModalScreen, Screen
from textual.validation import ValidationResult, Validator
from textual.widgets import Footer, Input, Label, Static

from aetui.catalog import check_data_name
from aetui.errors import BadInput
from aetui.model_spec import FULL_SET, ModelSpec, Value, value_text

DATA = "data"  # the one field that is not a setting of the model
DATA_HELP = "data set: a name, or folder:PATH"
SizeOf = Callable[[str], Awaitable[int]]
"""The training images of a data set, by its name; `BadInput` where it cannot be used."""


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


def when_settled(form: Screen[Any], then: Callable[[], None]) -> None:
    """Call `then` once each field of the form has taken in the keys that were typed for it."""
    fields = list(form.query(Input))
    waiting = {field.id for field in fields}

    def settle(field: Input) -> None:
        waiting.discard(field.id)
        if not waiting:
            then()

    for field in fields:
        field.call_later(settle, field)


def problem_with(event: Input.Changed) -> str:
    """What is wrong with the value that was typed; "" where nothing is."""
    result = event.validation_result
    is_valid = result is None or result.is_valid
    return "" if is_valid or result is None else result.failure_descriptions[0]


class SettingsForm(ModalScreen[FormValues | None]):
    """Returns the settings that were changed, or None where it was cancelled."""

    CSS_PATH = "dialogs.tcss"
    # Of keys that arrive in one read, Textual gives each to the field that has the focus when it is
    # read. A tab that the field itself handled would move the focus too late for those behind it:
    # so all that move or end come first (priority).
    BINDINGS = [
        Binding("ctrl+s,enter", "start", "Start training", key_display="enter", priority=True),
        Binding("escape", "dismiss", "Cancel"),
        Binding("tab,down", "app.focus_next", "Next", key_display="tab", priority=True),
        Binding("shift+tab,up", "app.focus_previous", show=False, priority=True),
    ]

    def __init__(
        self, spec: ModelSpec, data: str, size_of: SizeOf, typed: Mapping[str, str]
    ) -> None:
        super().__init__()
        self._spec = spec
        self._data = data
        self._size_of = size_of
        self._kept = typed  # in an earlier form that was left

    def compose(self) -> ComposeResult:
        with Vertical(id="form") as form:
            form.border_title = f"New {self._spec.name.upper()} run: settings"
            with Grid(id="fields"):
                yield from self._field(DATA, self._data, DATA_HELP, check_data_name)
                for setting in self._spec.settings:
                    yield from self._field(setting.name, "", setting.help, setting.parse)
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

    def on_mount(self) -> None:
        self._show_defaults(FULL_SET)
        self._ask_size()

    def _ask_size(self) -> None:
        self.run_worker(self._show_true_defaults(), exclusive=True, exit_on_error=False)

    async def _show_true_defaults(self) -> None:
        """The defaults depend on the size of the data set, which may have to be read for it."""
        try:
            size = await self._size_of(
                self.query_one(f"#{DATA}", Input).value.strip() or self._data
            )
        except BadInput as error:
            self.show_refusal(str(error))
        else:
            self._show_defaults(size)

    def _show_defaults(self, train_images: int) -> None:
        """What an empty field stands for, with that many training images."""
        values = self._spec.resolve({}, train_images).to_object()
        for name, value in values.items():
            self.query_one(f"#{name}", Input).placeholder = value_text(value)

    def show_refusal(self, text: str) -> None:
        self.query_one("#refusal", Static).update(Content(text))

    def typed(self) -> dict[str, str]:
        """What stands in the fields that were filled."""
        return {str(field.id): field.value for field in self.query(Input) if field.value.strip()}

    def on_input_changed(self, event: Input.Changed) -> None:
        """Say at once what is wrong with a value."""
        self.show_refusal(problem_with(event))

    def on_input_blurred(self, event: Input.Blurred) -> None:
        """Not while a path is typed: each folder on the way would be read."""
        if event.input.id == DATA and event.input.is_valid:
            self._ask_size()

    def action_start(self) -> None:
        """Return the values."""
        when_settled(self, self._start)

    def _start(self) -> None:
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
