"""The kinds of noise that a denoiser can be tried on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

from aetui.catalog import TEST_SIGMA
from aetui.errors import BadInput, printable
from aetui.model_spec import Setting

Row = Literal["noisy", "denoised", "clean", "error", "median"]
ROWS: Final[tuple[Row, ...]] = ("noisy", "denoised", "clean", "error", "median")
"""Of images and their noise, in the order in which Denoise gives them room.

The error is that of the denoised images; median is what a median filter makes of the noisy ones.
"""
MAIN_ROWS: Final = ROWS[:3]


@dataclass(frozen=True)
class NoiseKind:
    """A kind of noise, and what its strength is measured in."""

    name: str  # on the command line
    title: str  # on the screens
    strength: Setting
    usual: float
    step: float  # of a key
    text: Callable[[float], str]  # a strength with its unit

    def moved(self, strength: float, steps: int) -> float:
        """The strength so many steps away, within the bounds."""
        wanted = round(strength + steps * self.step, 6)
        return min(self.strength.high, max(self.strength.low, wanted))


def _share(strength: float) -> str:
    return f"{strength:.0%}".replace("%", " %")


GAUSSIAN: Final = NoiseKind(
    "gaussian",
    "Gaussian",
    Setting("strength", float, 0.0, 2.0, "standard deviation"),
    TEST_SIGMA,
    0.1,
    lambda strength: f"σ {strength:.4g}" if round(strength, 1) != strength else f"σ {strength:.1f}",
)
SALT_AND_PEPPER: Final = NoiseKind(
    "salt-and-pepper",
    "salt & pepper",
    Setting("strength", float, 0.0, 1.0, "share of the pixels that are black or white"),
    0.2,
    0.05,
    _share,
)
BLOCKS: Final = NoiseKind(
    "blocks",
    "blocks",
    Setting("strength", float, 0.0, 1.0, "share of the image that is left out"),
    0.25,
    0.05,
    _share,
)
BLUR: Final = NoiseKind(
    "blur",
    "blur",
    Setting("strength", float, 0.0, 8.0, "standard deviation in pixels"),
    1.0,
    0.25,
    lambda strength: f"σ {strength:g} px",
)
NOISE_KINDS: Final = (GAUSSIAN, SALT_AND_PEPPER, BLOCKS, BLUR)


def noise_kind(name: str) -> NoiseKind:
    """The kind of that name; `BadInput` where there is none."""
    for kind in NOISE_KINDS:
        if kind.name == name:
            return kind
    known = ", ".join(kind.name for kind in NOISE_KINDS)
    raise BadInput(f"there is no noise {printable(name)!r}; choose one of {known}.")
