"""What a reply says on the Denoise screen: images, names and figures of its rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from textual.content import Content

from aetui.errors import printable
from aetui.noise import NoiseKind, Row
from aetui.protocol import Packet
from aetui.tui.screens.denoise_card import ImageScores
from aetui.tui.screens.denoise_rows import LABEL
from aetui.tui.widgets.card import error_image
from aetui.tui.widgets.image_grid import Images

SCORED: Final = ("noisy", "denoised", "median")
LONGEST_NAME: Final = 16  # letters, of a class


def row_images(row: Row, reply: Packet) -> Images:
    """The images of a row, uint8 [N, C, H, W]."""
    if row != "error":
        return reply.arrays[row]
    pairs = zip(reply.arrays["clean"], reply.arrays["denoised"], strict=True)
    return np.stack([error_image(clean, denoised) for clean, denoised in pairs])


def row_label(row: Row, reply: Packet, kind: NoiseKind, strength: float) -> Content:
    """The row's name, and what there is to say of all its images."""
    name, words = f"{row}", ""
    if row == "median":
        name = f"median {reply.header['window']}x{reply.header['window']}"
        words = "best of 3 5 7\n"
    if row == "noisy":
        words = f"{kind.title}\n{kind.text(strength)}\n"
    if row == "error":
        words = "of denoised"
    if row in SCORED:
        words += f"{reply.arrays[f'psnr_{row}'].mean():.2f} dB"
    return Content.assemble((name, "bold"), f"\n{words}")


def psnr_line(reply: Packet, chosen: int, width: int) -> Content:
    """The PSNR of each image below it, `width` columns each; that of the chosen one stands out."""
    parts: list[tuple[str, str]] = [(f"{'PSNR dB':<{LABEL - 1}}", "$foreground-muted")]
    befores, afters = (reply.arrays[f"psnr_{row}"].tolist() for row in ("noisy", "denoised"))
    for place, (before, after) in enumerate(zip(befores, afters, strict=True)):
        is_chosen = place == chosen
        style = "bold $accent" if is_chosen else "$foreground"
        parts.append((_psnr_text(before, after, width, mark=">" if is_chosen else ""), style))
    return Content.assemble(*parts)


def _psnr_text(before: float, after: float, width: int, mark: str) -> str:
    """Both figures where they fit below an image, else the one that matters."""
    text = f"{before:.1f}→{after:.1f}"
    text = text if len(text) + 1 < width else f"{after:.0f}"
    return (mark + text if len(mark + text) < width else text).center(width)


def image_scores(reply: Packet, column: int, classes: Sequence[str]) -> ImageScores:
    """What is known of the image in that column."""
    label = reply.header["labels"][column]
    known = label < len(classes) and not reply.header["note"]
    name = printable(classes[label], LONGEST_NAME) if known else str(label)
    psnr, ssim = (
        {
            row: float(reply.arrays[f"{figure}_{row}"][column])
            for row in SCORED
            if f"{figure}_{row}" in reply.arrays
        }
        for figure in ("psnr", "ssim")
    )
    return ImageScores(f"#{reply.header['numbers'][column]}: {name}", psnr, ssim)
