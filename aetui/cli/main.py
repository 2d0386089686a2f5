"""The command line, and the only place that wires the parts together.

Nothing heavy is imported before it is needed. Exit codes: 0 ok, 1 failed, 2 usage or bad input,
128 + n when signal n ended it.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shlex
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Final

from aetui.catalog import model_names, model_spec
from aetui.cli.arguments import make_parser, setting_values
from aetui.config import DataOptions
from aetui.errors import BadInput
from aetui.machine import default_data_dir, expand_home
from aetui.processes.priority import limit_openmp_spin, prefer_interactive
from aetui.runs.directory import check_run_name, shipped_runs
from aetui.terminal import detect_terminal
from aetui.terminal.device import open_terminal

FOLDERS: Final = ("runs", "data_dir", "target")  # options that name a folder


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit code."""
    options = make_parser().parse_args(arguments)
    try:
        _check_folders(options)
        return COMMANDS[options.command](options)
    except BadInput as error:
        print(f"aetui: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # `aetui runs | head` closed our output: nothing is wrong, and there is nobody left to tell.
        sys.stderr.close()
        return 1


def _check_folders(options: argparse.Namespace) -> None:
    try:
        Path.cwd()
    except OSError:
        raise BadInput("the working directory has been deleted; change to another one.") from None
    for name in FOLDERS:
        if (folder := getattr(options, name, None)) is not None:
            setattr(options, name, expand_home(folder))


def launch(options: argparse.Namespace) -> int:
    terminal = open_terminal()
    profile = detect_terminal(
        os.environ,
        colours=options.color,
        ascii_only=options.ascii,
        mouse=not options.no_mouse,
        fps=options.fps,
    )
    os.environ.update(profile.textual_settings())  # before textual is imported
    os.environ.pop("NO_COLOR", None)  # `profile` has it; Textual would turn colours into greys
    from aetui.processes.inference import Inference
    from aetui.processes.trainer import TrainerOptions

    prefer_interactive()
    inference = Inference(options.data_dir)
    try:
        from aetui.tui.app import AetuiApp

        data_options = DataOptions(options.size, options.channels)
        trainers = TrainerOptions(options.data, options.data_dir, options.device, data_options)
        app = AetuiApp(
            options.runs, trainers, inference, profile, (shipped_runs(),), terminal
        )
        app.run(mouse=profile.mouse)
        if app.farewell:
            print(app.farewell)
        return app.return_code or 0
    finally:
        inference.close()


def train(options: argparse.Namespace) -> int:
    limit_openmp_spin()
    from aetui.cli.progress import Progress
    from aetui.ml.training.request import TrainingRequest
    from aetui.ml.training.session import run_training

    spec = model_spec(options.model)
    typed = setting_values(options)
    request = TrainingRequest(
        model=options.model,
        runs=options.runs,
        name=options.name,
        resume=options.resume,
        data=options.data,
        data_dir=options.data_dir,
        data_options=DataOptions(options.size, options.channels),
        device=options.device,
        precision=options.precision,
        threads=options.threads,
        save_every=options.save_every,
        overrides={name: spec.setting(name).parse(text) for name, text in typed.items()},
        command=shlex.join(["aetui", *sys.argv[1:]]),
    )
    progress = Progress(as_json=options.json)
    run, code = run_training(request, progress, progress.tell)
    with contextlib.suppress(
        OSError
    ):  # the terminal may be gone; the training has saved all the same
        progress.end()
        print(run, flush=True)
    return code


def runs(options: argparse.Namespace) -> int:
    from aetui.cli.runs import print_runs

    return print_runs(options.runs, as_json=options.json)


def export(options: argparse.Namespace) -> int:
    from aetui.ml.export import export_run

    print(export_run(options.runs / check_run_name(options.name), options.target))
    return 0


def doctor(options: argparse.Namespace) -> int:
    from aetui.cli.doctor import examine

    for finding in examine(options.runs, options.data_dir or default_data_dir(), os.environ):
        print(finding, flush=True)
    return 0


def bench_train(options: argparse.Namespace) -> int:
    limit_openmp_spin()
    from aetui.bench.train import bench_train as measure

    models = (options.model,) if options.model else model_names()
    measure(options.data_dir, options.device, options.repeats, models, partial(print, flush=True))
    return 0


def bench_screen(options: argparse.Namespace) -> int:
    from aetui.bench.screen import bench_screen as measure
    from aetui.processes.trainer import TrainerOptions

    trainers = TrainerOptions(data_dir=options.data_dir)
    measure(options.runs, trainers, partial(print, flush=True))
    return 0


COMMANDS: Final[Mapping[str, Callable[[argparse.Namespace], int]]] = {
    command.__name__: command
    for command in (launch, train, runs, export, doctor, bench_train, bench_screen)
}
