"""How figures look: ground, ink and class colours, on dark and on white."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import matplotlib as mpl
import numpy as np
from matplotlib import colormaps, font_manager
from matplotlib.colors import ListedColormap, to_hex, to_rgb

# Petroff, "Accessible color sequences for data visualization" (arXiv:2107.02270): ten colours that
# colour-blind readers tell apart. The app's classes have them too.
PETROFF_10: Final = (
    *("#3f90da", "#ffa90e", "#bd1f01", "#94a4a2", "#832db6"),
    *("#a96b59", "#e76300", "#b9ac70", "#717581", "#92dadd"),
)
CONTRAST: Final = 2.5  # smallest contrast of a class's colour to the ground (WCAG 2.1)
BLEND_STEP: Final = 0.05
RAMP_CONTRAST: Final = 2.0  # of a value's colour to the ground
FALLBACK_FONTS: Final = ("Noto Sans CJK JP", "Noto Sans CJK SC", "Noto Sans", "Arial Unicode MS")
"""For names of classes that DejaVu Sans, which matplotlib brings along, cannot write."""


@dataclass(frozen=True)
class Theme:
    """The colours of a figure."""

    ground: str
    ink: str
    whisper: str  # for frames and provenance
    accent: str

    def class_colours(self, count: int) -> list[str]:
        """A colour for each class, each legible on the ground."""
        if count <= len(PETROFF_10):
            return [self._legible(colour) for colour in PETROFF_10[:count]]
        wheel = colormaps["turbo"](np.linspace(0.02, 0.98, count))
        return [self._legible(to_hex((red, green, blue))) for red, green, blue, _ in wheel.tolist()]

    @cached_property
    def ramp(self) -> ListedColormap:
        """Viridis, which is perceptually uniform, without the end that the ground swallows.

        High values stand out most.
        """
        ground = np.array(to_rgb(self.ground))
        shades = np.array(colormaps["viridis"](np.arange(256)))[:, :3]
        contrasts = np.array([_contrast(shade, ground) for shade in shades])
        shades = shades[contrasts >= RAMP_CONTRAST]
        return ListedColormap(shades if contrasts[-1] > contrasts[0] else shades[::-1])

    def _legible(self, colour: str) -> str:
        """`colour`, moved towards the ink until it stands out from the ground."""
        mixed = np.array(to_rgb(colour))
        ink = np.array(to_rgb(self.ink))
        while _contrast(mixed, np.array(to_rgb(self.ground))) < CONTRAST:
            mixed = mixed + BLEND_STEP * (ink - mixed)
        red, green, blue = mixed.tolist()
        return to_hex((red, green, blue))


DARK: Final = Theme(ground="#0c0f14", ink="#d8dee6", whisper="#7f8894", accent="#ffa90e")
LIGHT: Final = Theme(ground="#ffffff", ink="#1c232b", whisper="#6b7480", accent="#b35900")


def _contrast(first: np.ndarray, second: np.ndarray) -> float:
    bright, dim = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (bright + 0.05) / (dim + 0.05)


def _luminance(rgb: np.ndarray) -> float:
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


@contextmanager
def drawn_in(theme: Theme) -> Iterator[None]:
    """Within the block, draw figures in `theme`, whatever is in the person's matplotlibrc."""
    logging.getLogger("matplotlib").setLevel(logging.ERROR)
    with mpl.rc_context(), warnings.catch_warnings():
        # A missing glyph is drawn as a box; a warning about each would bury what matters.
        warnings.filterwarnings("ignore", message="Glyph")
        mpl.rcdefaults()
        mpl.rcParams.update(_parameters(theme))
        yield


def _parameters(theme: Theme) -> dict[Any, Any]:
    known = set(font_manager.get_font_names())
    return {
        "font.family": ["DejaVu Sans", *(font for font in FALLBACK_FONTS if font in known)],
        "font.size": 8,
        "text.parse_math": False,  # a class may be named $x$
        "text.color": theme.ink,
        "figure.facecolor": theme.ground,
        "figure.constrained_layout.use": True,
        "savefig.facecolor": theme.ground,
        "axes.facecolor": theme.ground,
        "axes.edgecolor": theme.whisper,
        "axes.labelcolor": theme.ink,
        "axes.linewidth": 0.6,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.titlelocation": "left",
        "axes.titlesize": 9,
        "xtick.color": theme.whisper,
        "ytick.color": theme.whisper,
        "xtick.labelcolor": theme.ink,
        "ytick.labelcolor": theme.ink,
        "xtick.major.width": 0.6,
        "ytick.major.width": 0.6,
        "legend.frameon": False,
        "lines.linewidth": 1.0,
        "image.composite_image": False,  # in an SVG, every image can be taken out
        "pdf.fonttype": 42,  # letters stay letters, which a journal's tools can embed
    }
