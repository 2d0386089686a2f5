"""`aetui launch`: the app on the terminal that it was started from."""

from __future__ import annotations

import argparse
import gc
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Final

from aetui.config import DataOptions
from aetui.machine import usable_cores
from aetui.preferences import read_display_preferences
from aetui.processes.priority import prefer_interactive
from aetui.runs.directory import shipped_runs
from aetui.terminal import FPS, TerminalProfile, detect_terminal
from aetui.terminal.background import BackgroundQuestion, understands_question
from aetui.terminal.device import TerminalDevice, open_terminal

NOT_BELIEVED: Final = ("COLUMNS", "LINES")  # the terminal knows its size, and that it changed
NOT_FOR_TEXTUAL: Final = "NO_COLOR"  # the profile has it; Textual would turn colours into greys
# New objects after which the garbage collector looks for cycles among them. With Python's 700 it
# did so at every key on Scatter, which took 0.36 ms of it.
COLLECTED_AFTER: Final = 20_000


def open_app(options: argparse.Namespace) -> int:
    """Run the app; its exit code."""
    terminal = open_terminal()
    profile = choose_profile(
        colours=options.color,
        ascii_only=options.ascii,
        mouse=not options.no_mouse,
        fps=options.fps,
    )
    os.environ.update(profile.textual_settings())  # before Textual is imported
    for name in (*NOT_BELIEVED, NOT_FOR_TEXTUAL):
        os.environ.pop(name, None)
    prefer_interactive()
    with terminal.unbuffered():
        return _run(options, profile, terminal)


def choose_profile(
    *,
    colours: str | None = None,
    ascii_only: bool = False,
    mouse: bool = True,
    fps: int | None = None,
) -> TerminalProfile:
    """Options that were typed come first, then the preferences, then what is detected."""
    kept = read_display_preferences()
    profile = detect_terminal(
        os.environ,
        colours=colours or kept.colours or "auto",
        ascii_only=ascii_only,
        mouse=mouse,
        fps=fps or kept.fps or FPS,
    )
    return replace(profile, theme=kept.theme, keymap=kept.keymap)


def _run(options: argparse.Namespace, profile: TerminalProfile, terminal: TerminalDevice) -> int:
    # The terminal answers while Textual is imported, so the first frame waits for neither.
    term = os.environ["TERM"]
    asks = profile.theme is None and understands_question(term)
    question = BackgroundQuestion(terminal, term) if asks else None
    with _uncollected():
        from aetui.processes.inference import Inference
        from aetui.processes.trainer_options import TrainerOptions

    gc.set_threshold(COLLECTED_AFTER)
    inference = Inference(options.data_dir, options.model)
    try:
        if usable_cores() > 1:
            inference.start()
        with _uncollected():
            from aetui.tui.app import AetuiApp

        trainers = TrainerOptions(
            options.data,
            options.data_dir,
            options.device,
            DataOptions(options.size, options.channels),
            options.model,
        )
        background = question.answer() if question else None
        profile = replace(profile, background=background)
        app = AetuiApp(
            options.runs,
            trainers,
            inference,
            profile,
            (shipped_runs(),),
            terminal,
            read_only=options.read_only,
        )
        app.run(mouse=profile.mouse)
        if app.farewell:
            print(app.farewell)
        return app.return_code or 0
    finally:
        inference.close()


@contextmanager
def _uncollected() -> Iterator[None]:
    """Import without the garbage collector: modules stay, and it would look through them again.

    It took a twelfth of the time until the first picture: 0.475 s with it, 0.434 s without.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
