"""What can be typed: the parser of every command, and the types that refuse bad values."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from aetui import __version__
from aetui.catalog import DATA_PREFIXES, NAMED_DATA, find_data, model_names, model_specs
from aetui.config import parse_size
from aetui.errors import BadInput
from aetui.model_spec import Setting, Widths
from aetui.terminal import COLOURS, FPS

DEVICES: Final = "auto, cpu, cuda, cuda:N or mps"
DATA: Final = ", ".join([*NAMED_DATA, *(f"{prefix}PATH" for prefix in DATA_PREFIXES)])
Add = Callable[[argparse.ArgumentParser], None]


def make_parser() -> argparse.ArgumentParser:
    """The parser of every command."""
    parser = argparse.ArgumentParser(
        prog="aetui",
        description="Train autoencoders and walk their latent plane, in any terminal, over SSH.",
    )
    parser.add_argument("--version", action="version", version=f"aetui {__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    def add(name: str, fill: Add, summary: str, description: str) -> None:
        command = commands.add_parser(name, help=summary, description=description)
        command.set_defaults(command=name)
        fill(command)

    add("launch", _fill_launch, "the app", "Open the app. Trainings that it starts outlive it.")
    add("train", _fill_train, "train without the app", "Train one model, as the app does.")
    add("runs", _fill_runs, "list the runs", "Every run with its model, data, score and state.")
    add("export", _fill_export, "write a shareable copy of a run", "Weights and a model card.")
    add("doctor", _add_places, "check terminal, devices and folders", "What is here, what to do.")
    add("bench", _fill_bench, "measure speed and quality", "Measure aetui on this machine.")
    return parser


def _fill_launch(parser: argparse.ArgumentParser) -> None:
    _add_places(parser)
    data_help = f"what to train on: {DATA} (default: auto)"
    parser.add_argument("--data", type=_data_name, default="auto", metavar="NAME", help=data_help)
    _add_data_options(parser)
    parser.add_argument("--device", type=_device, default="auto", help=f"where to train: {DEVICES}")
    parser.add_argument(
        "--color",
        choices=("auto", *COLOURS),
        default="auto",
        help="auto: as NO_COLOR, COLORTERM and TERM say",
    )
    parser.add_argument("--ascii", action="store_true", help="draw with ASCII characters only")
    parser.add_argument(
        "--no-mouse", action="store_true", help="leave the mouse to the terminal, to select text"
    )
    parser.add_argument(
        "--fps",
        type=_typed(Setting("fps", int, 1, 120, "")),
        default=FPS,
        metavar="N",
        help=f"frames per second at most (default: {FPS})",
    )


def _fill_train(parser: argparse.ArgumentParser) -> None:
    titles = "; ".join(f"{spec.name}: {spec.title.lower()}" for spec in model_specs())
    parser.add_argument("model", choices=model_names(), help=titles)
    _add_places(parser)
    parser.add_argument("--name", help="the run's name (default: the first free one, like vae-003)")
    parser.add_argument("--resume", metavar="NAME", help="continue a run from its last save")
    data_help = f"{DATA} (default: auto)"
    parser.add_argument("--data", type=_data_name, metavar="NAME", help=data_help)
    _add_data_options(parser)
    parser.add_argument("--device", type=_device, default="auto", help=f"{DEVICES} (default: auto)")
    for name, help_text in _setting_helps().items():
        parser.add_argument(_flag(name), metavar="X", help=help_text)
    parser.add_argument(
        "--precision",
        choices=("auto", "float32", "bf16"),
        default="auto",
        help="auto: a short trial decides",
    )
    _add_number(
        parser, Setting("threads", int, 1, 1024, "CPU threads (default: the cores, 8 at most)")
    )
    _add_number(parser, Setting("save_every", float, 0, 86_400, "seconds between checkpoints"))
    parser.add_argument("--json", action="store_true", help="print the lines of metrics.jsonl")


def _setting_helps() -> Mapping[str, str]:
    """What `--help` says of every setting, with its default in each model that has it."""
    meanings: dict[str, str] = {}
    defaults: dict[str, list[str]] = {}
    for spec in model_specs():
        for setting in spec.settings:
            meanings.setdefault(setting.name, setting.help)
            default = _shown(spec.defaults[setting.name])
            defaults.setdefault(setting.name, []).append(f"{default} for {spec.name}")
    return {name: f"{meanings[name]} (default: {', '.join(defaults[name])})" for name in meanings}


def _shown(value: Any) -> str:
    return ",".join(map(str, value)) if isinstance(value, tuple) else f"{value:g}"


def setting_values(options: argparse.Namespace) -> dict[str, str]:
    """The settings that were typed, by name, as they were typed: what they may be the model says."""
    names = {setting.name for spec in model_specs() for setting in spec.settings}
    return {name: value for name in names if (value := getattr(options, name)) is not None}


def _fill_runs(parser: argparse.ArgumentParser) -> None:
    _add_runs_folder(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON array")


def _fill_export(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", help="the run")
    parser.add_argument("target", type=Path, metavar="DIR", help="the folder to write, a new one")
    _add_runs_folder(parser)


def _fill_bench(parser: argparse.ArgumentParser) -> None:
    parts = parser.add_subparsers(title="what to measure", required=True, metavar="PART")
    training = parts.add_parser(
        "train",
        help="our defaults against the classic Keras models",
        description="Time to quality, side by side.",
    )
    training.add_argument("--data-dir", type=Path, metavar="DIR", help="where MNIST is")
    training.add_argument("--device", type=_device, default="auto", help=DEVICES)
    _add_number(training, Setting("repeats", int, 1, 100, "default: 3"), default=3)
    training.add_argument("--model", choices=model_names(), help="default: each in turn")
    training.set_defaults(command="bench_train")
    screen = parts.add_parser(
        "screen",
        help="bytes and milliseconds per key",
        description="The app in a pseudo-terminal, beside a bare Textual app.",
    )
    _add_places(screen)
    screen.set_defaults(command="bench_screen")


def _add_places(parser: argparse.ArgumentParser) -> None:
    _add_runs_folder(parser)
    parser.add_argument(
        "--data-dir",
        type=Path,
        metavar="DIR",
        help="where data sets are (default: $AETUI_DATA_DIR, else the user's cache)",
    )


def _add_data_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--size",
        type=_size,
        metavar="N|WxH",
        help="pixels that images are fitted into (default: their own, 64 at most)",
    )
    parser.add_argument(
        "--channels",
        type=int,
        choices=(1, 3),
        help="1: grey, 3: colour (default: colour where the images have it)",
    )


def _add_runs_folder(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--runs",
        type=Path,
        default=Path("checkpoints"),
        metavar="DIR",
        help="the folder of runs (default: checkpoints)",
    )


def _add_number(
    parser: argparse.ArgumentParser, setting: Setting, default: float | None = None
) -> None:
    parse = _typed(setting)
    parser.add_argument(
        _flag(setting.name), type=parse, default=default, metavar="N", help=setting.help
    )


def _flag(name: str) -> str:
    return "--" + name.replace("_", "-")


def _typed(setting: Setting | Widths) -> Callable[[str], Any]:
    return _refusing(setting.parse)


def _refusing(parse: Callable[[str], Any]) -> Callable[[str], Any]:
    """`parse` with its refusal as argparse wants it."""

    def parse_argument(text: str) -> Any:
        try:
            return parse(text)
        except BadInput as error:
            raise argparse.ArgumentTypeError(str(error)) from None

    return parse_argument


_data_name = _refusing(find_data)
_size = _refusing(parse_size)


def _device(text: str) -> str:
    kind, _, number = text.partition(":")
    if text in ("auto", "cpu", "cuda", "mps") or (kind == "cuda" and number.isdigit()):
        return text
    raise argparse.ArgumentTypeError(f"there is no device {text!r}; choose {DEVICES}")
