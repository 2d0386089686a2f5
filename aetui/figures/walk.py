"""walk: a path on the plane, and the image that decodes at each step."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, Final

import numpy as np
from matplotlib.artist import Artist
from matplotlib.figure import Figure
from numpy.typing import NDArray

from aetui.errors import BadInput
from aetui.figures.drawing import SMALL_ON_SCREEN, Animation, small_print
from aetui.figures.frames import Stage
from aetui.figures.manifold import stored_map
from aetui.figures.plane import densest, draw_codes, extent_of, name_classes, set_extent
from aetui.figures.source import Source
from aetui.figures.tiles import Pixels, minus
from aetui.ml.pictures import decoded
from aetui.runs.basis import Floats
from aetui.runs.latent_map import LatentMap

SIZE: Final = (8.0, 4.2)  # inches
STEPS: Final = 12  # from a stop to the next
HOLD: Final = 4  # frames at a stop
MOVING: Final = 60  # milliseconds a frame
MOST_STOPS: Final = 12
ELLIPSE: Final = 1.5  # deviations of the codes: the way where there are no classes to visit
TRAIL: Final = 24  # frames after which the way that was taken fades
NOTE: Final = 7  # points
FADED: Final = 0.35  # of the codes, below the way


def draw_walk(source: Source, dpi: int) -> Animation:
    """Through the points that were chosen, else where each class is densest, and back."""
    latent = source.latent
    z = _way(_stops(source, latent))
    way = latent.basis.points(z)
    images, epoch, note = _decoded(source, z)
    title = f"A walk over the latent plane of {source.run.name}"
    provenance = source.provenance(f"{title}, {note}" if note else title, epoch)
    scene = _Scene(source, latent, way, images[0], note)
    small_print(scene.figure, provenance.line, source.theme, SMALL_ON_SCREEN)
    stage = Stage(scene.figure, dpi, scene.moving)
    frames = []
    for step, image in enumerate(images):
        source.tell(f"frame {step + 1} of {len(way)}")
        scene.move_to(step, image)
        frames.append(stage.frame())
    return Animation(frames, [MOVING] * len(frames), provenance)


def _decoded(source: Source, z: Floats) -> tuple[Pixels, float, str]:
    """The images of `z`, after which epoch, and a note where they are not decoded at `z` itself."""
    if source.choices.epoch is None:
        return decoded(source.opened, z), source.opened.epoch, ""
    latent = stored_map(source)
    rows, columns = latent.plane.shape[:2]
    note = f"epoch {latent.epoch}: the nearest of {columns} x {rows} stored images"
    if (others := latent.codes.shape[1] - 2) > 0:
        note += f", other {others} axes 0"
    return latent.stored_at(z), latent.epoch, note


class _Scene:
    """The image of a step beside the plane with the path on it."""

    def __init__(
        self,
        source: Source,
        latent: LatentMap,
        way: Floats,
        first: NDArray[np.uint8],
        note: str,
    ) -> None:
        self._way, self._names = way, latent.basis.plane_names
        self.figure = Figure(figsize=SIZE)
        shown, plane = self.figure.subplots(1, 2, width_ratios=(1, 1.15))
        everything = np.concatenate([latent.points, way])
        set_extent(plane, extent_of(everything), latent)
        plane.set_title(note, fontsize=NOTE)
        draw_codes(plane, source, latent.labels, latent.points, FADED)
        name_classes(plane, source, latent.labels, latent.points)
        plane.plot(way[:, 0], way[:, 1], color=source.theme.whisper, linewidth=0.6)
        bright: dict[str, Any] = {"color": source.theme.accent, "zorder": 4}
        (self._trail,) = plane.plot([], [], linewidth=1.6, **bright)
        (self._here,) = plane.plot([], [], marker="o", markersize=7, **bright)
        grey: dict[str, Any] = {"cmap": "gray", "vmin": 0, "vmax": 255}
        self._image = shown.imshow(_as_shown(first), **grey)
        self._place = shown.set_title("z0 = 0")  # gives the text its room
        shown.set_axis_off()
        self.moving: list[Artist] = [self._image, self._place, self._trail, self._here]

    def move_to(self, step: int, image: NDArray[np.uint8]) -> None:
        """Move the marks and the image to `step`."""
        recent = self._way[max(0, step - TRAIL) : step + 1]
        self._trail.set_data(recent[:, 0], recent[:, 1])
        x, y = self._way[step]
        self._here.set_data([x], [y])
        self._image.set_data(_as_shown(image))
        first, second = self._names
        self._place.set_text(minus(f"{first} = {x:.2f}   {second} = {y:.2f}"))


def _as_shown(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """[C, H, W] as imshow wants it."""
    return image[0] if len(image) == 1 else image.transpose(1, 2, 0)


def _stops(source: Source, latent: LatentMap) -> Floats:
    """The codes at which the walk rests, [N, latent_dim]: those chosen, or a tour and back."""
    through = np.array(source.choices.through, np.float32)
    if not len(through):
        through = _tour(latent)
    if through.shape[1] == 2:
        return latent.basis.around(latent.codes, through)
    if through.shape[1] != (width := latent.codes.shape[1]):
        given = f"a point of {through.shape[1]} numbers is no code of {source.run.name}"
        raise BadInput(f"{given}, which has {width}. Give two, or {width}.")
    return through


def _tour(latent: LatentMap) -> Floats:
    """Where each class is densest, [N, 2], and the first again; without classes a round."""
    labels, counts = np.unique(latent.labels, return_counts=True)
    if len(labels) < 2:
        angles = np.linspace(0, 2 * np.pi, MOST_STOPS + 1)
        ring = np.stack([np.cos(angles), np.sin(angles)], 1)
        middle, deviations = latent.points.mean(0), latent.points.std(0)
        return np.asarray(middle + ELLIPSE * deviations * ring, np.float32)
    largest = np.sort(labels[np.argsort(-counts, kind="stable")[:MOST_STOPS]])
    stops = [densest(latent.points[latent.labels == label]) for label in largest]
    return np.array([*stops, stops[0]], np.float32)


def _way(stops: Floats) -> Floats:
    """Every code of the walk, [N, latent_dim]: slower near each stop."""
    ease = 0.5 - 0.5 * np.cos(np.pi * np.arange(1, STEPS + 1) / STEPS)
    parts = [np.repeat(stops[:1], HOLD, 0)]
    for start, end in pairwise(stops):
        parts += [start + (end - start) * ease[:, None], np.repeat(end[None], HOLD - 1, 0)]
    return np.concatenate(parts).astype(np.float32)
