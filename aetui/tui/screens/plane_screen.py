"""What the screens of the latent plane share: the map that they show, its axes, its film."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from textual.binding import Binding
from textual.timer import Timer

from aetui.errors import BadInput
from aetui.processes.snapshots import PlaneMap, RunSnapshot, Snapshot
from aetui.runs.basis import axes_argument, read_axes
from aetui.tui.messages import AskText, ChooseAxes, ErrorMessage, HoldMapEpoch, SaveFigure
from aetui.tui.screens.axes_choice import question
from aetui.tui.screens.base import Command, ModeScreen, Services
from aetui.tui.widgets.classes import ClassMarks, class_marks

FILM_EVERY: Final = 0.4  # seconds
PLANE_BINDINGS: Final = (
    Binding("comma", "film(-1)", "Epoch", key_display=",."),
    Binding("full_stop", "film(1)", show=False),
    Binding("f", "play_film", "Film"),
    Binding("x", "choose_axes", "Axes", show=False),
)


class PlaneScreen(ModeScreen):
    """Shows the plane of a run after one epoch, the same on every such screen."""

    CAPABILITY = "plane"
    AUTO_FOCUS = ""  # keys move on the plane until the legend is given the focus

    def __init__(self, services: Services) -> None:
        super().__init__(services)
        self.plane: PlaneMap | None = None
        self._film: Timer | None = None

    def show_snapshot(self, snapshot: Snapshot) -> None:
        self.show_status()
        run = self.run_shown
        if run is None or (snapshot.plane is None and not run.has_checkpoint):
            self.plane = None
            self.show_placeholder(self.empty_text())
            self.forget_plane()
            return
        self.show_placeholder("")
        before, self.plane = self.plane, snapshot.plane
        self.show_plane(run, before)

    def show_plane(self, run: RunSnapshot, before: PlaneMap | None) -> None:
        """Show `self.plane`, which was `before`; None where the run has no map yet."""
        raise NotImplementedError

    def forget_plane(self) -> None:
        """There is nothing to show any more."""

    @property
    def copied_point(self) -> tuple[float, float] | None:
        """The point of the plane that is copied, where this screen has a cursor."""
        return None

    def action_copy(self) -> None:
        if self.copied_point is None:
            super().action_copy()
        else:
            self.action_copy_coordinates()

    def action_copy_coordinates(self) -> None:
        """The point under the cursor, with the names of its axes."""
        if self.copied_point is not None and self.plane is not None:
            named = zip(self.plane.latent.basis.names[:2], self.copied_point, strict=True)
            self.copy(", ".join(f"{name}={value:.6g}" for name, value in named))

    def commands(self) -> Iterable[Command]:
        yield from super().commands()
        if self.copied_point is not None:
            says = "The point under the cursor, to the clipboard (Y)"
            yield "Copy coordinates", says, self.action_copy_coordinates
        yield "Axes", "Which two latent axes are shown, or PCA (x)", self.action_choose_axes
        yield "Play film", "The plane from the first epoch to the last", self.action_play_film
        yield "Save film", "The film, as a moving picture", self.action_save_film
        yield "Previous epoch", "The latent plane one map earlier (,)", lambda: self.action_film(-1)
        yield "Next epoch", "The latent plane one map later (.)", lambda: self.action_film(1)

    def plane_figure(self, kind: str, *options: str) -> SaveFigure | None:
        """A figure of the plane, of the epoch and the axes that are shown."""
        if self.is_held and self.plane is not None:
            options = ("--epoch", str(self.plane.latent.epoch), *options)
        return self.figure_of(self.run_shown, kind, *self.axes_options, *options)

    @property
    def axes_options(self) -> tuple[str, ...]:
        """For a figure of the plane that is shown."""
        chosen = self.plane and self.plane.latent.chosen
        return ("--axes", axes_argument(chosen)) if chosen else ()

    def action_save_film(self) -> None:
        """Draw the film for others to see."""
        self.save(self.figure_of(self.run_shown, "film"))

    @property
    def is_held(self) -> bool:
        """Whether an earlier epoch than the newest is shown, because a person chose it."""
        return self.plane is not None and self.plane.held

    @property
    def marks(self) -> ClassMarks:
        """What stands for the classes of the run."""
        return marks_of(self.run_shown, self.plane)

    def film_text(self) -> str:
        """Which epoch is shown, and which map of how many it is."""
        run, plane = self.run_shown, self.plane
        if run is None or plane is None:
            return ""
        epoch = plane.latent.epoch
        place = run.epochs.index(epoch) + 1 if epoch in run.epochs else len(run.epochs)
        return f"epoch {epoch} · {place} of {len(run.epochs)}"

    def action_choose_axes(self) -> None:
        """Ask for the plane to show, on every screen."""
        if self.plane is not None:
            self.post_message(AskText("Axes", question(self.plane.latent), self._show_axes))

    def _show_axes(self, text: str) -> None:
        if self.plane is None:
            return
        try:
            axes = read_axes(text, self.plane.latent.codes.shape[1])
        except BadInput as error:
            self.post_message(ErrorMessage(str(error)))
        else:
            self.post_message(ChooseAxes(axes))

    def action_film(self, direction: int) -> None:
        """The map of an epoch earlier or later; the last one follows the training again."""
        self._stop_film()
        self._step_film(direction)

    def action_play_film(self) -> None:
        """From the first epoch to the last; once more ends it."""
        run = self.run_shown
        if self._film is not None:
            self._stop_film()
        elif run is not None and len(run.epochs) > 1:
            self.post_message(HoldMapEpoch(run.epochs[0]))
            self._film = self.set_interval(FILM_EVERY, self._play)

    def _play(self) -> None:
        if not self._step_film(1):
            self._stop_film()

    def _stop_film(self) -> None:
        if self._film is not None:
            self._film.stop()
            self._film = None

    def _step_film(self, direction: int) -> bool:
        """Hold the next map; whether there is one."""
        run, plane = self.run_shown, self.plane
        if run is None or plane is None or plane.latent.epoch not in run.epochs:
            return False
        place = run.epochs.index(plane.latent.epoch) + direction
        if not 0 <= place < len(run.epochs):
            return False
        is_last = place == len(run.epochs) - 1
        self.post_message(HoldMapEpoch(None if is_last else run.epochs[place]))
        return True

    def on_screen_suspend(self) -> None:
        self._stop_film()


def marks_of(run: RunSnapshot | None, plane: PlaneMap | None) -> ClassMarks:
    """What stands for the classes of a run; where it does not name them, their numbers."""
    if run is not None and run.config.classes:
        return class_marks(run.config.classes)
    labels = 0 if plane is None else int(plane.latent.labels.max(initial=0)) + 1
    return class_marks(tuple(map(str, range(labels))))
