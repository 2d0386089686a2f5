"""The command line, and the only place that wires the parts together.

Nothing heavy is imported before it is needed. Exit codes: 0 ok, 1 failed, 2 usage or bad input,
128 + n when signal n ended it.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import shlex
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

from aetui.catalog import is_reference, model_spec
from aetui.cli.arguments import make_parser, parse
from aetui.cli.benches import bench_screen, bench_start, bench_train
from aetui.cli.setting_arguments import setting_values
from aetui.config import DataOptions
from aetui.errors import BadInput
from aetui.machine import default_data_dir, expand_home, open_standard_streams
from aetui.model_spec import ModelSpec
from aetui.processes.priority import limit_openmp_spin
from aetui.runs.directory import find_run
from aetui.terminal.characters import ASCII_ERRORS


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit code."""
    open_standard_streams()
    _print_any_character()
    options = parse(sys.argv[1:] if arguments is None else arguments)
    try:
        _check_paths(options)
        return COMMANDS[options.command](options)
    except BadInput as error:
        print(f"aetui: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # `aetui runs | head` closed our output: nothing is wrong, and nothing more can be printed.
        sys.stderr.close()
        return 1


def _print_any_character() -> None:
    """Print a character that the locale does not have as the ASCII that looks like it."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=ASCII_ERRORS)


def _check_paths(options: argparse.Namespace) -> None:
    try:
        Path.cwd()
    except OSError:
        raise BadInput("the working directory has been deleted; change to another one.") from None
    for name, value in vars(options).items():
        if isinstance(value, Path):
            setattr(options, name, expand_home(value))


def show_help(_: argparse.Namespace) -> int:
    make_parser().print_help()
    return 0


def launch(options: argparse.Namespace) -> int:
    from aetui.cli.launch import open_app

    return open_app(options)


def train(options: argparse.Namespace) -> int:
    limit_openmp_spin()
    from aetui.cli.progress import Progress
    from aetui.ml.training.distributed import leave_group
    from aetui.ml.training.request import TrainingRequest
    from aetui.ml.training.session import run_training

    spec = _load_spec(options.model)
    request = TrainingRequest(
        model=spec.name,
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
        overrides=setting_values(options, spec),
        command=_command(),
    )
    progress = Progress(as_json=options.json)
    run, code = run_training(request, progress, progress.tell)
    # The terminal may be gone; the training has saved all the same.
    with contextlib.suppress(OSError):
        progress.end()
        print(run, flush=True)
    leave_group(code)
    return code


def _load_spec(model: str) -> ModelSpec:
    """The spec of the model that was named: one of aetui's, or code of a person's own."""
    if not is_reference(model):
        return model_spec(model)
    from aetui.ml.models.registry import load_reference

    return load_reference(model).spec


def runs(options: argparse.Namespace) -> int:
    from aetui.cli.runs import print_runs

    return print_runs(options.runs, as_json=options.json)


def watch(options: argparse.Namespace) -> int:
    from aetui.cli.watch import watch as follow

    return follow(options.runs, options.names, as_json=options.json)


def change(options: argparse.Namespace) -> int:
    from aetui.cli.change import change as ask

    return ask(options)


def note(options: argparse.Namespace) -> int:
    from aetui.cli.keeping import note as write

    return write(options.runs, options.name, options.text)


def mv(options: argparse.Namespace) -> int:
    from aetui.cli.keeping import rename

    return rename(options.runs, options.name, options.new_name)


def rm(options: argparse.Namespace) -> int:
    from aetui.cli.keeping import remove

    return remove(options.runs, options.names, unasked=options.yes)


def export(options: argparse.Namespace) -> int:
    from aetui.ml.export import export_run
    from aetui.ml.weights import export_weights

    if options.target is None and options.weights is None:
        raise BadInput("name a new folder for the copy, or --weights FILE.safetensors.")
    run = _find_run(options)
    if options.target is not None:
        print(export_run(run, options.target, best=options.best))
    if options.weights is not None:
        export_weights(run, options.weights, best=options.best)
        print(options.weights)
    return 0


def import_weights(options: argparse.Namespace) -> int:
    limit_openmp_spin()
    from aetui.ml.import_run import import_run, model_of
    from aetui.ml.weights import WeightsFile

    weights = WeightsFile.read(options.file)
    spec = _load_spec(options.model or model_of(weights))
    run, score = import_run(
        weights,
        runs=options.runs,
        spec=spec,
        name=options.name,
        data=options.data,
        data_dir=options.data_dir,
        data_options=DataOptions(options.size, options.channels),
        overrides=setting_values(options, spec),
        command=_command(),
    )
    print(f"{score}; `aetui launch --runs {options.runs}` shows it")
    print(run)
    return 0


def score(options: argparse.Namespace) -> int:
    limit_openmp_spin()
    from aetui.cli.score import print_score

    return print_score(_find_run(options), options)


def codes(options: argparse.Namespace) -> int:
    from aetui.cli.codes import write_codes

    return write_codes(_find_run(options), options)


def metrics(options: argparse.Namespace) -> int:
    from aetui.cli.metrics import write_metrics

    return write_metrics(find_run(options.runs, options.name), options.output)


def figure(options: argparse.Namespace) -> int:
    limit_openmp_spin()
    from aetui.cli.figure import draw_figure

    if options.model is not None:
        _load_spec(options.model)
    return draw_figure(options)


def _find_run(options: argparse.Namespace) -> Path:
    """The run that was named, once the code of a person's own model is loaded."""
    if options.model is not None:
        _load_spec(options.model)
    return find_run(options.runs, options.name)


def _command() -> str:
    return shlex.join(["aetui", *sys.argv[1:]])


def doctor(options: argparse.Namespace) -> int:
    from aetui.cli.doctor import examine

    for finding in examine(options.runs, options.data_dir or default_data_dir()):
        print(finding, flush=True)
    return 0


COMMANDS: Final[Mapping[str, Callable[[argparse.Namespace], int]]] = {
    "help": show_help,
    "launch": launch,
    "train": train,
    "runs": runs,
    "watch": watch,
    "change": change,
    "note": note,
    "mv": mv,
    "rm": rm,
    "export": export,
    "import": import_weights,
    "score": score,
    "codes": codes,
    "metrics": metrics,
    "figure": figure,
    "doctor": doctor,
    "bench_train": bench_train,
    "bench_screen": bench_screen,
    "bench_start": bench_start,
}
