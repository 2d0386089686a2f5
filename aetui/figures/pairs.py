"""pairs: test images above their reconstructions or denoised versions, one of each class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from pathlib import Path
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from aetui.differences import FULL_ERROR, error_shares
from aetui.errors import BadInput, printable
from aetui.figures.drawing import LETTER, Plot, finished
from aetui.figures.source import Source
from aetui.figures.tiles import SMALL, Pixels, name_rows, show_tiles, write_below
from aetui.ml.data.own_picture import read_own_picture
from aetui.ml.pictures import (
    Denoised,
    Noise,
    Restored,
    cleaned,
    denoised,
    reconstruct,
    reconstructed,
)
from aetui.noise import GAUSSIAN, MAIN_ROWS

COLUMNS: Final = 10
ROW_GAP: Final = 0.3  # of a tile's width: room for captions
COLUMN_GAP: Final = 0.07
WIDTH: Final = 6.5  # inches
LABELS: Final = 0.85  # inches beside the rows, for what they are called
OTHERS: Final = 0.65  # inches above and below them
SLACK: Final = 0.1  # inches left of that
NARROWEST: Final = 3.6  # inches; the title and the small print need as much
WIDEST_TILE: Final = 1.1  # inches
HIGHEST_TILE: Final = 1.5
LINE: Final = 1.3  # height of a line of a caption, of that of its letters
FREE: Final = 0.5  # lines between a caption and the next row
SMALLEST: Final = 4.5  # points; smaller captions are left out where they can be
SSIM_CAPTION: Final = "SSIM 0.00"


@dataclass(frozen=True)
class ImageRow:
    """Images [N, C, H, W], what they are, and a caption for each."""

    name: str
    images: Pixels
    captions: Sequence[str] = ()


def draw_pairs(source: Source) -> Plot:
    """Noisy images, what the denoiser makes of them, and the originals; or reconstructions."""
    if source.choices.picture is not None:
        return _own_picture(source, source.choices.picture)
    chosen = _chosen(source)
    if "denoise" in source.spec.capabilities:
        return denoising_rows(source, chosen, "Noisy test images, denoised")
    return reconstruction_rows(source, chosen, "Test images and their reconstructions")


def _own_picture(source: Source, path: Path) -> Plot:
    """A picture from a file, and what the run makes of it as it is."""
    picture = read_own_picture(str(path), source.config.image_shape)[None]
    title = f"{printable(path.name, 40)}, as {source.run.name} makes it out"
    if "denoise" in source.spec.capabilities:
        result = ImageRow("denoised", cleaned(source.opened, picture))
    else:
        found = reconstruct(source.opened, picture)
        result = ImageRow("reconstruction", found.results, [f"{found.errors[0]:.0f} nats"])
    return _plot(source, [ImageRow("picture", picture), result], title)


def _chosen(source: Source) -> list[int]:
    """The numbers of the images that are shown; `BadInput` where there is no such image."""
    chosen, total = source.choices.images, len(source.images.test_images)
    if chosen and max(chosen) >= total:
        raise BadInput(f"there is no test image #{max(chosen)}; the last one is #{total - 1}.")
    return list(chosen) or one_of_each_class(source.images.test_labels.numpy())


def one_of_each_class(labels: NDArray[np.int64]) -> list[int]:
    """The first image of each class, in the order of the classes, and others to make COLUMNS."""
    _, first = np.unique(labels, return_index=True)
    chosen = first[:COLUMNS].tolist()
    others = [number for number in range(min(len(labels), 2 * COLUMNS)) if number not in chosen]
    return [*chosen, *others[: COLUMNS - len(chosen)]]


def denoising_rows(source: Source, chosen: Sequence[int], title: str) -> Plot:
    """The images `chosen` with noise, denoised, and as they are; or the rows that were chosen."""
    noise, shown = source.choices.noise, source.choices.rows
    found = denoised(source.opened, source.images, chosen, noise)
    with_ssim = shown != MAIN_ROWS and _caption_points(len(chosen), len(SSIM_CAPTION)) >= SMALLEST
    rows = {
        "noisy": _restored_row(found.noisy, _noise_name(noise), with_ssim=with_ssim),
        "denoised": _restored_row(found.results, "denoised", with_ssim=with_ssim),
        "clean": ImageRow("original", found.images, _numbers(chosen)),
        "error": _error_row(found),
        "median": _restored_row(found.median, _median_name(found), with_ssim=with_ssim),
    }
    *first, last = (rows[row] for row in shown)
    if "clean" not in shown:  # which would name the images
        last = replace(last, captions=_lines(last.captions, _numbers(chosen)))
    return _plot(source, [*first, last], title)


def _lines(captions: Sequence[str], below: Sequence[str]) -> list[str]:
    return [
        f"{first}\n{second}".strip() for first, second in zip_longest(captions, below, fillvalue="")
    ]


def _restored_row(found: Restored, name: str, *, with_ssim: bool) -> ImageRow:
    captions = [f"{value:.1f} dB" for value in found.psnr]
    if with_ssim:
        captions = _lines(captions, [f"SSIM {value:.2f}" for value in found.ssim])
    return ImageRow(name, found.images, captions)


def _error_row(found: Denoised) -> ImageRow:
    """The difference of brightness as reds, on black."""
    shares = error_shares(found.images, found.results.images)
    reds = np.zeros((len(shares), 3, *shares.shape[1:]), np.uint8)
    reds[:, 0] = np.rint(255 * shares)
    return ImageRow(f"error\nof denoised\nred: ≥ {FULL_ERROR}", reds)


def _median_name(found: Denoised) -> str:
    return f"median\n{found.window}x{found.window} pixels"


def reconstruction_rows(source: Source, chosen: Sequence[int], title: str) -> Plot:
    """The images `chosen`, and their reconstructions."""
    if source.choices.rows != MAIN_ROWS:
        raise BadInput(f"{source.run.name} removes no noise; leave out --rows.")
    found = reconstructed(source.opened, source.images, chosen)
    errors = [f"{value:.0f} nats" for value in found.errors]
    originals = ImageRow("original", found.images, _numbers(chosen))
    return _plot(source, [originals, ImageRow("reconstruction", found.results, errors)], title)


def _noise_name(noise: Noise) -> str:
    if noise.kind is GAUSSIAN:
        return f"noise\nσ = {noise.strength:g}"
    return f"{noise.kind.title}\n{noise.kind.text(noise.strength)}"


def _numbers(chosen: Sequence[int]) -> list[str]:
    return [f"#{number}" for number in chosen]


def _width(columns: int) -> float:
    """Inches of a figure with so many images in a row."""
    return min(WIDTH, max(NARROWEST, LABELS + columns * WIDEST_TILE))


def _tile_points(columns: int) -> float:
    """From one image to the next."""
    return 72 * (_width(columns) - LABELS) / columns


def _caption_points(columns: int, letters: int) -> float:
    """The size at which a caption of so many letters is no wider than its image."""
    return min(SMALL, _tile_points(columns) / (LETTER * max(1, letters)))


def _plot(source: Source, rows: Sequence[ImageRow], title: str) -> Plot:
    """Rows of images, named, and with a caption below each image."""
    columns = len(rows[0].images)
    width, lines = _width(columns), [text for row in rows for text in row.captions]
    figure = Figure(figsize=(width, width))
    axes = figure.add_subplot()
    letters = max((len(line) for text in lines for line in text.split("\n")), default=1)
    points = _caption_points(columns, letters)
    room = FREE + max((text.count("\n") + 1 for text in lines), default=0)
    gap = max(ROW_GAP, room * points * LINE / _tile_points(columns))
    tiles = show_tiles(axes, _stacked(rows), source.theme.ground, gap, COLUMN_GAP)
    height = min(width * tiles.aspect, HIGHEST_TILE * len(rows) * (1 + ROW_GAP))
    figure.set_size_inches(width, height + OTHERS)
    name_rows(axes, tiles, [row.name for row in rows])
    for place, row in enumerate(rows):
        write_below(axes, tiles, place, row.captions, source.theme.whisper, points)
    axes.set_title(title)
    plot = finished(figure, source, title, source.opened.epoch)
    _trim(figure, axes)
    return plot


def _trim(figure: Figure, axes: Axes) -> None:
    """Take away the height that the images, as wide as their labels let them be, do not need.

    Images with room beside them would be centred there, and their labels cut off.
    """
    figure.draw_without_rendering()
    width, height = figure.get_size_inches().tolist()
    around = axes.get_tightbbox()
    assert around is not None
    drawn = around.transformed(figure.dpi_scale_trans.inverted())
    room = axes.get_position(original=True)
    spare = max(0.0, drawn.y0 - room.y0 * height) + height - drawn.y1
    figure.set_size_inches(width, height - spare + SLACK)


def _stacked(rows: Sequence[ImageRow]) -> Pixels:
    """[rows, columns, C, H, W]; in colour where one of the rows is."""
    return np.stack(np.broadcast_arrays(*(row.images for row in rows)))
