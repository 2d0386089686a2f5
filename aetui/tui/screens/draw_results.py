"""What the models make of a drawing: their pictures in frames, and the map with its code."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Literal

from textual.containers import Container, Horizontal
from textual.widget import Widget
from textual.widgets import Static

from aetui.processes.snapshots import PlaneMap
from aetui.terminal import Ink
from aetui.tui.screens.draw_layout import Fit, Layout
from aetui.tui.screens.draw_models import Explained
from aetui.tui.widgets.classes import ClassMarks
from aetui.tui.widgets.image_grid import Images, shrink
from aetui.tui.widgets.pixel_view import PixelView
from aetui.tui.widgets.plane_view import PlaneView

View = Literal["reconstructed", "denoised", "map"]
TITLES: Final[dict[View, str]] = {
    "reconstructed": "reconstructed",
    "denoised": "denoised",
    "map": "where it lands",
}


class FramedPicture(Container):
    """A picture with a title in its frame, or a few words in its place."""

    def __init__(self, title: str, ink: Ink, id: str) -> None:
        super().__init__(id=id)
        self.border_title = title
        self._ink = ink
        self._fit = Fit(1, (1, 1), 1.0)
        self._image: Images | None = None

    def compose(self) -> Iterable[Widget]:
        yield PixelView(ink=self._ink)
        yield Static(classes="reason")

    def fit(self, fit: Fit) -> None:
        """Show the picture at that size from now on."""
        self._fit = fit
        self.styles.width, self.styles.height = fit.columns, fit.rows
        self._draw()

    def show(self, image: Images | None, reason: str = "") -> None:
        """Show an image [C, H, W]; without one, the reason for that."""
        self._image = image
        self.query_one(".reason", Static).update(reason)
        self.set_class(image is None, "-none")
        self._draw()

    def _draw(self) -> None:
        if self._image is not None:
            drawn = self._fit.drawn
            self.query_one(PixelView).show(shrink(self._image, drawn), drawn.scale)


class DrawResults(Container):
    """The pictures in a row with the map below or beside them: all of them, or as many as fit."""

    def __init__(self, ink: Ink, id: str) -> None:
        super().__init__(id=id)
        self._ink = ink
        self._plan: Layout | None = None
        self._available: tuple[View, ...] = ("reconstructed", "denoised", "map")
        self._first: View = "reconstructed"  # of those that share a place, the one that is shown
        self._plane: PlaneMap | None = None

    def compose(self) -> Iterable[Widget]:
        with Horizontal(id="draw-pictures"):
            yield FramedPicture(TITLES["denoised"], self._ink, "draw-denoised")
            yield FramedPicture(TITLES["reconstructed"], self._ink, "draw-reconstructed")
        with Container(id="draw-map") as frame:
            frame.border_title = TITLES["map"]
            yield PlaneView(id="draw-plane")

    @property
    def clean(self) -> FramedPicture:
        return self.query_one("#draw-denoised", FramedPicture)

    @property
    def reconstructed(self) -> FramedPicture:
        return self.query_one("#draw-reconstructed", FramedPicture)

    def place(self, layout: Layout, available: tuple[View, ...]) -> None:
        """Place what is `available` as `layout` says."""
        self._plan, self._available = layout, available
        if self._first not in available:
            self._first = available[0]
        self.set_class(layout.map_place == "beside", "-beside")
        for picture in self.query(FramedPicture):
            picture.fit(layout.picture)
        self._show_parts()

    def next_view(self) -> bool:
        """Show another of those that share a place; whether there is another."""
        following = self._following()
        if following is None:
            return False
        self._first = following
        self._show_parts()
        return True

    def _following(self) -> View | None:
        """The view that would be shown next in the place that some share."""
        sharing = self._sharing()
        if len(sharing) < 2:
            return None
        return sharing[(sharing.index(self._first) + 1) % len(sharing)]

    def _sharing(self) -> list[View]:
        """The views for which there is only one place."""
        assert self._plan is not None
        pictures: list[View] = [view for view in self._available if view != "map"]
        sharing = pictures if self._plan.pictures == 1 else pictures[:1]
        has_map = "map" in self._available and self._plan.map_place == "none"
        return [*sharing, "map"] if has_map else sharing

    def _show_parts(self) -> None:
        sharing = self._sharing()
        if self._first not in sharing:
            self._first = sharing[0]
        shown = {view for view in self._available if view == self._first or view not in sharing}
        if self._first == "map":
            shown = {"map"}
        self.clean.display = "denoised" in shown
        self.reconstructed.display = "reconstructed" in shown
        self.query_one("#draw-pictures").display = shown != {"map"}
        self.query_one("#draw-map").display = "map" in shown
        following = self._following()
        hint = f"v {TITLES[following]}" if following else ""
        for frame in (self.clean, self.reconstructed, self.query_one("#draw-map")):
            is_shared = frame.id == f"draw-{self._first}"
            frame.border_subtitle = hint if is_shared else ""

    def show_map(self, plane: PlaneMap | None, marks: ClassMarks) -> None:
        """The codes of the test images, once for each map."""
        if plane is not None and (self._plane is None or self._plane.key != plane.key):
            view = self.query_one(PlaneView)
            view.show(plane.latent.points, plane.latent.labels, marks)
            held = f", epoch {plane.latent.epoch}" if plane.held else ""
            self.query_one("#draw-map").border_title = TITLES["map"] + held
        self._plane = plane

    def show_explained(self, found: Explained) -> None:
        """The reconstruction, and where its code is."""
        self.reconstructed.show(found.image)
        view = self.query_one(PlaneView)
        if self._plane is not None:
            basis, sigma = self._plane.latent.basis, found.sigma
            x, y = basis.points(found.z[None])[0].tolist()
            view.aim(x, y, None if sigma is None else basis.plane_sigma(sigma))
            view.reveal()

    def show_nothing(self) -> None:
        """There is no drawing."""
        self.clean.show(None)
        self.reconstructed.show(None)
        view = self.query_one(PlaneView)
        view.aim_nowhere()
        view.reveal()
