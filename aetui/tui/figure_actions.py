"""Saves figures: asks where to, has them drawn, and says where they lie."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from aetui.catalog import BUILT_IN
from aetui.errors import BadInput, printable
from aetui.processes.figures import draw_figure, figure_arguments
from aetui.processes.trainer_options import TrainerOptions
from aetui.tui.dialogs.open import Dialogs
from aetui.tui.messages import SaveFigure
from aetui.tui.underway import Underway

MOVING: Final = frozenset({"film", "walk"})  # kinds of figures
DRAWING: Final = "drawing.png"
EVERY: Final = 0.5  # seconds between two looks at how far it is


class FigureActions:
    """One figure at a time."""

    def __init__(
        self,
        options: TrainerOptions,
        dialogs: Dialogs,
        underway: Underway,
        say: Callable[[str], None],
        *,
        read_only: bool,
    ) -> None:
        self._options = options
        self._dialogs = dialogs
        self._underway = underway
        self._say = say
        self._read_only = read_only

    async def save(self, wish: SaveFigure) -> None:
        """Ask for a path and draw the figure there; `BadInput` says why it cannot be."""
        if self._read_only:
            cure = f"`aetui figure {wish.kind} --run {wish.run.name}` draws it"
            raise BadInput(f"this app was launched with --read-only: it writes no files. {cure}.")
        self._check_idle()
        endings = ".gif or .webp" if wish.kind in MOVING else ".png, .svg or .pdf"
        typed = f"{wish.run.name}-{wish.screen}{endings[:4]}"
        output = await self._dialogs.ask_figure_path(wish.kind, typed, endings)
        if output is None or not await self._may_write(output):
            return
        self._check_idle()
        if await self._draw(wish, output):
            self._say(f"Saved {output}")

    def _check_idle(self) -> None:
        if self._underway.stop is not None:
            raise BadInput("a figure is being drawn already; wait for it, or give it up with esc.")

    async def _may_write(self, output: Path) -> bool:
        """Whether nothing is there, or a person agrees that it is replaced."""
        if not await asyncio.to_thread(output.exists):
            return True
        return await self._dialogs.ask_replace(output)

    async def _draw(self, wish: SaveFigure, output: Path) -> bool:
        """Draw it; whether it was not given up."""
        name = printable(output.name, 60)
        async with _as_file(wish) as picture:
            arguments = figure_arguments(
                wish.kind,
                wish.run,
                output,
                [*wish.options, *picture],
                self._options.data_dir,
                None if wish.model in BUILT_IN else self._options.own_model,
            )
            said = ["starting"]
            drawing = asyncio.ensure_future(draw_figure(arguments, output, said.append))
            began = time.monotonic()
            self._underway.begin(f"Drawing {name} …", drawing.cancel)
            try:
                while not drawing.done():
                    await asyncio.wait([drawing], timeout=EVERY)
                    seconds = time.monotonic() - began
                    self._underway.tell(f"Drawing {name}: {said[-1]}, {seconds:.0f} s")
                await drawing
            except asyncio.CancelledError:
                return False
            finally:
                drawing.cancel()  # where the app is left meanwhile
                self._underway.end()
        return True


@asynccontextmanager
async def _as_file(wish: SaveFigure) -> AsyncIterator[list[str]]:
    """The option for the picture that was drawn, as a file for as long as it is needed."""
    if wish.picture is None:
        yield []
        return
    folder = await asyncio.to_thread(tempfile.mkdtemp)
    path = Path(folder) / DRAWING
    try:
        await asyncio.to_thread(wish.picture, path)
        yield ["--picture", str(path)]
    finally:
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
