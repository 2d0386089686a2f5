"""The ONE list of screens: bar, keys, help and loader. A new screen is a block here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from aetui.tui.bars import Tab
from aetui.tui.screens.base import ModeScreen

Load = Callable[[], type[ModeScreen]]


@dataclass(frozen=True)
class Mode(Tab):
    """A screen of the app, and how its class is imported."""

    load: Load


MODES: Final[list[Mode]] = []


def _mode(name: str, key: str, help_text: str) -> Callable[[Load], Load]:
    """Add the screen that the decorated function imports, in the order of the bar.

    A screen is imported when it is first wanted, or once the first picture stands: together with
    numpy they take 0.15 s, nearly half as long as the first picture itself.
    """

    def add(load: Load) -> Load:
        MODES.append(Mode(name, key, help_text, load))
        return load

    return add


@_mode(
    "train", "t", "Trainings are processes of their own: they outlive the app and the connection."
)
def _train() -> type[ModeScreen]:
    from aetui.tui.screens.train import TrainScreen

    return TrainScreen


@_mode("denoise", "d", "Test images with noise, what the model makes of them, and the originals.")
def _denoise() -> type[ModeScreen]:
    from aetui.tui.screens.denoise import DenoiseScreen

    return DenoiseScreen


@_mode("scatter", "s", "Where test images lie on the latent plane; brighter where there are more.")
def _scatter() -> type[ModeScreen]:
    from aetui.tui.screens.scatter import ScatterScreen

    return ScatterScreen


@_mode("manifold", "m", "The latent plane scanned at regular intervals, each point decoded.")
def _manifold() -> type[ModeScreen]:
    from aetui.tui.screens.manifold import ManifoldScreen

    return ManifoldScreen


@_mode("navigate", "n", "The large image is what the decoder makes of the point at the crosshair.")
def _navigate() -> type[ModeScreen]:
    from aetui.tui.screens.navigate import NavigateScreen

    return NavigateScreen


@_mode("draw", "w", "Draw a picture, and see at once what the models make of it.")
def _draw() -> type[ModeScreen]:
    from aetui.tui.screens.draw import DrawScreen

    return DrawScreen
