"""The way from the shipped plane to the first training of one's own, in six steps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

from textual.content import Content

from aetui.preferences import read_preferences, write_preferences

Deed = Literal["walk", "whole", "denoise", "draw", "train", "leave"]


@dataclass(frozen=True)
class Step:
    """One line of the guide. Of its parts every second one is a key."""

    deed: Deed  # what ticks it off
    parts: tuple[str, ...]


NAME: Final = "guide"  # of the preference
STEPS: Final = (
    Step("walk", ("", "n", ", then the ", "arrows", ": walk the latent plane of digits")),
    Step("whole", ("", "m", " shows the plane as a whole")),
    Step("denoise", ("", "d", ": what the other model does with noise")),
    Step("draw", ("", "w", ": draw a digit yourself, with the ", "mouse", "")),
    Step("train", ("", "t", ", then ", "b", ": train your own")),
    Step("leave", ("", "q", ": leave; the training goes on without you")),
)
DEED_OF_SCREEN: Final[dict[str, Deed]] = {"manifold": "whole", "denoise": "denoise"}
"""By screen: what is done once it has been seen."""


class Guide:
    """Which steps are done. Closed until the preferences say that nobody has ended it."""

    def __init__(self, changed: Callable[[], None]) -> None:
        self._changed = changed
        self._open = False
        self._done: frozenset[str] = frozenset()

    def load(self) -> None:
        """Go on where the last launch ended. Reads a file."""
        kept = read_preferences().get(NAME)
        values = kept if isinstance(kept, dict) else {}
        done = values.get("done")
        self._done |= {deed for deed in done if isinstance(deed, str)} if done else frozenset()
        self._open = not values.get("ended")

    def save(self) -> None:
        """Keep what is done for the next launch. Writes a file, if it can."""
        write_preferences(**{NAME: {"ended": not self.is_open, "done": sorted(self._done)}})

    def end(self) -> None:
        """A person has had enough of it."""
        if self._open:
            self._open = False
            self._changed()

    @property
    def is_open(self) -> bool:
        return self._open and self.step is not None

    @property
    def step(self) -> Step | None:
        """The first that is not done."""
        return next((step for step in STEPS if step.deed not in self._done), None)

    def note(self, deed: Deed) -> None:
        """A person has done this."""
        if deed not in self._done:
            self._done |= {deed}
            if self._open:
                self._changed()

    def end_by_leaving(self) -> bool:
        """A person leaves the app; whether that was the last step."""
        is_last = self._open and self.step == STEPS[-1]
        if is_last:
            self._done |= {STEPS[-1].deed}
        return is_last

    def note_screen(self, name: str) -> None:
        """A person sees this screen."""
        if name in DEED_OF_SCREEN:
            self.note(DEED_OF_SCREEN[name])

    def line(self, width: int) -> Content:
        """The step, at the right the ticks and how to end it, in `width` columns."""
        step = self.step
        if step is None:
            return Content("")
        number = STEPS.index(step) + 1
        words: list[tuple[str, str] | str] = [(f" {number}/{len(STEPS)}  ", "bold $accent")]
        for place, part in enumerate(step.parts):
            words.append((part, "bold $accent") if place % 2 else part)
        left = Content.assemble(*words)
        ticks = "".join("●" if each.deed in self._done else "○" for each in STEPS)
        right = Content.assemble(f"{ticks}  ", ("esc", "bold $accent"), " ends this ")
        gap = " " * max(1, width - left.cell_length - right.cell_length)
        return Content.assemble(left, gap, right)
