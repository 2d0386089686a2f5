"""denoise: test images with noise, and what the model makes of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from aetui.ml.answers.context import Context, Reply, to_uint8
from aetui.ml.data.images import draw_balanced
from aetui.ml.data.noise import draw_noise, put_noise
from aetui.ml.data.transforms import to_float
from aetui.ml.models.losses import psnr
from aetui.ml.quality.restored import best_median, ssim
from aetui.noise import noise_kind
from aetui.protocol import Packet


def denoise(context: Context, request: Packet) -> Reply:
    """count, sample (a seed), noise, strength, with_median -> clean, noisy, denoised and median.

    All uint8 [N, C, H, W], and of all but the first the PSNR, as psnr_noisy, [N] in dB, and the
    SSIM. With them the images' numbers in the set and labels, and the side of the median's window.
    """
    network = context.network(request, "denoise")
    test, note = context.test_images(request)
    count, sample, strength = (request.header[name] for name in ("count", "sample", "strength"))
    chosen = draw_balanced(test.labels.numpy(), count, sample)
    clean = to_float(test.images[torch.from_numpy(chosen)])
    noisy = _with_noise(clean, request.header["noise"], strength, sample)
    shown = {"noisy": noisy, "denoised": network(noisy).sigmoid().float()}
    header: dict[str, Any] = {"note": note, "numbers": chosen.tolist()}
    header["labels"] = test.labels.numpy()[chosen].tolist()
    if request.header.get("with_median"):
        header["window"], shown["median"] = best_median(noisy, clean)
    arrays = {"clean": to_uint8(clean)}
    for name, images in shown.items():
        arrays[name] = to_uint8(images)
        arrays[f"psnr_{name}"] = psnr(images, clean).numpy()
        arrays[f"ssim_{name}"] = ssim(images, clean).numpy()
    return header, arrays


def denoise_scores(context: Context, request: Packet) -> Reply:
    """first, count, noise, strength -> total, and psnr float32 [at most count] in dB.

    Of those test images, with noise of their own, denoised. `total` is how many there are.
    """
    network = context.network(request, "denoise")
    test, _ = context.test_images(request)
    first, count = request.header["first"], request.header["count"]
    images = to_float(test.images[first : first + count])
    if not len(images):
        return {"total": len(test.images)}, {"psnr": np.zeros(0, np.float32)}
    noisy = _with_noise(images, request.header["noise"], request.header["strength"], first)
    found = psnr(network(noisy).sigmoid(), images)
    return {"total": len(test.images)}, {"psnr": found.numpy()}


def _with_noise(images: Tensor, name: str, strength: float, seed: int) -> Tensor:
    kind = noise_kind(name)
    generator = torch.Generator().manual_seed(seed)
    return put_noise(images, draw_noise(kind, images.shape, generator), kind, strength)
