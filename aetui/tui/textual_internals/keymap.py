"""Keys that a person gave the meaning of other keys, for keyboards or editors without these."""

from __future__ import annotations

from collections.abc import Mapping

from textual import events
from textual.binding import Binding
from textual.widget import Widget


class Keymap:
    """By the key that is pressed, the key that it stands for: a name, or the character itself."""

    def __init__(self, keys: Mapping[str, str]) -> None:
        self._keys = {_key_name(pressed): meant for pressed, meant in keys.items()}

    def translated(self, event: events.Key, focused: Widget | None) -> events.Key:
        """The key that `event` stands for. What is typed into a field is not changed."""
        meant = self._keys.get(event.key)
        if meant is None or _is_text(event, focused):
            return event
        return events.Key(_key_name(meant), meant if len(meant) == 1 else None)


def _is_text(event: events.Key, focused: Widget | None) -> bool:
    return focused is not None and focused.check_consume_key(event.key, event.character)


def _key_name(key: str) -> str:
    """Textual's name of a key that may be given as a character: "?" is question_mark."""
    if "," in key:  # Textual takes it for a list
        return "comma" if key == "," else key
    return next(iter(Binding.make_bindings([Binding(key, "")]))).key
