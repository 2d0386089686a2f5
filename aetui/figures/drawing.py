"""A finished drawing, and the file that it is written to."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from matplotlib.figure import Figure
from PIL import Image

from aetui.errors import BadInput, printable
from aetui.figures.provenance import Provenance
from aetui.figures.source import Source
from aetui.figures.theme import Theme
from aetui.runs.directory import write_atomically

PLOTS: Final = (".png", ".svg", ".pdf")
ANIMATIONS: Final = (".gif", ".webp")
COLOURS: Final = 256  # of a GIF
SMALL_PRINT: Final = 4.5  # points, on paper
SMALL_ON_SCREEN: Final = 6.5
LETTER: Final = 0.62  # a letter's width over its height, about
WEBP_QUALITY: Final = 90


@dataclass(frozen=True)
class Plot:
    """A still image."""

    figure: Figure
    provenance: Provenance


@dataclass(frozen=True)
class Animation:
    """An animation: frames of one size, each with its time in milliseconds."""

    frames: Sequence[Image.Image]
    durations: Sequence[int]
    provenance: Provenance


def finished(figure: Figure, source: Source, title: str, epoch: float) -> Plot:
    """The plot, with its provenance in small print below. `epoch` is that of what it shows."""
    provenance = source.provenance(title, epoch)
    small_print(figure, provenance.line, source.theme)
    return Plot(figure, provenance)


def small_print(figure: Figure, text: str, theme: Theme, points: float = SMALL_PRINT) -> None:
    """Write `text` below all axes, in as many lines as it takes."""
    width = int(figure.get_size_inches()[0] * 72 / (points * LETTER))
    lines = "\n".join(textwrap.wrap(text, width, break_on_hyphens=False))
    place = {"x": 0.012, "horizontalalignment": "left"}
    figure.supxlabel(lines, fontsize=points, color=theme.whisper, linespacing=1.5, **place)


def check_path(path: Path, endings: Sequence[str]) -> Path:
    """`path`, if it ends in one of `endings`; else `BadInput`."""
    if path.suffix.lower() not in endings:
        *others, last = endings
        known = f"{', '.join(others)} or {last}"
        raise BadInput(f"{printable(str(path))} must end in {known} for this figure.")
    return path


def save_plot(plot: Plot, path: Path, dpi: int) -> None:
    """Write `plot` in the format that the ending of `path` names."""
    kind = path.suffix.lower().removeprefix(".")
    metadata = plot.provenance.metadata(kind)

    def write(file: BinaryIO) -> None:
        plot.figure.savefig(file, format=kind, dpi=dpi, metadata=metadata)

    _write(path, write)


def save_animation(animation: Animation, path: Path) -> None:
    """Write `animation`, which repeats forever."""
    provenance, durations = animation.provenance, list(animation.durations)
    options = {"save_all": True, "duration": durations, "loop": 0}

    def write(file: BinaryIO) -> None:
        if path.suffix.lower() == ".gif":
            first, *others = _with_one_palette(animation.frames)
            comment = provenance.comment.encode()
            first.save(file, "GIF", append_images=others, comment=comment, **options)
        else:
            first, *others = animation.frames
            options.update(quality=WEBP_QUALITY, method=4, exif=provenance.exif)
            first.save(file, "WEBP", append_images=others, **options)

    _write(path, write)


def _with_one_palette(frames: Sequence[Image.Image]) -> list[Image.Image]:
    """The frames with one palette for all, so that nothing flickers and the file is small."""
    shown = frames[:: max(1, len(frames) // 8)]
    together = Image.new("RGB", (frames[0].width, frames[0].height * len(shown)))
    for number, frame in enumerate(shown):
        together.paste(frame, (0, number * frame.height))
    palette = together.quantize(COLOURS, Image.Quantize.MEDIANCUT)
    return [frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame in frames]


def _write(path: Path, write: Callable[[BinaryIO], None]) -> None:
    try:
        write_atomically(path, write)
    except OSError as error:
        raise BadInput(f"{path} cannot be written ({error.strerror or error}).") from None
