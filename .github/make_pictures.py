"""README's pictures, from the app as it runs in a pseudo-terminal: one per screen, and a film.

    uv run python .github/make_pictures.py [NAME ...]

makes all of them, or the named ones, in about three minutes. Nothing in them is an image of MNIST:
the planes are decoded by aetui's own weights, and test images are scikit-learn's digits.
"""

from __future__ import annotations

import os
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
    "manifold": ("4",),
    "navigate": ("5", *"LLK", "right", "up"),
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
SETTLE: Final = 4.0  # seconds until a screen stands still
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
    frames: list[tuple[Image.Image, int]] = []
    terminal.press("1")
    terminal.read(1.0)
    frames += _frames(terminal, 2, 0.5)
    terminal.press("b")
    frames += _frames(terminal, 26, 1.0, shown=250)
    terminal.wait(lambda text: text.count("done") >= 2, patience=900)
    if FILM in wanted:
        terminal.press("3")
        terminal.read(SETTLE)
        terminal.press("0", "f")
        frames += _frames(terminal, 30, 0.4, shown=200)
        terminal.press("5")
        terminal.read(SETTLE)
        terminal.press("v")
        frames += _frames(terminal, 40, 0.3, shown=200)
        terminal.press("v")
        _save_film(frames)
    _take(terminal, {name: keys for name, keys in TRAINED.items() if name in wanted})


def _take(terminal: Terminal, stills: dict[str, tuple[str, ...]]) -> None:
    for name, keys in stills.items():
        terminal.press(*keys)
        terminal.read(SETTLE)
        draw_terminal(terminal.screen, CELL).save(HERE / f"{name}.png", optimize=True)


def _frames(
    terminal: Terminal, count: int, every: float, shown: int = 0
) -> Iterator[tuple[Image.Image, int]]:
    """`count` frames, one `every` so many seconds, with the milliseconds that each is `shown`."""
    for _ in range(count):
        terminal.read(every)
        yield draw_terminal(terminal.screen, FILM_CELL), shown or round(every * 1000)


def _save_film(frames: Sequence[tuple[Image.Image, int]]) -> None:
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
