"""Follows a drawing: asks the models about it, shows what they answer, refines its code."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from aetui.config import ImageShape
from aetui.errors import printable
from aetui.processes.snapshots import PlaneMap, RunSnapshot, Snapshot
from aetui.tui.screens.base import ModeScreen
from aetui.tui.screens.draw_models import DrawModels, Explained, Image
from aetui.tui.screens.draw_results import DrawResults, View
from aetui.tui.screens.draw_text import HINTS, Refinement, loading_line, no_fit, word_lines
from aetui.tui.screens.plane_screen import marks_of
from aetui.tui.screens.usual_error import UsualErrors
from aetui.tui.widgets.readout import Line, Readout
from aetui.tui.widgets.sketch import Sketch

LOADING_AFTER: Final = 0.3  # seconds without an answer
WORD_LINES: Final = 4
STEP_SECONDS: Final = 0.05  # that a step takes at least, so that a refinement can be watched


@dataclass(frozen=True)
class Models:
    """The runs that look at the drawing, as far as there are any that can."""

    plane: RunSnapshot | None = None
    denoiser: RunSnapshot | None = None

    @staticmethod
    def of(snapshot: Snapshot) -> Models:
        found = [snapshot.views.get("plane"), snapshot.views.get("denoise")]
        plane, denoiser = (run if run and run.has_checkpoint else None for run in found)
        return Models(plane, denoiser)

    @property
    def main(self) -> RunSnapshot | None:
        """The one whose images the canvas is made for."""
        return self.plane or self.denoiser

    @property
    def shape(self) -> ImageShape:
        return self.main.config.image_shape if self.main else ImageShape()

    @property
    def key(self) -> tuple[object, ...]:
        """Changes with each of their checkpoints."""
        runs = (self.plane, self.denoiser)
        return tuple((run.identity, run.checkpoint) if run else None for run in runs)

    @property
    def views(self) -> tuple[View, ...]:
        """What there is to see of them."""
        shown: list[View] = ["reconstructed"] if self.plane else []
        shown += ["denoised"] if self.denoiser else []
        return (*shown, "map") if self.plane and self.plane.epochs else tuple(shown)


class Explainer:
    """One for the screen. Whatever is drawn next takes the place of what is under way."""

    def __init__(self, screen: ModeScreen, results: DrawResults, words: Readout) -> None:
        self._screen, self._results, self._words = screen, results, words
        self._asks = DrawModels(screen.ask_run)
        self._changed = asyncio.Event()
        self._sketch = Sketch(ImageShape().sizes)
        self._models = Models()
        self._plane: PlaneMap | None = None
        self._usual = UsualErrors()
        self._encoded: Explained | None = None  # by the encoder
        self._found: Explained | None = None  # that, or where it has slid to
        self._refinement: Refinement | None = None
        self._refines_next = False  # as soon as there is a code

    def watch(self, models: Models, plane: PlaneMap | None) -> None:
        """These runs, and the newest map, are asked from now on."""
        if models.key != self._models.key and models.plane is not None:
            self._screen.run_task(self._learn_usual(models.plane, plane), "usual", newest=True)
        self._models, self._plane = models, plane
        self._results.show_map(plane, marks_of(models.plane, plane))

    def look_at(self, sketch: Sketch) -> None:
        """The drawing has changed, or the models have."""
        self.stop()
        self._sketch = sketch
        self._changed.set()

    def stop(self) -> bool:
        """End a refinement, or the wish for one; whether there was one."""
        was_next, self._refines_next = self._refines_next, False
        return bool(self._screen.workers.cancel_group(self._screen, "refine")) or was_next

    async def follow(self) -> None:
        """Explain whatever is drawn, always the newest."""
        while True:
            await self._changed.wait()
            self._changed.clear()
            self._encoded = self._found = self._refinement = None
            if self._sketch.is_blank:
                self._results.show_nothing()
                self._show_words()
            else:
                await self._explain(self._sketch.image)

    async def _explain(self, image: Image) -> None:
        asked = [asyncio.ensure_future(ask) for ask in (self._clean(image), self._encode(image))]
        _, waiting = await asyncio.wait(asked, timeout=LOADING_AFTER)
        if waiting and self._models.main is not None:
            self._words.show([loading_line(printable(self._models.main.name, 24))])
        await asyncio.gather(*asked)

    async def _clean(self, image: Image) -> None:
        run = self._models.denoiser
        if run is None:
            return
        if run.config.image_shape != self._models.shape:
            self._results.clean.show(None, no_fit(printable(run.name, 24), run.config.image_shape))
            return
        denoised = await self._asks.clean(run, image)
        if denoised is not None:
            self._results.clean.show(denoised)

    async def _encode(self, image: Image) -> None:
        run = self._models.plane
        found = await self._asks.explain(run, image) if run else None
        if found is not None:
            self._encoded = self._found = found
            self._results.show_explained(found)
        self._show_words()
        if found is not None and self._refines_next:
            self.refine()

    def say(self, text: str) -> None:
        """Show a sentence below the words, until they change."""
        self._words.show([*self._lines()[: WORD_LINES - 1], [(f" {text}", "strong")]])

    def refine(self) -> None:
        """Let the code slide downhill to where it explains the drawing best, once there is one."""
        self._refines_next = self._found is None
        if self._refines_next:
            self.say("Refining as soon as the model has answered …")
        else:
            self._screen.run_task(self._refine(), "refine", newest=True)

    async def _refine(self) -> None:
        run, image, found = self._models.plane, self._sketch.image, self._found
        if run is None or found is None or self._encoded is None:
            return
        steps = self._refinement.steps if self._refinement else 0
        spread = float(np.std(self._plane.latent.codes)) if self._plane else 1.0
        began = time.monotonic()
        try:
            async for moved in self._asks.refine(run, image, found, spread):
                steps += 1
                refinement = Refinement(self._encoded.error, moved.error, steps, not moved.length)
                self._show_refined(moved, refinement)
                await asyncio.sleep(max(0.0, began + STEP_SECONDS - time.monotonic()))
                began = time.monotonic()
        finally:
            if self._refinement:
                self._refinement = replace(self._refinement, running=False)
                self._show_words()

    def _show_refined(self, moved: Explained, refinement: Refinement) -> None:
        self._found, self._refinement = moved, refinement
        self._results.show_explained(moved)
        self._show_words()

    async def _learn_usual(self, run: RunSnapshot, plane: PlaneMap | None) -> None:
        async for usual in self._asks.usual_errors(run, plane):
            self._usual = usual
        self._show_words()

    def _show_words(self) -> None:
        self._words.show(self._lines())

    def _lines(self) -> Sequence[Line]:
        if self._found is None or self._models.plane is None:
            return HINTS if self._sketch.is_blank else ()
        classes = self._models.plane.config.classes
        basis = self._plane.latent.basis if self._plane else None
        return word_lines(self._found, self._usual, self._refinement, classes, basis)
