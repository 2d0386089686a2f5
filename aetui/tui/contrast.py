"""How well a colour can be told from the ground behind it."""

from __future__ import annotations

from typing import Final

from textual.color import BLACK, WHITE, Color

BLEND_STEP: Final = 0.04


def legible(colour: Color, ground: Color, least: float) -> Color:
    """`colour`, made lighter or darker until its contrast to `ground` is at least `least`."""
    end = WHITE if contrast(WHITE, ground) > contrast(BLACK, ground) else BLACK
    share = 0.0
    adapted = colour
    while contrast(adapted, ground) < least and share < 1:
        share += BLEND_STEP
        adapted = colour.blend(end, min(1.0, share))
    return adapted


def contrast(first: Color, second: Color) -> float:
    """The contrast ratio of WCAG 2.2, from 1 to 21."""
    low, high = sorted((_relative_luminance(first), _relative_luminance(second)))
    return (high + 0.05) / (low + 0.05)


def _relative_luminance(colour: Color) -> float:
    channels = [
        value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
        for value in colour.normalized
    ]
    return 0.2126 * channels[0] + 0.7152 * channels[1] + 0.0722 * channels[2]
