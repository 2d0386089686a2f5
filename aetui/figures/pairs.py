"""pairs: test images above their reconstructions or denoised versions, one of each class."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from aetui.errors import BadInput, printable
from aetui.figures.drawing import Plot, finished
from aetui.figures.source import Source
from aetui.figures.tiles import Pixels, name_rows, show_tiles, write_below
from aetui.ml.data.own_picture import read_own_picture
from aetui.ml.pictures import Noise, cleaned, denoised, reconstruct, reconstructed
from aetui.noise import GAUSSIAN

COLUMNS: Final = 10
ROW_GAP: Final = 0.3  # of a tile's width: room for captions
COLUMN_GAP: Final = 0.07
WIDTH: Final = 6.5  # inches
LABELS: Final = 0.85  # inches beside the rows, for what they are called
OTHERS: Final = 0.65  # inches above and below them
NARROWEST: Final = 3.6  # inches; the title and the small print need as much
WIDEST_TILE: Final = 1.1  # inches
HIGHEST_TILE: Final = 1.5


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
        rows = np.stack([picture, cleaned(source.opened, picture)])
        return _plot(source, rows, ("picture", "denoised"), [], title)
    found = reconstruct(source.opened, picture)
    captions = [[""], [f"{found.errors[0]:.0f} nats"]]
    rows = np.stack([picture, found.results])
    return _plot(source, rows, ("picture", "reconstruction"), captions, title)


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
    """The images `chosen` with noise, denoised, and as they are."""
    noise = source.choices.noise
    found = denoised(source.opened, source.images, chosen, noise)
    rows = np.stack([found.noisy, found.results, found.images])
    names = (_noise_name(noise), "denoised", "original")
    ratios = (found.psnr_noisy, found.psnr)
    captions = [[f"{value:.1f} dB" for value in each] for each in ratios]
    return _plot(source, rows, names, [*captions, _numbers(chosen)], title)


def reconstruction_rows(source: Source, chosen: Sequence[int], title: str) -> Plot:
    """The images `chosen`, and their reconstructions."""
    found = reconstructed(source.opened, source.images, chosen)
    rows = np.stack([found.images, found.results])
    captions = [_numbers(chosen), [f"{value:.0f} nats" for value in found.errors]]
    return _plot(source, rows, ("original", "reconstruction"), captions, title)


def _noise_name(noise: Noise) -> str:
    if noise.kind is GAUSSIAN:
        return f"noise\nσ = {noise.strength:g}"
    return f"{noise.kind.title}\n{noise.kind.text(noise.strength)}"


def _numbers(chosen: Sequence[int]) -> list[str]:
    return [f"#{number}" for number in chosen]


def _plot(
    source: Source,
    rows: Pixels,
    names: Sequence[str],
    captions: Sequence[Sequence[str]],
    title: str,
) -> Plot:
    """Rows of images [rows, columns, C, H, W], named, and with a caption below each image."""
    width = min(WIDTH, max(NARROWEST, LABELS + rows.shape[1] * WIDEST_TILE))
    figure = Figure(figsize=(width, width))
    axes = figure.add_subplot()
    tiles = show_tiles(axes, rows, source.theme.ground, ROW_GAP, COLUMN_GAP)
    height = min((width - LABELS) * tiles.aspect, HIGHEST_TILE * len(rows) * (1 + ROW_GAP))
    figure.set_size_inches(width, height + OTHERS)
    name_rows(axes, tiles, names)
    for row, texts in enumerate(captions):
        write_below(axes, tiles, row, texts, source.theme.whisper)
    axes.set_title(title)
    return finished(figure, source, title, source.opened.epoch)
