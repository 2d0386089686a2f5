"""The settings that a training can change on the way, checked while they are typed."""

from __future__ import annotations

from collections.abc import Mapping

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Grid, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Footer, Input, Label, Static

from aetui.errors import BadInput
from aetui.model_spec import Value, value_text
from aetui.processes.snapshots import RunSnapshot
from aetui.tui.dialogs.settings import FieldValidator, problem_with, when_settled


class ChangeForm(ModalScreen[Mapping[str, Value] | None]):
    """Returns the settings that were typed, or None where it was cancelled."""

    CSS_PATH = "dialogs.tcss"
    BINDINGS = [
        Binding("ctrl+s,enter", "submit", "Change", key_display="enter", priority=True),
        Binding("escape", "dismiss", "Cancel"),
        Binding("tab,down", "app.focus_next", "Next", key_display="tab", priority=True),
        Binding("shift+tab,up", "app.focus_previous", show=False, priority=True),
    ]

    def __init__(self, run: RunSnapshot) -> None:
        super().__init__()
        self._run = run

    def compose(self) -> ComposeResult:
        with Vertical(id="form") as form:
            form.border_title = f"{self._run.name}: change while it trains"
            with Grid(id="fields"):
                for setting in self._run.spec.live_settings:
                    yield Label(setting.name)
                    yield Input(
                        placeholder=value_text(self._run.setting(setting.name)),
                        validators=[FieldValidator(setting.parse)],
                        id=setting.name,
                        compact=True,
                    )
                    yield Label(setting.help, classes="help")
            yield Static(id="refusal")
        yield Footer(show_command_palette=False)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Say at once what is wrong with a value."""
        self._refuse(problem_with(event))

    def _refuse(self, text: str) -> None:
        self.query_one("#refusal", Static).update(Content(text))

    def action_submit(self) -> None:
        """Return the values."""
        when_settled(self, self._submit)

    def _submit(self) -> None:
        typed = {str(field.id): field.value.strip() for field in self.query(Input)}
        try:
            settings = {
                name: self._run.spec.setting(name).parse(text)
                for name, text in typed.items()
                if text
            }
        except BadInput as error:
            self._refuse(str(error))
        else:
            self.dismiss(settings or None)
