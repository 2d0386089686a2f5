"""The arguments of `aetui score`, `codes`, `metrics` and `figure`."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Final

from aetui.catalog import REFERENCE_FORM
from aetui.cli.argument_types import (
    DEVICES,
    data_name,
    device_argument,
    points_argument,
    typed,
)
from aetui.cli.figure_arguments import add_figure_choices
from aetui.cli.shared_arguments import (
    add_best,
    add_model,
    add_number,
    add_places,
    add_runs_folder,
)
from aetui.model_spec import Setting

SAMPLES: Final = Setting(
    *("samples", int, 0, 1_000_000),
    help="codes per image for the importance-weighted bound; 0: no bound (default: 5000)",
)
IMAGES: Final = Setting("images", int, 1, 10**9, "")
ALL: Final = "all"
BOUND_IMAGES: Final = 100  # vae-mnist: 0.2 nats of standard error

FIGURES: Final = ("pairs", "scatter", "manifold", "loss", "film", "walk", "traversal", "worst")
DPI: Final = Setting(
    *("dpi", int, 50, 1200), help="pixels per inch (default: 300, for film and walk 110)"
)
EPOCH: Final = Setting(
    *("epoch", int, 0, 10**9),
    help="epoch of the codes and the plane, whose stored images are shown (default: the newest)",
)


def fill_score(parser: argparse.ArgumentParser) -> None:
    _add_run(parser)
    _add_images_and_device(parser)
    add_number(parser, SAMPLES, default=5000)
    parser.add_argument(
        "--images",
        type=_images_argument,
        default=BOUND_IMAGES,
        metavar="N|all",
        help=f"test images that have so many codes, of all classes alike (default: {BOUND_IMAGES})",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def _images_argument(text: str) -> int | None:
    """How many images; None for all of them."""
    return None if text == ALL else int(typed(IMAGES)(text))


def fill_export(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", help="the run")
    parser.add_argument("target", nargs="?", type=Path, metavar="DIR", help="a new folder")
    parser.add_argument(
        "--weights", type=Path, metavar="FILE", help="write the weights alone, as .safetensors"
    )
    add_best(parser)
    add_model(parser, f"the code of a model of your own: {REFERENCE_FORM}")
    add_runs_folder(parser)


def fill_codes(parser: argparse.ArgumentParser) -> None:
    _add_run(parser)
    _add_output(parser, "the table to write: .csv, .npz or .parquet (default: CSV, printed)")
    _add_images_and_device(parser)


def fill_metrics(parser: argparse.ArgumentParser) -> None:
    _add_run(parser)
    _add_output(parser, "the table to write: .csv (default: printed)")
    add_runs_folder(parser)


def fill_figure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("kind", choices=FIGURES, metavar="KIND", help=", ".join(FIGURES))
    parser.add_argument("--run", metavar="NAME", help="the run (default: the newest that fits)")
    _add_output(parser, "the file to write (default: RUN-KIND.png, or .gif for film and walk)")
    parser.add_argument("--light", action="store_true", help="draw on white, for paper")
    add_number(parser, DPI)
    add_number(parser, EPOCH)
    parser.add_argument(
        "--through",
        type=points_argument,
        default=(),
        metavar="X,Y:X,Y...",
        help="points of the plane, or whole codes, that the walk visits (default: the classes)",
    )
    add_figure_choices(parser)
    parser.add_argument("--progress", action="store_true", help="lines on stderr that tell how far")
    _add_images(parser)


def _add_run(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="RUN", help="the run")


def _add_output(parser: argparse.ArgumentParser, help_text: str) -> None:
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help=help_text)


def _add_images_and_device(parser: argparse.ArgumentParser) -> None:
    """What is needed to open a run on any device."""
    _add_images(parser)
    parser.add_argument("--device", type=device_argument, default="cpu", help=DEVICES)


def _add_images(parser: argparse.ArgumentParser) -> None:
    """What is needed to open a run and to find images for it."""
    add_places(parser)
    add_best(parser)
    add_model(parser, f"the code of a model of your own: {REFERENCE_FORM}")
    of = "the test images of another data set (default: the run's own)"
    parser.add_argument("--data", type=data_name, metavar="NAME", help=of)
