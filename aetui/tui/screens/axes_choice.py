"""Axes: which plane through a wider latent space a person wants to see."""

from __future__ import annotations

from typing import Final

from aetui.runs.basis import KL, PCA
from aetui.runs.latent_map import LatentMap

LISTED: Final = 8  # axes that the question lists


def question(latent: LatentMap) -> str:
    """What may be typed, and which axes carry most."""
    basis = latent.basis
    carried = dict(zip(basis.names, basis.carried.tolist(), strict=True))
    names = sorted(carried, key=lambda name: -carried[name])[:LISTED]
    listed = ", ".join(f"{name} {carried[name]:.2f}" for name in names)
    what = f"Two axes, such as 0 3; {PCA}: principal components; {KL}: those of the largest KL."
    rest = ", …" if len(carried) > LISTED else ""
    return f"{what} What they carry, in {basis.unit}: {listed}{rest}."


def axes_text(latent: LatentMap) -> str:
    """Which of how many axes are shown, and why; "" where there are no others."""
    width = latent.codes.shape[1]
    if width == 2 and latent.chosen is None:
        return ""
    first, second = latent.basis.plane_names
    if latent.chosen == PCA:
        return f"{first}, {second} of the codes"
    measure = "KL" if latent.basis.unit == "nats" else "spread"
    reason = "" if latent.chosen else f": largest {measure}"
    return f"{first}, {second} of {width} axes{reason}"
