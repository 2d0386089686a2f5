"""What can be typed: the parser of every command."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from aetui import __version__
from aetui.catalog import (
    DATA_PREFIXES,
    NAMED_DATA,
    REFERENCE_FORM,
    is_reference,
    model_names,
    model_specs,
)
from aetui.cli.argument_types import (
    DEVICES,
    data_name,
    device_argument,
    model_argument,
    size_argument,
    typed,
)
from aetui.cli.bench_arguments import fill_bench
from aetui.cli.keeping_arguments import fill_change, fill_mv, fill_note, fill_rm, fill_watch
from aetui.cli.setting_arguments import add_settings
from aetui.cli.shared_arguments import (
    EXIT_CODES,
    add_model,
    add_number,
    add_places,
    add_runs_folder,
)
from aetui.cli.takeaway_arguments import (
    fill_codes,
    fill_export,
    fill_figure,
    fill_metrics,
    fill_score,
)
from aetui.model_spec import Setting
from aetui.preferences import FPS_SETTING
from aetui.terminal import COLOURS, FPS

DATA: Final = ", ".join([*NAMED_DATA, *(f"{prefix}PATH" for prefix in DATA_PREFIXES)])
Add = Callable[[argparse.ArgumentParser], None]


def make_parser(arguments: Sequence[str] = ()) -> argparse.ArgumentParser:
    """The parser of every command. Only those in `arguments` are given their own: it is quicker."""
    parser = argparse.ArgumentParser(
        prog="aetui",
        description="Train autoencoders and walk their latent plane, in any terminal, over SSH.",
        epilog=EXIT_CODES,
    )
    parser.add_argument("--version", action="version", version=f"aetui {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")

    def add(name: str, fill: Add, summary: str, description: str) -> None:
        command = commands.add_parser(name, help=summary, description=description)
        command.set_defaults(command=name)
        if name in arguments:
            fill(command)

    opens = "Open the app, as `aetui` alone does. Trainings that it starts outlive it."
    add("launch", _fill_launch, "the app", opens)
    add("train", _fill_train, "train without the app", "Train one model, as the app does.")
    add("runs", _fill_runs, "list the runs", "Every run with its model, data, score and state.")
    changes = "A learning rate, or what else its model can change; the run notes it."
    add("change", fill_change, "change a setting of a run while it trains", changes)
    follows = (
        "What trainings write, as text, until they end. Exit code 0 where each is done, else 1."
    )
    add("watch", fill_watch, "print a training as it goes", follows)
    add("note", fill_note, "note something about a run", "One line, which the lists show.")
    add("mv", fill_mv, "rename a run", "Rename a run that is not in training.")
    add("rm", fill_rm, "delete runs", "Delete runs that are not in training, for good.")
    copies = "A copy without optimizer state, with a model card; or the weights alone."
    add("export", fill_export, "write a shareable copy of a run", copies)
    takes = "Make a run from weights that were trained elsewhere: scored, mapped, ready to explore."
    add("import", _fill_import, "make a run from weights trained elsewhere", takes)
    scores = "Print the test scores, the importance-weighted bound, and how good the codes are."
    add("score", fill_score, "compute a run's test scores again", scores)
    tables = "One row per image: index, label, class, z_mean, z_log_sigma, error in nats."
    add("codes", fill_codes, "write the codes of the test images", tables)
    draws = "Draw a figure of a run at print quality, with its provenance in the metadata."
    add("figure", fill_figure, "draw a figure of a run: PNG, SVG, PDF, GIF, WebP", draws)
    lines = "Write CSV with one row per line of metrics.jsonl."
    add("metrics", fill_metrics, "write a run's metrics as a table", lines)
    checks = "Print what was found on this machine, and what to do about what is wrong."
    add("doctor", add_places, "check terminal, devices and folders", checks)
    add("bench", fill_bench, "measure speed and quality", "Measure aetui on this machine.")
    return parser


def _fill_launch(parser: argparse.ArgumentParser) -> None:
    add_places(parser)
    add_model(parser, f"a model of your own, besides aetui's: {REFERENCE_FORM}")
    data_help = f"what to train on: {DATA} (default: auto)"
    parser.add_argument("--data", type=data_name, default="auto", metavar="NAME", help=data_help)
    _add_data_options(parser)
    parser.add_argument(
        "--device", type=device_argument, default="auto", help=f"where to train: {DEVICES}"
    )
    parser.add_argument(
        "--color",
        choices=("auto", *COLOURS),
        help="default: auto, as NO_COLOR, TERM and COLORTERM say",
    )
    parser.add_argument(
        "--read-only", action="store_true", help="start, stop, rename and delete nothing"
    )
    parser.add_argument("--ascii", action="store_true", help="draw with ASCII characters only")
    parser.add_argument(
        "--no-mouse", action="store_true", help="leave the mouse to the terminal, to select text"
    )
    parser.add_argument(
        "--fps",
        type=typed(FPS_SETTING),
        metavar="N",
        help=f"{FPS_SETTING.help} (default: {FPS})",
    )


def _fill_train(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "model", type=model_argument, help=f"{_model_titles()}; or your own: {REFERENCE_FORM}"
    )
    add_places(parser)
    parser.add_argument(
        "--name", help="the run's name (default: the model's name and a free number)"
    )
    parser.add_argument("--resume", metavar="NAME", help="continue a run from its last save")
    data_help = f"{DATA} (default: auto)"
    parser.add_argument("--data", type=data_name, metavar="NAME", help=data_help)
    _add_data_options(parser)
    parser.add_argument(
        "--device", type=device_argument, default="auto", help=f"{DEVICES} (default: auto)"
    )
    add_settings(parser)
    parser.add_argument(
        "--precision",
        choices=("auto", "float32", "bf16"),
        default="auto",
        help="default: auto, which is bf16 where the processor computes in it",
    )
    add_number(
        parser, Setting("threads", int, 1, 1024, "CPU threads (default: one per core, at most 8)")
    )
    add_number(parser, Setting("save_every", float, 0, 86_400, "seconds between checkpoints"))
    parser.add_argument("--json", action="store_true", help="print the lines of metrics.jsonl")


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """The options that were typed; ends the process where they cannot be parsed.

    `unknown` holds what may be settings of a person's own model, which is not loaded yet. Without
    any argument, the command is `launch` where there is a terminal for it, else `help`.
    """
    parser = make_parser(arguments)
    options, unknown = parser.parse_known_args(arguments)
    if not hasattr(options, "command"):
        if unknown:
            parser.error(f"unrecognized arguments: {' '.join(unknown)}")
        here = sys.stdin.isatty() and sys.stdout.isatty()
        return parse(["launch"]) if here else argparse.Namespace(command="help")
    own = options.command in ("train", "import") and is_reference(options.model or "")
    if unknown and not own and options.command != "change":
        parser.error(f"unrecognized arguments: {' '.join(unknown)}")
    options.unknown = unknown
    return options


def _fill_runs(parser: argparse.ArgumentParser) -> None:
    add_runs_folder(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON array")


def _fill_import(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE", help="weights: .safetensors, .pt, .pth")
    parser.add_argument(
        "--model",
        type=model_argument,
        help=f"{', '.join(model_names())}, or your own: {REFERENCE_FORM}",
    )
    parser.add_argument(
        "--name", help="the run's name (default: the model's name and a free number)"
    )
    add_places(parser)
    data_help = f"what to score and map it on: {DATA} (default: auto)"
    parser.add_argument("--data", type=data_name, default="auto", metavar="NAME", help=data_help)
    _add_data_options(parser)
    add_settings(parser)


def _add_data_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--size",
        type=size_argument,
        metavar="N|WxH",
        help="size in pixels to fit images into (default: their own, at most 64)",
    )
    parser.add_argument(
        "--channels",
        type=int,
        choices=(1, 3),
        help="1: grey, 3: colour (default: colour where the images have it)",
    )


def _model_titles() -> str:
    return "; ".join(
        f"{spec.name}: {spec.title[0].lower()}{spec.title[1:]}" for spec in model_specs()
    )
