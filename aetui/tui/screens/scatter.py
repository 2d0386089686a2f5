"""Scatter: where test images lie on the latent plane, and what there is to each of them."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Final

from textual import on
from textual.actions import SkipAction
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from aetui.processes.snapshots import PlaneMap, RunSnapshot
from aetui.runs.latent_map import LatentMap
from aetui.tui.messages import ErrorMessage, OpenPoint
from aetui.tui.screens.base import Command, Services
from aetui.tui.screens.plane_screen import FILM_BINDINGS
from aetui.tui.screens.scatter_beside import MapBeside
from aetui.tui.screens.scatter_card import Inspector
from aetui.tui.screens.scatter_colours import KINDS, Colours, Kind
from aetui.tui.screens.scatter_errors import ErrorTable
from aetui.tui.screens.scatter_gallery import Gallery
from aetui.tui.screens.scatter_layers import Layers
from aetui.tui.screens.scatter_places import ScatterPlaces
from aetui.tui.screens.scatter_text import about, not_here
from aetui.tui.widgets.card import Card
from aetui.tui.widgets.explore_view import ExploreView
from aetui.tui.widgets.legend import Legend

ZOOM: Final = 1.5
PAN: Final = 0.1  # of the width


class ScatterScreen(ScatterPlaces):
    """The map of the newest epoch, redrawn while a training runs; or an earlier one, held."""

    NAME = "scatter"
    BINDINGS = [
        Binding("left,h", "move(-1,0)", "Move", key_display="←↓↑→"),
        Binding("right,l", "move(1,0)", show=False),
        Binding("up,k", "move(0,1)", show=False),
        Binding("down,j", "move(0,-1)", show=False),
        Binding("enter", "open", "Walk here", key_display="⏎"),
        Binding("g", "go_to_place", "Go to"),
        Binding("plus,equals_sign", "zoom(1)", "Zoom", key_display="+-"),
        Binding("minus", "zoom(-1)", show=False),
        Binding("c", "next_colours", "Colours"),
        Binding("e", "worst", "Worst"),
        Binding("tab", "focus_legend", "Classes"),
        Binding("o", "choose_run", "Runs"),
        *FILM_BINDINGS,
        Binding("shift+left,H", "pan(-1,0)", "Pan", key_display="HJKL", show=False),
        Binding("shift+right,L", "pan(1,0)", show=False),
        Binding("shift+up,K", "pan(0,-1)", show=False),
        Binding("shift+down,J", "pan(0,1)", show=False),
        Binding("0,home", "fit", "Show everything", key_display="0", show=False),
        Binding("p", "decisions", "Decisions of a probe, behind the cells", show=False),
        Binding("i", "thumbnails", "Images at the densest places", show=False),
        Binding("u", "show_class", "Show a class that is hidden", show=False),
        Binding("v", "only_class", "Only the class of the cursor's image", show=False),
        Binding("a", "all_classes", "All classes", show=False),
        Binding("B", "colour('label')", "Colour by label", show=False),
        Binding("C", "colour('cluster')", "Colour by cluster", show=False),
        Binding("E", "colour('error')", "Colour by error", show=False),
        Binding("D", "colour('density')", "Colour by density", show=False),
        Binding("M", "beside", "The map of a marked run beside", show=False),
        Binding("escape", "stop", "Give up what is being waited for", show=False),
    ]

    def __init__(self, services: Services) -> None:
        super().__init__(services)
        self._errors = ErrorTable(self.ask_run, self._errors_changed)
        self._asked_with: tuple[object, ...] = ()  # the run and the weights of the card
        self._gallery: Gallery | None = None

    def body(self) -> Iterable[Widget]:
        ink = self.services.profile.ink
        with Horizontal(id="content"):
            yield ExploreView(ink=ink, id="plane")
            yield MapBeside(ink=ink, id="other-map")
            with Vertical(id="side"):
                yield Static(id="about")
                yield Card(ink=ink, id="card")
                yield Static(id="progress")
                yield Static(id="scale")
                yield Legend(id="legend")
        yield Static(id="empty")

    def on_mount(self) -> None:
        view, card = self.query_one(ExploreView), self.query_one(Card)
        beside = self.query_one(MapBeside)
        self._inspector = Inspector(self, view, card, self._errors, beside)
        self._layers = Layers(self, view, self._tell)
        self._colours = Colours(self, view, self._errors, self._tell, self._show_scale)
        self.run_task(self._inspector.follow(), "follow")

    def commands(self) -> Iterable[Command]:
        for kind in KINDS:
            name = f"Colour by {kind}"
            yield name, "What the colours on the map say (c)", partial(self.action_colour, kind)
        yield "Decisions", "The class that a probe gives each place (p)", self.action_decisions
        yield "Thumbnails", "Images at the densest places (i)", self.action_thumbnails
        yield "Two maps", "That of a marked run beside, or not (M)", self.action_beside
        yield "Worst images", "The test images with the largest errors (e)", self.action_worst
        yield "Walk here", "Open the point in the navigator (enter)", self.action_open
        yield from super().commands()

    def on_resize(self) -> None:
        super().on_resize()
        self.query_one(Card).fit(*self.app.size)
        if self.plane is not None:
            self._show_about(self.plane.latent)

    def show_plane(self, run: RunSnapshot, before: PlaneMap | None) -> None:
        plane = self.plane
        if plane is None:
            self.show_placeholder(self.empty_text())
            return
        self._show_about(plane.latent)
        if before is None or (before.key, before.held) != (plane.key, plane.held):
            self._show_map(plane, is_other=before is None or before.identity != plane.identity)
        self._show_beside()
        asked_with = run.identity, run.checkpoint
        if self._asked_with != asked_with:
            self._asked_with = asked_with
            self._inspector.refresh()

    def _show_about(self, latent: LatentMap) -> None:
        line = self.query_one("#about", Static)
        text = about(latent, self.film_text(), narrow=self.app.size.width < 100)
        line.update(text, layout=text.plain.count("\n") != str(line.visual).count("\n"))

    def _show_map(self, plane: PlaneMap, *, is_other: bool) -> None:
        """Show another map of the run, or that of another run."""
        legend = self.query_one(Legend)
        if is_other:
            self.query_one(ExploreView).view = None
        hidden = frozenset() if is_other else legend.hidden
        legend.show(self.marks, plane.latent.labels, hidden)
        self._draw()
        self._colours.refresh()

    def _draw(self) -> None:
        """Draw the classes that are shown."""
        if self.plane is not None:
            latent, view = self.plane.latent, self.query_one(ExploreView)
            self._inspector.show_map(self.plane, self.hidden)
            view.expect(self._inspector.point)
            view.show(latent.points, latent.labels, self.marks, self.hidden)
            self._layers.refresh()

    def _show_beside(self) -> None:
        """Show the map of another run, where one is marked."""
        self.query_one(MapBeside).show(self.snapshot, self.plane, self.hidden)
        self._inspector.link()

    @on(Legend.Chosen)
    def _show_classes(self) -> None:
        self._draw()
        self._show_beside()

    @on(MapBeside.Picked)
    def _pick(self, event: MapBeside.Picked) -> None:
        self._inspector.put(event.number)

    def action_beside(self) -> None:
        """Show or hide the map of another run."""
        beside = self.query_one(MapBeside)
        beside.wanted = not beside.wanted or self.snapshot.beside is None
        if self.snapshot.beside is None:
            text = "Mark another run first: o, f5 on it, enter; its map stands beside this one."
            self.post_message(ErrorMessage(text))
        self._show_beside()

    @on(ExploreView.Moved)
    def _refresh_layers(self) -> None:
        self._layers.refresh()

    @on(ExploreView.Pointed)
    def _point(self, event: ExploreView.Pointed) -> None:
        self._inspector.snap_to((event.x, event.y), self.hidden)

    def _errors_changed(self) -> None:
        self._inspector.show_figures()
        self._colours.show_errors()
        if self._gallery is not None:
            self._gallery.take_errors()

    def _tell(self, text: str) -> None:
        progress = self.query_one("#progress", Static)
        progress.display = bool(text)
        progress.update(text)

    def _show_scale(self, scale: Content | str) -> None:
        line = self.query_one("#scale", Static)
        line.display = bool(scale)
        line.update(scale)

    def action_move(self, right: int, up: int) -> None:
        """The cursor to the nearest code on that side."""
        self._inspector.step((right, up), self.hidden)

    def action_open(self) -> None:
        """Continue in the navigator, from the cursor."""
        if (point := self._inspector.point) is not None:
            self.post_message(OpenPoint(*point))

    def action_focus_legend(self) -> None:
        legend = self.query_one(Legend)
        self.set_focus(None if self.focused is legend else legend)

    def action_colour(self, kind: Kind) -> None:
        self._colours.choose(kind)

    def action_next_colours(self) -> None:
        self._colours.next()

    def action_decisions(self) -> None:
        self._layers.toggle_decisions()

    def action_thumbnails(self) -> None:
        self._layers.toggle_thumbnails()

    def action_worst(self) -> None:
        """The gallery; what is chosen there is under the cursor then."""
        run, plane = self.run_shown, self.plane
        if run is None or plane is None:
            return
        self._errors.all_wanted = True
        self._gallery = Gallery(
            self._errors,
            self.ask,
            self.marks,
            plane.latent.image_shape,
            self.services.profile.ink,
            not_here(run.config.data),
        )
        self.app.push_screen(self._gallery, self._leave_gallery)
        self.run_task(self._errors.learn(run), "errors", newest=True)

    def _leave_gallery(self, number: int | None) -> None:
        self._gallery = None
        if number is not None:
            self.run_task(self.go_to_image(number), "go to", newest=True)

    def action_stop(self) -> None:
        """Give up what is under way; where there is nothing, the key is the app's."""
        if not (self._colours.stop() or self._layers.stop()):
            raise SkipAction

    def action_zoom(self, direction: int) -> None:
        """Closer or farther, about the cursor."""
        self.query_one(ExploreView).zoom(ZOOM**direction, self._inspector.point)

    def action_pan(self, right: int, down: int) -> None:
        plane = self.query_one(ExploreView)
        size = plane.size
        plane.view = plane.view.panned(right * size.width * PAN, down * size.height * PAN)

    def action_fit(self) -> None:
        """Show every point again."""
        self.query_one(ExploreView).view = None
