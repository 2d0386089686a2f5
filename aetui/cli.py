"""The command line, and the only place that wires the parts together. Nothing heavy is imported before it is needed.

Exit codes: 0 ok, 1 failed, 2 usage or bad input, 128 + n when signal n ended it.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shlex
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Final

from aetui.arguments import make_parser
from aetui.config import MODELS, SETTINGS, BadInput, default_data_dir
from aetui.rundir import check_run_name, shipped_runs
from aetui.scheduling import put_screen_first, wait_politely
from aetui.terminal import choose_look


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit code."""
    options = make_parser().parse_args(arguments)
    try:
        return COMMANDS[options.command](options)
    except BadInput as error:
        print(f"aetui: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        sys.stderr.close()  # `aetui runs | head` closed our output: nothing is wrong, and nobody is left to tell
        return 1


def launch(options: argparse.Namespace) -> int:
    """`aetui launch`."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise BadInput("the app needs a terminal, and this is none; use `aetui train` for training without one.")
    look = choose_look(os.environ, colours=options.color, ascii_only=options.ascii, mouse=not options.no_mouse, fps=options.fps)
    os.environ.update(look.textual_settings())  # before textual is imported
    os.environ.pop("NO_COLOR", None)  # `look` has it; Textual would only turn colours into greys
    from aetui.inference import Inference
    from aetui.processes import TrainerOptions

    put_screen_first()
    inference = Inference(options.data_dir)
    try:
        from aetui.tui.app import AetuiApp

        app = AetuiApp(options.runs, TrainerOptions(options.data, options.data_dir, options.device), inference, look, (shipped_runs(),))
        app.run(mouse=look.mouse)
        if app.farewell:
            print(app.farewell)
        return app.return_code or 0
    finally:
        inference.close()


def train(options: argparse.Namespace) -> int:
    """`aetui train`."""
    wait_politely()
    from aetui.ml.start import Request, run_training
    from aetui.progress import Progress

    overrides = {name: value for name in (*SETTINGS, "hidden", "decoder_hidden") if (value := getattr(options, name)) is not None}
    if "hidden" in overrides:
        overrides.setdefault("decoder_hidden", tuple(reversed(options.hidden)) if options.model == "vae" else ())
    for name in overrides:
        if name in SETTINGS and options.model not in SETTINGS[name].models:
            raise BadInput(f"{'--' + name.replace('_', '-')} is no setting of {options.model}; leave it out.")
    request = Request(
        model=options.model, runs=options.runs, name=options.name, resume=options.resume, data=options.data or "auto",
        data_given=options.data is not None, data_dir=options.data_dir, device=options.device, precision=options.precision,
        threads=options.threads, save_every=options.save_every, overrides=overrides, command=shlex.join(["aetui", *sys.argv[1:]]),
    )  # fmt: skip
    progress = Progress(as_json=options.json)
    run, code = run_training(request, progress)
    with contextlib.suppress(OSError):  # the terminal may be gone by now; that the training has saved still counts
        progress.end()
        print(run, flush=True)
    return code


def export(options: argparse.Namespace) -> int:
    """`aetui export`."""
    from aetui.ml.export import export_run

    print(export_run(options.runs / check_run_name(options.name), options.target, options.looks, options.data_dir))
    return 0


def doctor(options: argparse.Namespace) -> int:
    """`aetui doctor`."""
    from aetui.doctor import examine

    for finding in examine(options.runs, options.data_dir or default_data_dir(), os.environ):
        print(finding, flush=True)
    return 0


def bench_train(options: argparse.Namespace) -> int:
    """`aetui bench train`."""
    wait_politely()
    from aetui.ml.bench import bench_train as measure

    measure(options.data_dir, options.device, options.repeats, (options.model,) if options.model else MODELS, partial(print, flush=True))
    return 0


def bench_screen(options: argparse.Namespace) -> int:
    """`aetui bench screen`."""
    from aetui.bench.screen import bench_screen as measure
    from aetui.processes import TrainerOptions

    measure(options.runs, TrainerOptions(data_dir=options.data_dir), partial(print, flush=True))
    return 0


def runs(options: argparse.Namespace) -> int:
    """`aetui runs`."""
    from aetui.listing import print_runs

    return print_runs(options.runs, as_json=options.json)


COMMANDS: Final[Mapping[str, Callable[[argparse.Namespace], int]]] = {
    command.__name__: command for command in (launch, train, runs, export, doctor, bench_train, bench_screen)
}
