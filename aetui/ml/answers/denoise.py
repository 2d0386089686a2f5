"""denoise: test images with noise, and what the model makes of them."""

from __future__ import annotations

import torch

from aetui.ml.answers.context import Context, Reply, to_uint8
from aetui.ml.data.images import draw_balanced
from aetui.ml.data.transforms import add_noise, to_float
from aetui.ml.models.losses import psnr
from aetui.protocol import Packet


def denoise(context: Context, request: Packet) -> Reply:
    """count, sample (a seed), sigma -> clean, noisy, denoised uint8 [N, C, H, W].

    And the PSNR of the latter two, [N] in dB.
    """
    network = context.network(request, "denoise")
    test, note = context.test_images(request)
    count, sample, sigma = (request.header[name] for name in ("count", "sample", "sigma"))
    generator = torch.Generator().manual_seed(sample)
    chosen = draw_balanced(test.labels.numpy(), count, sample)
    clean = to_float(test.images[torch.from_numpy(chosen)])
    noisy = add_noise(clean, torch.randn(clean.shape, generator=generator), sigma)
    denoised = network(noisy).sigmoid()
    shown = {"clean": clean, "noisy": noisy, "denoised": denoised}
    arrays = {name: to_uint8(images) for name, images in shown.items()}
    arrays["psnr_noisy"] = psnr(noisy, clean).numpy()
    arrays["psnr_denoised"] = psnr(denoised, clean).numpy()
    return {"note": note}, arrays
