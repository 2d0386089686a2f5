"""A container that says when there is more room in it, or less."""

from __future__ import annotations

from textual.containers import Container
from textual.message import Message


class Room(Container):
    """The room that the parts of a screen share."""

    class Resized(Message):
        """Its size is another."""

    def on_resize(self) -> None:
        self.post_message(self.Resized())
