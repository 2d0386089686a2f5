"""README's pictures, from the app as it runs in a pseudo-terminal: one per screen, and a film.

    uv run python .github/make_pictures.py [NAME ...]

makes all of them, or the named ones, in about three minutes on two free cores: it trains both
models on scikit-learn's digits. No picture holds an image of MNIST: it is not found
here, the planes are decoded by aetui's own weights, and test images are scikit-learn's.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from PIL import Image

HERE: Final = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from draw_terminal import draw_terminal  # noqa: E402  the path is set now

from aetui.preferences import write_preferences  # noqa: E402
from tests.terminal import Terminal, launch  # noqa: E402

SIZE: Final = (100, 32)  # columns, rows
CELL: Final = (10, 20)  # pixels, of the still pictures
FILM_CELL: Final = (8, 16)
SHIPPED: Final[dict[str, tuple[str, ...]]] = {
    "navigate": ("5", *"iHKK"),  # i: without the nearest images, which would be MNIST's
    "manifold": ("4",),
}
"""Pictures of the runs that come with aetui, and the keys that lead there."""
TRAINED: Final[dict[str, tuple[str, ...]]] = {
    "denoise": ("2",),
    "scatter": ("3",),
    "draw": ("6", "g"),
    "train": ("1",),
}
"""Pictures of two runs that are trained on scikit-learn's digits for them."""
FILM: Final = "film"
Frame = tuple[Image.Image, int]
"""An image, and the milliseconds for which it is shown."""
EPOCHS: Final = ("120", "30")  # of vae and dae: enough for pictures
FORM: Final = "Start training"  # what the settings form says
TRAINING_FRAMES: Final = 30
WALK_FRAMES: Final = 45
DONE: Final = re.compile(r"\bdone\b")  # in a panel
LAST_MAP: Final = re.compile(r"(\d+) of \1 maps")  # on Scatter, at the end of its film
SETTLE: Final = 3.0  # seconds until a screen stands still
NOT_YET: Final = re.compile("loading|nearest scanned|reading", re.IGNORECASE)
"""What a screen says until it is complete."""
COLOURS: Final = 128  # of the film
LARGEST: Final = 2_000_000  # bytes


def main(names: Sequence[str]) -> None:
    wanted = set(names) or {*SHIPPED, *TRAINED, FILM}
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        os.environ.update(
            XDG_CONFIG_HOME=str(home / "config"),
            AETUI_DATA_DIR=str(home / "data"),
            COLORTERM="truecolor",
            TERM="xterm-256color",
        )
        write_preferences(guide={"ended": True})
        if stills := wanted & SHIPPED.keys():
            with launch(home / "none", size=SIZE) as terminal:
                terminal.wait("Navigate")
                _take(terminal, {name: SHIPPED[name] for name in SHIPPED if name in stills})
        if wanted & {*TRAINED, FILM}:
            with launch(home / "runs", "--data", "digits", size=SIZE) as terminal:
                terminal.wait("Navigate")
                _show_training(terminal, wanted)


def _show_training(terminal: Terminal, wanted: set[str]) -> None:
    """Train both models, with what the film shows of it; then take the stills."""
    frames: list[Frame] = []
    terminal.press("1")
    _settle(terminal)
    frames += _frames(terminal, 1, 0.1, shown=1000)
    for epochs in EPOCHS:
        terminal.press("e")
        terminal.wait(FORM)
        terminal.press("tab", *epochs)
        frames += _frames(terminal, 1, 0.5, shown=1000)
        terminal.press("enter")
        terminal.wait(lambda text: FORM not in text)
        terminal.press("right")
    frames += _frames(terminal, 1, 0.5, shown=1000)
    terminal.wait("images/s")
    frames += _frames(terminal, TRAINING_FRAMES, 1.5, shown=150)
    terminal.wait(lambda text: len(DONE.findall(text)) >= 2, patience=1800)
    if FILM in wanted:
        terminal.press("3")
        _settle(terminal)
        terminal.press("f")
        terminal.wait(lambda text: not LAST_MAP.search(text))
        while not LAST_MAP.search(terminal.text()):
            frames += _frames(terminal, 1, 1.2, shown=150)
        frames += _frames(terminal, 1, 0.1, shown=1500)
        terminal.press("5")
        _settle(terminal)
        terminal.press("v")
        frames += _frames(terminal, WALK_FRAMES, 0.4, shown=200)
        terminal.press("v")
        _save_film(frames)
    _take(terminal, {name: keys for name, keys in TRAINED.items() if name in wanted})


def _take(terminal: Terminal, stills: dict[str, tuple[str, ...]]) -> None:
    for name, keys in stills.items():
        terminal.press(*keys)
        _settle(terminal)
        draw_terminal(terminal.screen, CELL).save(HERE / f"{name}.png", optimize=True)


def _settle(terminal: Terminal) -> None:
    terminal.read(SETTLE)
    terminal.wait(lambda text: not NOT_YET.search(text))
    terminal.read(SETTLE)


def _frames(terminal: Terminal, count: int, every: float, shown: int = 0) -> Iterator[Frame]:
    """`count` frames, one `every` so many seconds. Each is `shown` that long, or as it was."""
    for _ in range(count):
        terminal.read(every)
        yield draw_terminal(terminal.screen, FILM_CELL), shown or round(every * 1000)


def _save_film(frames: Sequence[Frame]) -> None:
    """A GIF with one palette for all frames, so that nothing flickers."""
    images = [image for image, _ in frames]
    sampled = images[:: max(1, len(images) // 8)]
    width, height = images[0].size
    sheet = Image.new("RGB", (width, height * len(sampled)))
    for number, image in enumerate(sampled):
        sheet.paste(image, (0, number * height))
    palette = sheet.quantize(COLOURS)
    drawn = [image.quantize(palette=palette, dither=Image.Dither.NONE) for image in images]
    path = HERE / f"{FILM}.gif"
    times = [time for _, time in frames]
    drawn[0].save(path, save_all=True, append_images=drawn[1:], duration=times, loop=0)
    assert path.stat().st_size < LARGEST, f"{path} has {path.stat().st_size:,} bytes"


if __name__ == "__main__":
    main(sys.argv[1:])
