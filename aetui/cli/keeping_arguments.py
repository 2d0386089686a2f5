"""The arguments of `aetui watch`, `change`, `note`, `mv` and `rm`."""

from __future__ import annotations

import argparse

from aetui.catalog import model_specs
from aetui.cli.shared_arguments import add_runs_folder, flag


def fill_watch(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("names", nargs="+", metavar="RUN", help="the runs")
    add_runs_folder(parser)
    parser.add_argument("--json", action="store_true", help="print the lines of metrics.jsonl")


def fill_change(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="RUN", help="the run")
    add_runs_folder(parser)
    for setting in {
        each.name: each for spec in model_specs() for each in spec.live_settings
    }.values():
        parser.add_argument(flag(setting.name), metavar="X", help=setting.help)


def fill_note(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", help="the run")
    parser.add_argument("text", help='the note; "" removes it')
    add_runs_folder(parser)


def fill_mv(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="OLD", help="the run")
    parser.add_argument("new_name", metavar="NEW", help="its new name")
    add_runs_folder(parser)


def fill_rm(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("names", nargs="+", metavar="RUN", help="the runs")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    add_runs_folder(parser)
