"""The types of arguments. Each refuses a bad value with one sentence that says why."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Sequence
from typing import Any, Final

from aetui.catalog import check_reference, find_data, is_reference, model_spec
from aetui.config import parse_size
from aetui.errors import BadInput
from aetui.model_spec import Setting, Widths
from aetui.noise import NoiseKind, noise_kind

DEVICES: Final = "auto, cpu, cuda, cuda:N or mps"


def typed(setting: Setting | Widths) -> Callable[[str], Any]:
    """The argparse type of a setting."""
    return _refusing(setting.parse)


def _refusing(parse: Callable[[str], Any]) -> Callable[[str], Any]:
    """`parse`, with its `BadInput` as the error that argparse expects."""

    def parse_argument(text: str) -> Any:
        try:
            return parse(text)
        except BadInput as error:
            raise argparse.ArgumentTypeError(str(error)) from None

    return parse_argument


data_name = _refusing(find_data)
size_argument = _refusing(parse_size)
reference_argument = _refusing(check_reference)


def _model_name(text: str) -> str:
    return check_reference(text) if is_reference(text) else model_spec(text).name


model_argument = _refusing(_model_name)


def points_argument(text: str) -> tuple[tuple[float, ...], ...]:
    """Two or more points of the plane, as in "-1.5,0:2,0.5"; or whole codes."""
    try:
        points = [tuple(map(float, point.split(","))) for point in text.split(":")]
    except ValueError:
        points = []
    finite = all(math.isfinite(value) for point in points for value in point)
    widths = {len(point) for point in points}
    if len(points) < 2 or not finite or len(widths) > 1 or widths == {1}:
        raise argparse.ArgumentTypeError(f"{text!r} is not two or more points, as in 0,0:1.5,-1")
    return tuple(points)


def noise_argument(text: str) -> NoiseKind:
    try:
        return noise_kind(text)
    except BadInput as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def numbers_argument(text: str) -> tuple[int, ...]:
    """Whole numbers from 0 on, as in "3,14,15"."""
    parts = text.split(",")
    if not all(part.isascii() and part.isdigit() and len(part) < 10 for part in parts):
        raise argparse.ArgumentTypeError(f"{text!r} is not whole numbers, as in 3,14,15")
    return tuple(map(int, parts))


def names_argument(known: Sequence[str]) -> Callable[[str], tuple[str, ...]]:
    """The argparse type of some of the `known` names, each once, as in "a,b"."""

    def parse_argument(text: str) -> tuple[str, ...]:
        names = tuple(text.split(","))
        if not set(names) <= set(known) or len(set(names)) < len(names):
            listed = ", ".join(known)
            raise argparse.ArgumentTypeError(f"{text!r} is not some of {listed}, each once")
        return names

    return parse_argument


def extent_argument(text: str) -> tuple[float, float, float, float]:
    """Left, right, bottom and top of a part of the plane, as in "-2,2,-1.5,1.5"."""
    try:
        left, right, bottom, top = map(float, text.split(","))
    except ValueError:
        left = right = bottom = top = math.nan
    if not (math.isfinite(right - left) and math.isfinite(top - bottom)):
        raise argparse.ArgumentTypeError(f"{text!r} is not left,right,bottom,top, as in -2,2,-1,1")
    if left >= right or bottom >= top:
        raise argparse.ArgumentTypeError(f"{text!r} is empty: left before right, bottom before top")
    return left, right, bottom, top


def device_argument(text: str) -> str:
    kind, _, number = text.partition(":")
    if text in ("auto", "cpu", "cuda", "mps") or (kind == "cuda" and number.isdigit()):
        return text
    raise argparse.ArgumentTypeError(f"there is no device {text!r}; choose {DEVICES}")
