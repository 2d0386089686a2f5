"""The ONE list of screens: bar, keys, help and loader. A new screen is a block here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from aetui.tui.bars import Help, Tab
from aetui.tui.screens.base import ModeScreen

Load = Callable[[], type[ModeScreen]]


@dataclass(frozen=True)
class Mode(Tab):
    """A screen of the app, and how its class is imported."""

    load: Load


MODES: Final[list[Mode]] = []


def _mode(name: str, key: str, seen: str, *tries: tuple[str, str]) -> Callable[[Load], Load]:
    """Add the screen that the decorated function imports, in the order of the bar.

    `seen` and `tries` are for its help page, as in `Help`.

    A screen is imported when it is first wanted, or once the first picture stands: together with
    numpy they take 0.15 s, nearly half as long as the first picture itself.
    """

    def add(load: Load) -> Load:
        MODES.append(Mode(name, key, Help(seen, tries), load))
        return load

    return add


@_mode(
    "train",
    "t",
    "A panel for each model: its newest run, how far it is, and its loss. The lower the curve, the "
    "better it fits. A training is a process of its own: it goes on when you leave the app or lose "
    "the connection, and is shown here when you come back.",
    ("b", "train both models; the other screens fill while they learn"),
    ("e", "change settings before a start, try beta 4; or the learning rate while it trains"),
    ("enter", "read the curves, large: other figures, zoom, other runs in the same chart"),
)
def _train() -> type[ModeScreen]:
    from aetui.tui.screens.train import TrainScreen

    return TrainScreen


@_mode(
    "denoise",
    "d",
    "Test images with noise, what the denoising model makes of them, the originals, the error that "
    "is left, and a median filter, with the window of 3, 5 or 7 pixels that does best on these "
    "images. PSNR, in dB, and SSIM, at most 1, say how near a picture is to its original: more is "
    "better. The histogram shows where the chosen image lies among the test images.",
    ("+", "more noise, until it fails"),
    ("c", "another kind of noise: the model was trained on one only"),
    ("← →", "go from image to image, and on to others"),
)
def _denoise() -> type[ModeScreen]:
    from aetui.tui.screens.denoise import DenoiseScreen

    return DenoiseScreen


@_mode(
    "scatter",
    "s",
    "Where the model puts the test images on its latent plane. Each cell shows the class that is "
    "commonest there, brighter where there are more. Nobody told the model the classes: that they "
    "gather is its own doing. Beside it stands the image under the cursor.",
    ("← →", "go from image to image, and see what the model makes of each"),
    ("e", "look at the images that it fails on"),
    ("p", "see where a probe draws the borders between the classes"),
)
def _scatter() -> type[ModeScreen]:
    from aetui.tui.screens.scatter import ScatterScreen

    return ScatterScreen


@_mode(
    "manifold",
    "m",
    "The latent plane at regular intervals, each point decoded: the same plane as on Scatter, as "
    "the pictures that the model finds there. Neighbours look alike, and classes change smoothly.",
    ("→ ↓", "go over the plane, from picture to picture"),
    ("enter", "walk on from here in the navigator"),
    ("v", "move along one latent axis at a time, and see what each carries"),
)
def _manifold() -> type[ModeScreen]:
    from aetui.tui.screens.manifold import ManifoldScreen

    return ManifoldScreen


@_mode(
    "navigate",
    "n",
    "The large image is what the decoder makes of the point at the crosshair. Below it: where that "
    "is, as what it reads, which test images are near, and how dense the plane is here.",
    ("L", "take five steps at once, from one class into another"),
    ("a", "mark a place and walk away; g plays the path back"),
    ("v", "tour the centres of the classes"),
)
def _navigate() -> type[ModeScreen]:
    from aetui.tui.screens.navigate import NavigateScreen

    return NavigateScreen


@_mode(
    "draw",
    "w",
    "A canvas, and at once what the models make of it: denoised, reconstructed through the code, "
    "and where that code lies on the map, with rings of one and two sigma. A large error means "
    "that the picture is not like those that the model has learnt from.",
    ("g", "take a test image, and spoil it with the mouse"),
    ("f", "refine: the code slides to where it explains the drawing best"),
    ("i", "open a picture of yours, and see the model fail on it"),
)
def _draw() -> type[ModeScreen]:
    from aetui.tui.screens.draw import DrawScreen

    return DrawScreen


def load_screens() -> None:
    """Import what the other screens need, so that the first visit is as quick as the second."""
    for mode in MODES:
        mode.load()
