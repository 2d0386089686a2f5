"""`aetui figure`: a figure of a run, at print quality."""

from __future__ import annotations

import argparse
import shlex
import signal
from pathlib import Path

from aetui.cli.figure_arguments import check_choices, choice_words, strength_of
from aetui.cli.waiting import Waiting
from aetui.errors import BadInput
from aetui.figures.drawing import check_path
from aetui.figures.save import KINDS, endings_of, needs_plane, save_figure
from aetui.figures.source import Choices, Source
from aetui.figures.theme import DARK, LIGHT
from aetui.ml.pictures import Noise
from aetui.noise import MAIN_ROWS
from aetui.runs.directory import find_run, list_runs, read_config, shipped_runs
from aetui.runs.map_options import COLOURED_BY
from aetui.runs.summary import last_change


def draw_figure(options: argparse.Namespace) -> int:
    """Draw the figure and print the file's name."""
    kind = options.kind
    assert kind in KINDS
    check_choices(options)
    run = find_run(options.runs, options.run) if options.run else _newest(options.runs, kind)
    path = options.output or Path(f"{run.name}-{kind}{endings_of(kind)[0]}")
    check_path(path, endings_of(kind))
    waiting = Waiting(often=options.progress)
    # The app gives a figure up so, even where it was itself started with interrupts ignored, as a
    # shell starts what is to run in the background.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    source = Source(
        run=run,
        theme=LIGHT if options.light else DARK,
        command=_command(options, run),
        choices=_choices(options),
        data_dir=options.data_dir,
        tell=waiting.count,
    )
    try:
        save_figure(kind, source, path, options.dpi)
    finally:
        waiting.end()
    print(path)
    return 0


def _choices(options: argparse.Namespace) -> Choices:
    return Choices(
        epoch=options.epoch,
        axes=options.axes or "",
        data=options.data,
        through=options.through,
        best=options.best,
        noise=Noise(options.noise, strength_of(options), options.seed),
        images=options.images,
        picture=options.picture,
        classes=options.classes,
        view=options.view,
        color_by=options.color_by or COLOURED_BY[0],
        layers=options.layers,
        rows=options.rows or MAIN_ROWS,
    )


def _newest(runs: Path, kind: str) -> Path:
    """The run that grew last of those that can have this figure, else one of aetui's own."""
    for folder in (runs, shipped_runs()):
        able = [run for run in list_runs(folder) if _can_have(run, kind)]
        if able:
            return max(able, key=last_change)
    raise BadInput(f"no run in {runs} can have the figure {kind}; name one with --run.")


def _can_have(run: Path, kind: str) -> bool:
    try:
        return not needs_plane(kind) or "plane" in read_config(run).spec.capabilities
    except BadInput:
        return False


def _command(options: argparse.Namespace, run: Path) -> str:
    """The command without the folders of this machine."""
    words = ["aetui", "figure", options.kind, "--run", run.name]
    if options.best:
        words.append("--best")
    if options.epoch is not None:
        words += ["--epoch", str(options.epoch)]
    if options.through:
        words += ["--through=" + ":".join(map(_numbers, options.through))]
    words += choice_words(options)
    if options.data is not None:
        words += ["--data", options.data.rsplit("/", 1)[-1]]
    if options.light:
        words.append("--light")
    return shlex.join(words)


def _numbers(point: tuple[float, ...]) -> str:
    return ",".join(f"{value:g}" for value in point)
