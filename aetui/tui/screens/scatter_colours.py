"""What the colours on Scatter say: classes, clusters, errors or density."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final, Literal

import numpy as np
from textual.content import Content

from aetui.processes.snapshots import PlaneMap
from aetui.tui.messages import ErrorMessage
from aetui.tui.screens.plane_screen import PlaneScreen
from aetui.tui.screens.scatter_errors import ErrorTable
from aetui.tui.screens.scatter_layers import TELL_AFTER, Tell
from aetui.tui.screens.scatter_text import not_here, scale_line
from aetui.tui.widgets.explore_view import Colouring, ExploreView
from aetui.tui.widgets.peaks import point_density

Kind = Literal["label", "cluster", "error", "density"]
KINDS: Final[tuple[Kind, ...]] = ("label", "cluster", "error", "density")
STARTS: Final = 10  # of k-means; the best counts
FEWEST_CLUSTERS: Final = 2
EXTREMES: Final = (0.02, 0.98)  # quantiles at the ends of a scale of values
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
        self.kind: Kind = "label"
        self._chosen_at = 0.0
        self._coloured = False  # as `kind` says

    def choose(self, kind: Kind) -> None:
        self.kind, self._chosen_at = kind, time.monotonic()
        self.refresh()

    def next(self) -> None:
        self.choose(KINDS[(KINDS.index(self.kind) + 1) % len(KINDS)])

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
        count = max(FEWEST_CLUSTERS, len(np.unique(labels)))
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
        low, high = np.quantile(values, EXTREMES).tolist()
        low_text, high_text = ends or (f"{low:.3g}", f"{high:.3g}")
        scale = scale_line(what, low_text, high_text, self._view.ground)
        self._show(Colouring("value", values, low, high), scale)


def like_classes(clusters: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """`clusters` with the number of the class that each fits best, so far as it is still free."""
    count = max(int(clusters.max()), int(labels.max())) + 1
    shared = np.zeros((count, count), np.int64)
    np.add.at(shared, (clusters, labels), 1)
    names = np.full(count, -1)
    for place in np.argsort(-shared, axis=None, kind="stable"):
        cluster, label = divmod(int(place), count)
        if names[cluster] < 0 and label not in names:
            names[cluster] = label
    return np.asarray(names[clusters], np.int64)
