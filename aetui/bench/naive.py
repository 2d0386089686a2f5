"""The simplest way: a 28x28 image drawn with rich-pixels in a Static at every key."""

from __future__ import annotations

import numpy as np
from PIL import Image
from rich_pixels import Pixels
from textual.app import App, ComposeResult
from textual.events import Key
from textual.widgets import Static


class NaiveApp(App[None]):
    """One image; every key changes about as many of its pixels as a step on a latent plane does."""

    def compose(self) -> ComposeResult:
        """The image."""
        yield Static()

    def on_mount(self) -> None:
        """Draw it once."""
        self._random = np.random.default_rng(0)
        self._image = self._random.integers(0, 255, (28, 28)).astype(np.uint8)
        self._show()

    def on_key(self, event: Key) -> None:
        """Change a quarter of the pixels a little."""
        changed = self._random.random((28, 28)) < 0.25
        self._image = np.where(changed, self._image + 16, self._image).astype(np.uint8)
        self._show()

    def _show(self) -> None:
        self.query_one(Static).update(Pixels.from_image(Image.fromarray(self._image)))


if __name__ == "__main__":
    NaiveApp().run()
