"""worst: the test images with the largest errors."""

from __future__ import annotations

import numpy as np

from aetui.figures.drawing import Plot
from aetui.figures.pairs import COLUMNS, denoising_rows, reconstruction_rows
from aetui.figures.source import Source
from aetui.ml.pictures import denoised_psnr, reconstructed


def draw_worst(source: Source) -> Plot:
    """Those with the largest errors, the worst first; of a denoiser, those with the lowest PSNR."""
    every = range(len(source.images.test_images))
    if "denoise" in source.spec.capabilities:
        ratios = denoised_psnr(source.opened, source.images, source.choices.noise)
        title = f"The test images with the lowest PSNR of {len(every):,}"
        return denoising_rows(source, np.argsort(ratios)[:COLUMNS].tolist(), title)
    errors = reconstructed(source.opened, source.images, every).errors
    title = f"The test images with the largest errors of {len(every):,}"
    return reconstruction_rows(source, np.argsort(-errors)[:COLUMNS].tolist(), title)
