"""What a person may choose of a figure, and for which kinds of figures."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from aetui.cli.argument_types import (
    extent_argument,
    names_argument,
    noise_argument,
    numbers_argument,
    typed,
)
from aetui.errors import BadInput
from aetui.model_spec import SEED
from aetui.noise import GAUSSIAN, NOISE_KINDS, ROWS
from aetui.runs.map_options import COLOURED_BY, LAYERS

KINDS_WITH: Final[Mapping[str, tuple[str, ...]]] = {
    "noise": ("pairs", "worst"),
    "strength": ("pairs", "worst"),
    "seed": ("pairs",),
    "images": ("pairs",),
    "picture": ("pairs",),
    "rows": ("pairs", "worst"),
    "classes": ("scatter",),
    "view": ("scatter",),
    "color_by": ("scatter",),
    "layers": ("scatter",),
    "epoch": ("scatter", "manifold", "walk"),
    "through": ("walk",),
    "axes": ("scatter", "manifold", "walk"),
}
"""By option: the figures that it is for."""


def add_figure_choices(parser: argparse.ArgumentParser) -> None:
    names = ", ".join(kind.name for kind in NOISE_KINDS)
    parser.add_argument(
        "--noise",
        type=noise_argument,
        default=GAUSSIAN,
        metavar="KIND",
        help=f"what a denoiser is to remove: {names} (default: {GAUSSIAN.name})",
    )
    strengths = "; ".join(f"{kind.name}: {kind.strength.help}" for kind in NOISE_KINDS)
    parser.add_argument("--strength", metavar="X", help=f"of the noise. {strengths}")
    parser.add_argument(
        "--seed",
        type=typed(SEED),
        metavar="N",
        help="of the noise (default: as for the score)",
    )
    parser.add_argument(
        "--images",
        type=numbers_argument,
        default=(),
        metavar="N,N...",
        help="numbers of the test images (default: one of each class)",
    )
    parser.add_argument(
        "--picture", type=Path, metavar="FILE", help="a picture of yours in place of test images"
    )
    parser.add_argument(
        "--classes",
        type=numbers_argument,
        default=(),
        metavar="N,N...",
        help="numbers of the classes whose codes are shown (default: all)",
    )
    parser.add_argument(
        "--rows",
        type=names_argument(ROWS),
        default=(),
        metavar="ROW,ROW...",
        help=f"what is shown of a denoiser's images: {', '.join(ROWS)} (default: the first three)",
    )
    parser.add_argument(
        "--color-by",
        choices=COLOURED_BY,
        metavar="WHAT",
        help=f"what the colours of the codes say: {', '.join(COLOURED_BY)} (default: label)",
    )
    parser.add_argument(
        "--layers",
        type=names_argument(LAYERS),
        default=(),
        metavar="LAYER,LAYER",
        help="decisions: the class that a probe gives each place, paler where it is unsure; "
        "thumbnails: images where the codes are densest (default: none)",
    )
    parser.add_argument(
        "--axes",
        metavar="A,B",
        help="the latent axes of the plane, or pca (default: those of the largest KL)",
    )
    parser.add_argument(
        "--view",
        type=extent_argument,
        metavar="L,R,B,T",
        help="left, right, bottom and top of what is shown of the plane (default: all of it)",
    )


def check_choices(options: argparse.Namespace) -> None:
    """`BadInput` for what this kind of figure cannot heed, and for a strength out of bounds."""
    given = {name for name in KINDS_WITH if getattr(options, name) not in (None, (), GAUSSIAN)}
    for name in sorted(given):
        if options.kind not in KINDS_WITH[name]:
            kinds = _listed(KINDS_WITH[name])
            raise BadInput(f"{_typed(name)} is for {kinds}; leave it out of {options.kind}.")
    if options.picture is not None and given - {"picture"}:
        others = ", ".join(map(_typed, sorted(given - {"picture"})))
        raise BadInput(f"a picture of yours is taken as it is; leave out {others}.")
    strength_of(options)


def _listed(kinds: Sequence[str]) -> str:
    *first, last = kinds
    return f"{', '.join(first)} and {last}" if first else last


def _typed(name: str) -> str:
    """The option of that name, as it is typed."""
    return "--" + name.replace("_", "-")


def strength_of(options: argparse.Namespace) -> float:
    """The strength that was chosen, or the usual one of its kind; `BadInput` out of bounds."""
    if options.strength is None:
        return float(options.noise.usual)
    return float(options.noise.strength.parse(options.strength))


def choice_words(options: argparse.Namespace) -> list[str]:
    """What was chosen, as it is typed, without the folders of this machine."""
    words = []
    if options.noise is not GAUSSIAN:
        words += ["--noise", options.noise.name]
    if options.strength is not None:
        words += ["--strength", options.strength]
    if options.seed is not None:
        words += ["--seed", str(options.seed)]
    for name in ("images", "rows", "classes", "layers"):
        if listed := getattr(options, name):
            words += [f"--{name}", ",".join(map(str, listed))]
    if options.color_by is not None:
        words += ["--color-by", options.color_by]
    if options.picture is not None:
        words += ["--picture", options.picture.name]
    if options.axes is not None:
        words += ["--axes", options.axes]
    if options.view is not None:
        words += ["--view=" + ",".join(f"{value:.6g}" for value in options.view)]
    return words
