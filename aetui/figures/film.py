"""film: the latent plane after each epoch."""

from __future__ import annotations

from typing import Final

from matplotlib.figure import Figure
from PIL import Image

from aetui.figures.drawing import SMALL_ON_SCREEN, Animation, small_print
from aetui.figures.frames import picture
from aetui.figures.manifold import show_plane
from aetui.figures.plane import draw_codes, extent_of, legend, set_extent
from aetui.figures.source import Source
from aetui.runs.latent_map import LatentMap, load_latent_map

SIZE: Final = (8.6, 4.3)  # inches
MOST_FRAMES: Final = 120
SHORTEST: Final = 90  # milliseconds
LONGEST: Final = 600
TOTAL: Final = 9_000  # about as long as the whole film lasts
LAST: Final = 2_500  # the last frame


def draw_film(source: Source, dpi: int) -> Animation:
    """Codes and plane after each epoch that has a map, on the axes of the last."""
    kept = source.map_epochs
    epochs = kept[:: -(-len(kept) // MOST_FRAMES)]
    epochs = epochs if epochs[-1] == kept[-1] else [*epochs, kept[-1]]
    last = load_latent_map(source.run, epochs[-1])
    provenance = source.provenance(f"The latent plane of {source.run.name}", last.epoch)
    frames: list[Image.Image] = []
    for epoch in epochs:
        source.tell(f"frame {len(frames) + 1} of {len(epochs)}")
        latent = load_latent_map(source.run, epoch)
        frames.append(picture(_frame(source, latent, last, provenance.line), dpi))
    each = min(LONGEST, max(SHORTEST, TOTAL // len(epochs)))
    durations = [each] * (len(epochs) - 1) + [LAST]
    return Animation(frames, durations, provenance)


def _frame(source: Source, latent: LatentMap, last: LatentMap, line: str) -> Figure:
    figure = Figure(figsize=SIZE)
    codes, plane = figure.subplots(1, 2, width_ratios=(1.25, 1))
    points = latent.codes[:, list(last.axes)]
    set_extent(codes, extent_of(last.points), last)
    draw_codes(codes, source, latent.labels, points)
    legend(codes, source, latent.labels)
    show_plane(plane, latent.plane, latent, source.theme.ground)
    score = source.provenance("", latent.epoch).score
    codes.set_title(f"epoch {latent.epoch:,}" + (f"   {score}" if score else ""))
    small_print(figure, line, source.theme, SMALL_ON_SCREEN)
    return figure
