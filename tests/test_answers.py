"""What the inference process answers of an image, held against torch and scikit-learn."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.neighbors import KNeighborsClassifier
from torch.nn import functional

from aetui.errors import BadInput
from aetui.ml.checkpoint import load_model
from aetui.ml.data.load import load
from aetui.processes.inference import Inference
from aetui.runs.latent_map import load_latent_map


@asynccontextmanager
async def inference() -> AsyncIterator[Inference]:
    asked = Inference()

    async def serve() -> None:
        async for _ in asked.notices():
            pass

    serving = asyncio.create_task(serve())
    try:
        yield asked
    finally:
        serving.cancel()
        asked.close()


async def test_answers_agree_with_the_model_and_with_scikit_learn(trained: Path) -> None:
    run = trained / "vae-001"
    network = load_model(run)
    images = load("digits", None).test_images[:40]
    real = images.float() / 255
    with torch.no_grad():
        z_mean, z_log_sigma = network.encode(real)
        logits = network.decode(z_mean)
    losses = functional.binary_cross_entropy_with_logits(logits, real, reduction="none")
    errors = losses.flatten(1).sum(1)
    async with inference() as asked:
        found = (await asked.ask("reconstruct", run, {"images": images.numpy()})).arrays
        assert found["z_mean"] == pytest.approx(z_mean.numpy(), abs=1e-4)
        assert found["sigma"] == pytest.approx(z_log_sigma.exp().numpy(), rel=1e-3)
        assert found["errors"] == pytest.approx(errors.numpy(), rel=1e-4)
        assert np.abs(found["images"] - logits.sigmoid().numpy() * 255).max() <= 0.51

        part = await asked.ask("errors", run, first=10, count=30)
        assert part.arrays["errors"] == pytest.approx(errors[10:].numpy(), rel=1e-4)
        assert part.header["total"] == 360

        latent = load_latent_map(run, 2)
        nearest = KNeighborsClassifier(round(np.sqrt(len(latent.codes)) / 3))
        nearest.fit(latent.codes, latent.labels)
        shares = (await asked.ask("probe", run, {"z": z_mean.numpy()})).arrays["probabilities"]
        assert shares == pytest.approx(nearest.predict_proba(z_mean.numpy()), abs=1e-6)

        with pytest.raises(BadInput, match="takes images of 1x28x28, not of 3x8x8"):
            await asked.ask("reconstruct", run, {"images": np.zeros((1, 3, 8, 8), np.uint8)})
        with pytest.raises(BadInput, match="has no denoise"):
            await asked.ask("clean", run, {"images": images.numpy()})


async def test_each_step_of_a_refinement_goes_downhill(trained: Path) -> None:
    run = trained / "vae-001"
    image = load("digits", None).test_images[:1].numpy()
    async with inference() as asked:
        first = (await asked.ask("reconstruct", run, {"images": image})).arrays
        z, error, length = first["z_mean"], float(first["errors"][0]), 0.05
        for _ in range(10):
            reply = await asked.ask("refine", run, {"images": image, "z": z}, length=length)
            moved = float(np.linalg.norm(reply.arrays["z"] - z))
            assert moved <= length * 1.001
            z, length = reply.arrays["z"], float(reply.header["length"])
            assert float(reply.arrays["errors"][0]) <= error
            error = float(reply.arrays["errors"][0])
        assert error < float(first["errors"][0])
