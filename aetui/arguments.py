"""What can be typed: the parser of every command, and the types that refuse bad values."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Final

from aetui import __version__
from aetui.config import DEFAULTS, MODELS, NAMED_DATA, SETTINGS, BadInput, Setting, check_data_name
from aetui.terminal import COLOURS, FPS

DEVICES: Final = "auto, cpu, cuda, cuda:N or mps"


def make_parser() -> argparse.ArgumentParser:
    """The parser of every command."""
    parser = argparse.ArgumentParser(prog="aetui", description="Train autoencoders and walk their latent plane, in any terminal, over SSH.")
    parser.add_argument("--version", action="version", version=f"aetui {__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    _add_launch(commands.add_parser("launch", help="the app", description="Open the app. Trainings that it starts outlive it."))
    _add_train(
        commands.add_parser("train", help="train without the app", description="Train one model; what the app starts is this command.")
    )
    _add_runs(commands.add_parser("runs", help="list the runs", description="Every run with its model, data set, score and state."))
    _add_export(commands.add_parser("export", help="make a run fit to share", description="Weights only, with a model card; no images."))
    _add_doctor(
        commands.add_parser("doctor", help="look at terminal, devices and folders", description="What is here, and what to do about it.")
    )
    _add_bench(commands.add_parser("bench", help="measure speed and quality", description="Measure aetui on this machine."))
    return parser


def _add_launch(parser: argparse.ArgumentParser) -> None:
    _add_places(parser)
    parser.add_argument(
        "--data", type=_data_name, default="auto", metavar="NAME", help=f"what to train on: {', '.join(NAMED_DATA)} or folder:PATH"
    )
    parser.add_argument("--device", type=_device, default="auto", help=f"where to train: {DEVICES}")
    parser.add_argument("--color", choices=("auto", *COLOURS), default="auto", help="auto: as NO_COLOR, COLORTERM and TERM say")
    parser.add_argument("--ascii", action="store_true", help="draw with ASCII characters only")
    parser.add_argument("--no-mouse", action="store_true", help="leave the mouse to the terminal, for selecting text")
    parser.add_argument(
        "--fps", type=_typed(Setting("fps", int, 1, 120, "")), default=FPS, metavar="N", help=f"frames a second at most (default: {FPS})"
    )
    parser.set_defaults(command="launch")


def _add_train(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", choices=MODELS, help="vae: variational autoencoder; dae: stacked denoising autoencoder")
    _add_places(parser)
    parser.add_argument("--name", help="the run's name (default: the first free one, like vae-003)")
    parser.add_argument("--resume", metavar="NAME", help="go on with a run where its last save left it")
    parser.add_argument("--data", type=_data_name, metavar="NAME", help=f"{', '.join(NAMED_DATA)} or folder:PATH (default: auto)")
    parser.add_argument("--device", type=_device, default="auto", help=f"{DEVICES} (default: auto)")
    for setting in SETTINGS.values():
        parser.add_argument(
            _flag(setting.name), type=_typed(setting), metavar="N" if setting.kind is int else "X", help=_described(setting)
        )
    parser.add_argument("--hidden", type=_widths, metavar="N,N,...", help="widths of the encoder's layers (vae) or its channels (dae)")
    parser.add_argument("--decoder-hidden", type=_widths, metavar="N,N,...", help="vae: widths of the decoder's layers (default: mirrored)")
    parser.add_argument("--precision", choices=("auto", "float32", "bf16"), default="auto", help="auto: a short trial decides")
    parser.add_argument(
        "--threads", type=_typed(Setting("threads", int, 1, 1024, "")), metavar="N", help="CPU threads (default: the cores, 8 at most)"
    )
    parser.add_argument(
        "--save-every", type=_typed(Setting("save-every", float, 0, 86_400, "")), metavar="S", help="seconds between checkpoints"
    )
    parser.add_argument("--json", action="store_true", help="print the lines of metrics.jsonl")
    parser.set_defaults(command="train")


def _add_runs(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--runs", type=Path, default=Path("checkpoints"), metavar="DIR", help="the folder of runs (default: checkpoints)")
    parser.add_argument("--json", action="store_true", help="print one JSON array")
    parser.set_defaults(command="runs")


def _add_export(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", help="the run")
    parser.add_argument("target", type=Path, metavar="DIR", help="the folder to write, which must not be there yet")
    _add_places(parser)
    parser.add_argument(
        "--looks", type=_typed(SETTINGS["looks"]), metavar="N", help="vae: have it take N looks at an image, and score it anew"
    )
    parser.set_defaults(command="export")


def _add_doctor(parser: argparse.ArgumentParser) -> None:
    _add_places(parser)
    parser.set_defaults(command="doctor")


def _add_bench(parser: argparse.ArgumentParser) -> None:
    parts = parser.add_subparsers(title="what to measure", required=True, metavar="PART")
    training = parts.add_parser("train", help="our defaults against the classic Keras models", description="Time to quality, side by side.")
    training.add_argument("--data-dir", type=Path, metavar="DIR", help="where MNIST lies")
    training.add_argument("--device", type=_device, default="auto", help=DEVICES)
    training.add_argument("--repeats", type=_typed(Setting("repeats", int, 1, 100, "")), default=3, metavar="N", help="default: 3")
    training.add_argument("--model", choices=MODELS, help="default: both")
    training.set_defaults(command="bench_train")
    screen = parts.add_parser("screen", help="bytes and milliseconds a key", description="The app in a pseudo-terminal, beside a bare one.")
    _add_places(screen)
    screen.set_defaults(command="bench_screen")


def _add_places(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--runs", type=Path, default=Path("checkpoints"), metavar="DIR", help="the folder of runs (default: checkpoints)")
    parser.add_argument(
        "--data-dir", type=Path, metavar="DIR", help="where data sets lie (default: $AETUI_DATA_DIR, else the user's cache)"
    )


def _flag(name: str) -> str:
    return "--" + name.replace("_", "-")


def _described(setting: Setting) -> str:
    defaults = ", ".join(f"{getattr(DEFAULTS[model], setting.name):g} for {model}" for model in setting.models)
    return f"{setting.help} (default: {defaults})"


def _typed(setting: Setting) -> Callable[[str], int | float]:
    def parse(text: str) -> int | float:
        try:
            return setting.parse(text)
        except BadInput as error:
            raise argparse.ArgumentTypeError(str(error)) from None

    return parse


def _data_name(text: str) -> str:
    try:
        return check_data_name(text)
    except BadInput as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _device(text: str) -> str:
    kind, _, number = text.partition(":")
    if text in ("auto", "cpu", "cuda", "mps") or (kind == "cuda" and number.isdigit()):
        return text
    raise argparse.ArgumentTypeError(f"there is no device {text!r}; choose {DEVICES}")


def _widths(text: str) -> tuple[int, ...]:
    try:
        return tuple(int(part) for part in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(f"hidden must be whole numbers with commas between, not {text!r}") from None
