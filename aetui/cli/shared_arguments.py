"""Arguments that several commands have, and how they end."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Final

from aetui.cli.argument_types import reference_argument, typed
from aetui.model_spec import Setting
from aetui.runs.directory import DEFAULT_RUNS

EXIT_CODES: Final = (
    "Exit codes: 0 done, 1 failed, 2 bad input (one sentence on stderr says what, why and what to "
    "do), 128 + N where signal N ended it."
)


def add_places(parser: argparse.ArgumentParser) -> None:
    add_runs_folder(parser)
    parser.add_argument(
        "--data-dir",
        type=Path,
        metavar="DIR",
        help="where data sets are (default: $AETUI_DATA_DIR, else the user's cache)",
    )


def add_model(parser: argparse.ArgumentParser, help_text: str) -> None:
    parser.add_argument("--model", type=reference_argument, metavar="REF", help=help_text)


def add_best(parser: argparse.ArgumentParser) -> None:
    says = "the best checkpoint in place of the last, where a run keeps one"
    parser.add_argument("--best", action="store_true", help=says)


def add_runs_folder(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--runs",
        type=Path,
        default=DEFAULT_RUNS,
        metavar="DIR",
        help=f"the folder of runs (default: {DEFAULT_RUNS})",
    )


def add_number(
    parser: argparse.ArgumentParser, setting: Setting, default: float | None = None
) -> None:
    parse = typed(setting)
    parser.add_argument(
        flag(setting.name), type=parse, default=default, metavar="N", help=setting.help
    )


def flag(name: str) -> str:
    return "--" + name.replace("_", "-")
