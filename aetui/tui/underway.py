"""What the app is doing beside its screens, for the line that tells of it on each of them."""

from __future__ import annotations

from collections.abc import Callable


class Underway:
    """At most one thing: what it is, how far it is, and how it is given up."""

    def __init__(self, changed: Callable[[], None]) -> None:
        self._changed = changed
        self.text = ""  # "" where nothing is under way
        self.stop: Callable[[], object] | None = None

    def begin(self, text: str, stop: Callable[[], object]) -> None:
        """Something has begun; `stop` gives it up."""
        self.stop = stop
        self.tell(text)

    def tell(self, text: str) -> None:
        """How far it is by now."""
        self.text = text
        self._changed()

    def end(self) -> None:
        self.stop = None
        self.tell("")
