"""traversal: a row for each latent axis, varied while the others are fixed."""

from __future__ import annotations

from typing import Final

import numpy as np
from matplotlib.figure import Figure

from aetui.errors import BadInput
from aetui.figures.drawing import Plot, finished
from aetui.figures.source import Source
from aetui.figures.tiles import minus, name_rows, show_tiles, write_below
from aetui.ml.pictures import Numbers, axis_divergences, decoded
from aetui.runs.basis import traversal_ends, traversals

COLUMNS: Final = 11
MOST_ROWS: Final = 12
ROW_GAP: Final = 0.3  # of a tile's width: room for the values
COLUMN_GAP: Final = 0.05
WIDTH: Final = 6.5  # inches
OTHERS: Final = (1.05, 0.75)  # inches beside the rows, and above and below them


def draw_traversal(source: Source) -> Plot:
    """The axes that carry most, each from end to end of its codes, around the mean code."""
    latent, run = source.latent, source.opened
    codes = latent.codes
    carried, unit = _carried(source)
    shown = np.argsort(-carried)[:MOST_ROWS].tolist()
    z = traversals(codes, traversal_ends(codes), shown, COLUMNS)
    images = decoded(run, z.reshape(-1, codes.shape[1]))
    figure = Figure(figsize=(WIDTH, WIDTH))
    axes = figure.add_subplot()
    rows = images.reshape(*z.shape[:2], *images.shape[1:])
    tiles = show_tiles(axes, rows, source.theme.ground, ROW_GAP, COLUMN_GAP)
    figure.set_size_inches(WIDTH, (WIDTH - OTHERS[0]) * tiles.aspect + OTHERS[1])
    name_rows(axes, tiles, [f"z{axis}\n{carried[axis]:.2f} {unit}" for axis in shown])
    for row, axis in enumerate(shown):
        texts = [minus(f"{value:.2f}") for value in z[row, :, axis]]
        write_below(axes, tiles, row, texts, source.theme.whisper)
    count = codes.shape[1]
    title = f"Traversals of the {len(shown)} latent axes"
    if len(shown) < count:
        title += f" that carry most, of {count}"
    axes.set_title(title)
    return finished(figure, source, title, run.epoch)


def _carried(source: Source) -> tuple[Numbers, str]:
    """What each axis carries, and its unit: the KL, or the deviation of the codes."""
    try:
        found = axis_divergences(source.opened, source.images)
    except BadInput:  # the images are not here; the map has the codes
        found = None
    return (source.latent.codes.std(0), "sd") if found is None else (found, "nats")
