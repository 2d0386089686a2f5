"""Scatter: where test images lie on the latent plane, and what there is to each of them."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from textual import on
from textual.actions import SkipAction
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from aetui.processes.snapshots import PlaneMap, RunSnapshot
from aetui.runs.advice import advice
from aetui.runs.latent_map import LatentMap
from aetui.runs.map_options import COLOURED_BY, ColourBy
from aetui.tui.messages import ErrorMessage, OpenCode, SaveFigure
from aetui.tui.screens.base import Command, Services
from aetui.tui.screens.scatter_beside import MapBeside
from aetui.tui.screens.scatter_card import Inspector
from aetui.tui.screens.scatter_colours import Colours
from aetui.tui.screens.scatter_errors import ErrorTable
from aetui.tui.screens.scatter_gallery import Gallery
from aetui.tui.screens.scatter_keys import SCATTER_BINDINGS
from aetui.tui.screens.scatter_layers import Layers
from aetui.tui.screens.scatter_places import ScatterPlaces
from aetui.tui.screens.scatter_quality import QualityScreen
from aetui.tui.screens.scatter_text import about, not_here
from aetui.tui.widgets.card import Card
from aetui.tui.widgets.explore_view import ExploreView
from aetui.tui.widgets.legend import Legend


class ScatterScreen(ScatterPlaces):
    """The map of the newest epoch, redrawn while a training runs; or an earlier one, held."""

    CSS_PATH = ["plane.tcss", "scatter.tcss"]
    NAME = "scatter"
    BINDINGS = [*SCATTER_BINDINGS]

    def __init__(self, services: Services) -> None:
        super().__init__(services)
        self._errors = ErrorTable(self.ask_run, self._errors_changed)
        self._asked_with: tuple[object, ...] = ()  # the run and the weights of the card
        self._gallery: Gallery | None = None
        self._advice = ""

    def body(self) -> Iterable[Widget]:
        ink = self.services.profile.ink
        with Horizontal(id="content"):
            yield ExploreView(ink=ink, id="plane")
            yield MapBeside(ink=ink, id="other-map")
            with Vertical(id="side"):
                yield Static(id="about")
                yield Static(id="advice", markup=False)
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
        for kind in COLOURED_BY:
            name = f"Colour by {kind}"
            yield name, "What the colours on the map say (c)", partial(self.action_colour, kind)
        yield "Decisions", "The class that a probe gives each place (p)", self.action_decisions
        yield "Thumbnails", "Images at the densest places (i)", self.action_thumbnails
        yield "Two maps", "That of a marked run beside, or not (M)", self.action_beside
        yield "Worst images", "The test images with the largest errors (e)", self.action_worst
        says = "kNN, a linear probe, k-means, and how they changed over the epochs (y)"
        yield "Quality of the codes", says, self.action_quality
        yield "Save worst images", "For print, into a file", self.action_save_worst
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
            self._advise(run, plane)
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

    def _advise(self, run: RunSnapshot, plane: PlaneMap) -> None:
        """A sentence where the codes say too little or lie far out; the metrics are the newest."""
        line = self.query_one("#advice", Static)
        self._advice = "" if plane.held else advice(run.spec, run.history.epoch, plane.latent.codes)
        line.display = bool(self._advice)
        line.update(self._advice)

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
    def _suit_view(self) -> None:
        self._layers.refresh()
        self._inspector.show_figures()  # with as many digits as the map tells apart

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
        if (code := self._inspector.code) is not None:
            self.post_message(OpenCode(code))

    def action_focus_legend(self) -> None:
        legend = self.query_one(Legend)
        self.set_focus(None if self.focused is legend else legend)

    def action_colour(self, kind: ColourBy) -> None:
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

    def action_quality(self) -> None:
        """How well the codes tell the classes apart, worked out step by step."""
        if (run := self.run_shown) is not None:
            self.app.push_screen(QualityScreen(run, self.ask, self._advice))

    def _leave_gallery(self, number: int | None) -> None:
        self._gallery = None
        if number is not None:
            self.run_task(self.go_to_image(number), "go to", newest=True)

    def figure(self) -> SaveFigure | None:
        """What is shown: the classes, the part of the plane, the colours and the layers."""
        shown = [label for label in range(self.query_one(Legend).count) if label not in self.hidden]
        classes = ("--classes", ",".join(map(str, shown))) if self.hidden else ()
        view = self.query_one(ExploreView).zoomed_extent
        part = () if view is None else ("--view=" + ",".join(f"{value:.6g}" for value in view),)
        return self.plane_figure(
            "scatter", *classes, *part, *self._colours.option, *self._layers.option
        )

    def action_save_worst(self) -> None:
        """Draw the images with the largest errors for print."""
        self.save(self.figure_of(self.run_shown, "worst"))

    def action_stop(self) -> None:
        """Give up what is under way; where there is nothing, the key is the app's."""
        if not (self._colours.stop() or self._layers.stop()):
            raise SkipAction
