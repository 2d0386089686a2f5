"""What the colours on Scatter say: classes, clusters, errors or density."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

import numpy as np
from textual.content import Content

from aetui.processes.snapshots import PlaneMap
from aetui.runs.code_colours import STARTS, cluster_count, like_classes, scale_ends
from aetui.runs.density import point_density
from aetui.runs.map_options import COLOURED_BY, ColourBy
from aetui.tui.messages import ErrorMessage
from aetui.tui.screens.plane_screen import PlaneScreen
from aetui.tui.screens.scatter_errors import ErrorTable
from aetui.tui.screens.scatter_layers import TELL_AFTER, Tell
from aetui.tui.screens.scatter_text import not_here, scale_line
from aetui.tui.widgets.explore_view import Colouring, ExploreView

GROUP: Final = "colour"
ShowScale = Callable[[Content | str], None]


class Colours:
    """One for the screen."""

    def __init__(
        self,
        screen: PlaneScreen,
        view: ExploreView,
        errors: ErrorTable,
        tell: Tell,
        show_scale: ShowScale,
    ) -> None:
        self._screen, self._view, self._errors = screen, view, errors
        self._tell, self._show_scale = tell, show_scale
        self.kind: ColourBy = "label"
        self._chosen_at = 0.0
        self._coloured = False  # as `kind` says

    @property
    def option(self) -> tuple[str, ...]:
        """For a figure with these colours."""
        return () if self.kind == "label" else ("--color-by", self.kind)

    def choose(self, kind: ColourBy) -> None:
        self.kind, self._chosen_at = kind, time.monotonic()
        self.refresh()

    def next(self) -> None:
        self.choose(COLOURED_BY[(COLOURED_BY.index(self.kind) + 1) % len(COLOURED_BY)])

    def refresh(self) -> None:
        """The map is another, or what its colours are to say."""
        self._screen.workers.cancel_group(self._screen, GROUP)
        self._tell("")
        self._coloured = False
        plane, run = self._screen.plane, self._screen.run_shown
        if plane is None or run is None:
            return
        if self.kind == "label":
            self._show(None, "")
        elif self.kind == "density":
            self._show_values(point_density(plane.latent.points), "density", "sparse", "dense")
        elif self.kind == "cluster":
            self._screen.run_task(self._cluster(plane), GROUP)
        else:
            self._errors.all_wanted = True
            self._screen.run_task(self._errors.learn(run), "errors", newest=True)
            self.show_errors()

    def stop(self) -> bool:
        """Give up what is under way; whether there was anything."""
        if self._coloured or self._screen.plane is None:
            return False
        self.choose("label")
        return True

    def show_errors(self) -> None:
        """Colour by error, if that is wanted, once the errors are known."""
        plane, known, run = self._screen.plane, self._errors.known, self._screen.run_shown
        if self.kind != "error" or self._coloured or plane is None or run is None:
            return
        if known.total == 0:
            self.choose("label")
            self._screen.post_message(ErrorMessage(not_here(run.config.data)))
            return
        count = len(plane.latent.codes)
        if len(known.errors) >= count:
            self._tell("")
            self._show_values(known.errors[:count], "error in nats")
        elif time.monotonic() - self._chosen_at > TELL_AFTER:
            self._tell(f"errors {known.progress} · esc stops")

    async def _cluster(self, plane: PlaneMap) -> None:
        """The best of several starts; as many clusters as classes."""
        codes, labels = plane.latent.codes, plane.latent.labels
        count = cluster_count(labels)
        best: tuple[float, np.ndarray] | None = None
        for start in range(STARTS):
            if time.monotonic() - self._chosen_at > TELL_AFTER:
                self._tell(f"k-means {start} of {STARTS} · esc stops")
            given = {"codes": codes}
            reply = await self._screen.ask("cluster", given, count=count, seed=start)
            if reply is None:
                return
            inertia = float(reply.header["inertia"])
            if best is None or inertia < best[0]:
                best = inertia, reply.arrays["clusters"]
        self._tell("")
        assert best is not None
        clusters = like_classes(best[1], labels)
        words = f"{len(np.unique(clusters))} clusters of k-means"
        self._show(Colouring("cluster", clusters), words)

    def _show(self, colouring: Colouring | None, scale: Content | str) -> None:
        self._coloured = True
        self._view.colour(colouring)
        self._show_scale(scale)

    def _show_values(self, values: np.ndarray, what: str, *ends: str) -> None:
        low, high = scale_ends(values)
        low_text, high_text = ends or (f"{low:.3g}", f"{high:.3g}")
        scale = scale_line(what, low_text, high_text, self._view.ground)
        self._show(Colouring("value", values, low, high), scale)
