"""Denoise: test images with noise, what the model makes of them, and the originals."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Final

from textual import events, on
from textual.actions import SkipAction
from textual.binding import Binding
from textual.containers import Container
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from aetui.catalog import DIGITS
from aetui.noise import GAUSSIAN, MAIN_ROWS, NOISE_KINDS, ROWS, NoiseKind
from aetui.processes.snapshots import Snapshot
from aetui.protocol import Packet
from aetui.tui.messages import SaveFigure
from aetui.tui.screens.base import Command, ModeScreen, Services
from aetui.tui.screens.denoise_card import DenoiseCard
from aetui.tui.screens.denoise_rows import GAP, RowsShown, lay_out
from aetui.tui.screens.denoise_scores import (
    WANTED,
    WANTED_BESIDE_TRAINING,
    ScoreTable,
    learn_scores,
)
from aetui.tui.screens.denoise_text import image_scores, psnr_line, row_images, row_label
from aetui.tui.widgets.image_grid import shrink
from aetui.tui.widgets.pixel_view import PixelView
from aetui.tui.widgets.room import Room

FIGURE_ROWS: Final = 1  # below the images, and one more for a note
CARD_COLUMNS: Final = 32  # beside the images
CARD_ROWS: Final = 2  # below them, where there is no room beside


class DenoiseScreen(ModeScreen):
    """As many images as fit, denoised again when sample, noise or checkpoint change."""

    CSS_PATH = "denoise.tcss"
    NAME = "denoise"
    CAPABILITY = "denoise"
    BINDINGS = [
        Binding("left,h", "column(-1)", "Choose", key_display="←→"),
        Binding("right,l", "column(1)", show=False),
        Binding("up,k,plus,equals_sign", "strength(1)", "Strength", key_display="+-"),
        Binding("down,j,minus", "strength(-1)", show=False),
        Binding("c", "next_kind", "Noise kind"),
        Binding("space", "sample(1)", "Other images"),
        Binding("backspace", "sample(-1)", "Back", key_display="⌫"),
        Binding("v", "other_rows", "Rows"),
        Binding("o", "choose_run", "Runs"),
        Binding("escape", "stop", "Give up what is being waited for", show=False),
    ]

    def __init__(self, services: Services) -> None:
        super().__init__(services)
        self._sample = 0
        self._column = 0  # -1: the last one
        self._kind = GAUSSIAN
        self._strengths = {kind.name: kind.usual for kind in NOISE_KINDS}
        self._other_rows = False
        self._drawn_for: tuple[object, ...] | None = None
        self._reply: Packet | None = None
        self._shown: RowsShown | None = None
        self._scores = ScoreTable()
        self._scored_for: tuple[object, ...] | None = None

    def body(self) -> Iterable[Widget]:
        """Rows of images with their labels and the PSNR below; the card of the chosen image."""
        with Container(id="content"):
            with Room(id="denoise-rows"):
                for row in ROWS:
                    with Container(classes="images", id=f"row-{row}"):
                        yield Static(classes="label", id=f"label-{row}")
                        yield PixelView(ink=self.services.profile.ink, id=row)
                yield Static(id="psnr")
                yield Static(id="note")
            yield DenoiseCard(ascii_only=self.services.profile.ascii_only, id="denoise-card")
        yield Static(id="empty")

    def commands(self) -> Iterable[Command]:
        yield "Noise kind", f"The next kind after {self._kind.title} (c)", self.action_next_kind
        for kind in NOISE_KINDS:
            says = f"By its {kind.strength.help} (c)"
            yield f"Noise kind: {kind.title}", says, partial(self.choose_kind, kind)
        yield "More noise", "One step stronger (+)", lambda: self.action_strength(1)
        yield "Less noise", "One step weaker (-)", lambda: self.action_strength(-1)
        yield "Other images", "Other test images (space)", lambda: self.action_sample(1)
        yield "Rows", "Show the rows that have no room (v)", self.action_other_rows
        yield from super().commands()

    @property
    def _strength(self) -> float:
        return self._strengths[self._kind.name]

    def show_snapshot(self, snapshot: Snapshot) -> None:
        run = self.run_shown
        self.show_status()
        if run is None or not run.has_checkpoint:
            self._drawn_for = None
            self.show_placeholder(self.empty_text())
        elif self._drawn_for != (run.identity, run.checkpoint):
            if self._drawn_for is None:
                self.show_placeholder(f"Loading {run.name} … (slower while a training runs)")
            self._drawn_for = (run.identity, run.checkpoint)
            self.refresh_images()

    @on(Room.Resized)
    def refresh_images(self) -> None:
        """As many as fit, with the present noise."""
        self.run_task(self._denoise(), "denoise")

    def _lay_out(self) -> RowsShown | None:
        """The rows as they fit now."""
        run, (columns, rows) = self.run_shown, self.room
        if run is None:
            return None
        if self.has_class("-narrow"):
            rows -= CARD_ROWS
        else:
            columns -= CARD_COLUMNS
        rows -= FIGURE_ROWS + bool(self._note)
        return lay_out(run.config.image_shape, columns, rows, other=self._other_rows)

    @property
    def _note(self) -> str:
        return str(self._reply.header.get("note", "")) if self._reply else ""

    async def _denoise(self) -> None:
        if (shown := self._lay_out()) is None:
            return
        reply = await self.ask(
            "denoise",
            count=shown.count,
            sample=self._sample,
            noise=self._kind.name,
            strength=self._strength,
            with_median="median" in shown.rows,
        )
        if reply is None:
            return
        had_note = bool(self._note)
        self._reply = reply
        if bool(self._note) != had_note:
            self.refresh_images()  # the note takes a line from the images
            return
        self._show(reply, shown)
        self._learn_scores()

    def _learn_scores(self) -> None:
        """Ask how all test images fare with this noise, unless that is known already."""
        run = self.run_shown
        if run is None:
            return
        wanted = run.identity, run.checkpoint, self._kind.name, self._strength
        if wanted == self._scored_for:
            return
        self._scored_for, self._scores = wanted, ScoreTable()
        most = WANTED_BESIDE_TRAINING if run.is_alive else WANTED
        learning = learn_scores(self.ask, self._kind.name, self._strength, most, self._take_scores)
        self.run_task(learning, "scores", newest=True)

    def _take_scores(self, scores: ScoreTable) -> None:
        self._scores = scores
        self._show_card()

    def _show(self, reply: Packet, shown: RowsShown) -> None:
        self.show_placeholder("")
        self._shown = shown
        self.query_one("#note", Static).update(Content.styled(self._note, "$warning"))
        self.query_one("#note").display = bool(self._note)
        arrays = reply.arrays
        for row in ROWS:
            self.query_one(f"#row-{row}").display = row in shown.rows
            if row in shown.rows:
                images = shrink(row_images(row, reply), shown.drawn)
                self.query_one(f"#{row}", PixelView).show_grid(images[None], GAP, shown.drawn.scale)
                self.query_one(f"#label-{row}", Static).update(
                    row_label(row, reply, self._kind, self._strength)
                )
        self._choose(self._column if self._column >= 0 else len(arrays["clean"]) - 1)

    def _choose(self, column: int) -> None:
        """Show the figures of that image."""
        if self._reply is None or self._shown is None:
            return
        self._column = min(column, len(self._reply.arrays["clean"]) - 1)
        figures = psnr_line(self._reply, self._column, self._shown.column_width)
        self.query_one("#psnr", Static).update(figures, layout=False)
        self._show_card()

    def _show_card(self) -> None:
        """The figures of the chosen image, and its place among the others."""
        reply, run = self._reply, self.run_shown
        if reply is None or run is None:
            return
        image = image_scores(reply, self._column, run.config.classes)
        noise = f"{self._kind.title} {self._kind.text(self._strength)}"
        self.query_one(DenoiseCard).show(image, noise, self._scores)

    def figure(self) -> SaveFigure | None:
        """The images and rows that are shown, with the same noise."""
        if self._reply is None or self._shown is None:
            return None
        numbers = ",".join(map(str, self._reply.header["numbers"]))
        noise = ("--noise", self._kind.name, "--strength", f"{self._strength:g}")
        same = ("--images", numbers, "--seed", str(self._sample))
        rows = ",".join(self._shown.rows)
        others = () if self._shown.rows == MAIN_ROWS else ("--rows", rows)
        data = ("--data", DIGITS) if self._note else ()
        return self.figure_of(self.run_shown, "pairs", *noise, *same, *others, *data)

    def on_click(self, event: events.Click) -> None:
        """Choose the image that is clicked on."""
        if isinstance(event.widget, PixelView) and self._shown is not None:
            column = self._shown.column_at(event.screen_x - event.widget.region.x)
            if column is not None:
                self._choose(column)

    def action_column(self, direction: int) -> None:
        """The image beside the chosen one; beyond the last or the first, other images."""
        if self._reply is None:
            return
        column = self._column + direction
        if 0 <= column < len(self._reply.arrays["clean"]):
            self._choose(column)
        elif direction > 0 or self._sample > 0:
            self._column = 0 if direction > 0 else -1
            self.action_sample(direction)

    def action_sample(self, direction: int) -> None:
        self._sample = max(0, self._sample + direction)
        self.refresh_images()

    def action_strength(self, direction: int) -> None:
        self._strengths[self._kind.name] = self._kind.moved(self._strength, direction)
        self.refresh_images()

    def action_next_kind(self) -> None:
        """The next kind of noise, each at the strength that it had."""
        place = NOISE_KINDS.index(self._kind)
        self.choose_kind(NOISE_KINDS[(place + 1) % len(NOISE_KINDS)])

    def choose_kind(self, kind: NoiseKind) -> None:
        self._kind = kind
        self.refresh_images()

    def action_other_rows(self) -> None:
        """The rows that have no room; where all have, fewer and larger ones."""
        self._other_rows = not self._other_rows
        self.refresh_images()

    def action_stop(self) -> None:
        """Give up the distribution; where that is not being learnt, the key is the app's."""
        is_learning = self._scores.wanted > 0 and not self._scores.is_complete
        if not (is_learning and self.workers.cancel_group(self, "scores")):
            raise SkipAction
        self._take_scores(ScoreTable())
