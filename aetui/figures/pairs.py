"""pairs: test images above their reconstructions or denoised versions, one of each class."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from aetui.catalog import TEST_SIGMA
from aetui.figures.drawing import Plot, finished
from aetui.figures.source import Source
from aetui.figures.tiles import Pixels, name_rows, show_tiles, write_below
from aetui.ml.pictures import denoised, reconstructed

COLUMNS: Final = 10
ROW_GAP: Final = 0.3  # of a tile's width: room for captions
COLUMN_GAP: Final = 0.07
WIDTH: Final = 6.5  # inches
LABELS: Final = 0.85  # inches beside the rows, for what they are called
OTHERS: Final = 0.65  # inches above and below them


def draw_pairs(source: Source) -> Plot:
    """Noisy images, what the denoiser makes of them, and the originals; or reconstructions."""
    chosen = one_of_each_class(source.images.test_labels.numpy())
    if "denoise" in source.spec.capabilities:
        return denoising_rows(source, chosen, "Noisy test images, denoised")
    return reconstruction_rows(source, chosen, "Test images and their reconstructions")


def one_of_each_class(labels: NDArray[np.int64]) -> list[int]:
    """The first image of each class, in the order of the classes, and others to make COLUMNS."""
    _, first = np.unique(labels, return_index=True)
    chosen = first[:COLUMNS].tolist()
    others = [number for number in range(min(len(labels), 2 * COLUMNS)) if number not in chosen]
    return [*chosen, *others[: COLUMNS - len(chosen)]]


def denoising_rows(source: Source, chosen: Sequence[int], title: str) -> Plot:
    """The images `chosen` with noise, denoised, and as they are."""
    found = denoised(source.opened, source.images, chosen)
    rows = np.stack([found.noisy, found.results, found.images])
    names = (f"noise\nσ = {TEST_SIGMA:g}", "denoised", "original")
    ratios = (found.psnr_noisy, found.psnr)
    captions = [[f"{value:.1f} dB" for value in each] for each in ratios]
    return _plot(source, rows, names, [*captions, _numbers(chosen)], title)


def reconstruction_rows(source: Source, chosen: Sequence[int], title: str) -> Plot:
    """The images `chosen`, and their reconstructions."""
    found = reconstructed(source.opened, source.images, chosen)
    rows = np.stack([found.images, found.results])
    captions = [_numbers(chosen), [f"{value:.0f} nats" for value in found.errors]]
    return _plot(source, rows, ("original", "reconstruction"), captions, title)


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
    figure = Figure(figsize=(WIDTH, WIDTH))
    axes = figure.add_subplot()
    tiles = show_tiles(axes, rows, source.theme.ground, ROW_GAP, COLUMN_GAP)
    figure.set_size_inches(WIDTH, (WIDTH - LABELS) * tiles.aspect + OTHERS)
    name_rows(axes, tiles, names)
    for row, texts in enumerate(captions):
        write_below(axes, tiles, row, texts, source.theme.whisper)
    axes.set_title(title)
    return finished(figure, source, title, source.opened.epoch)
