"""The arguments of `aetui bench`."""

from __future__ import annotations

import argparse
from pathlib import Path

from aetui.catalog import model_names
from aetui.cli.argument_types import DEVICES, device_argument
from aetui.cli.shared_arguments import add_number, add_places
from aetui.model_spec import Setting


def fill_bench(parser: argparse.ArgumentParser) -> None:
    parts = parser.add_subparsers(title="what to measure", required=True, metavar="PART")
    training = parts.add_parser(
        "train",
        help="our defaults against the classic Keras models",
        description="Measure the time to a given quality, ours and theirs in turn.",
    )
    training.add_argument("--data-dir", type=Path, metavar="DIR", help="where MNIST is")
    training.add_argument("--device", type=device_argument, default="auto", help=DEVICES)
    add_number(training, Setting("repeats", int, 1, 100, "default: 3"), default=3)
    training.add_argument("--model", choices=model_names(), help="default: each in turn")
    training.set_defaults(command="bench_train")
    screen = parts.add_parser(
        "screen",
        help="bytes and milliseconds per key",
        description="Measure the app in a pseudo-terminal, beside a bare Textual app.",
    )
    add_places(screen)
    screen.set_defaults(command="bench_screen")
    start = parts.add_parser(
        "start",
        help="seconds until there is something to see",
        description="Measure first frames and first steps, and a folder of 2,000 runs.",
    )
    add_places(start)
    start.set_defaults(command="bench_start")
