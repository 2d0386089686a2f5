"""Images that are neither grey nor square, the whole way; and models that no other file names."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from aetui.config import ImageShape
from aetui.ml.checkpoint import load_model
from aetui.ml.models.conv_vae import ConvVAE
from aetui.model_spec import Value
from aetui.runs.directory import latent_epochs, read_config
from aetui.runs.latent_map import load_latent_map
from tests.conftest import ROOT
from tests.trainers import events, train_here

SHAPE = ImageShape(3, 20, 36)
SPELLED = re.compile(r"""["'](vae|dae)["']""")
NAMING = ("aetui/catalog.py", "aetui/ml/models/")  # the files that may spell a model's name


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A data set of 48 small colour pictures in two classes."""
    folder = tmp_path_factory.mktemp("pictures")
    chance = np.random.default_rng(0)
    for label in ("left", "right"):
        (folder / label).mkdir()
        for number in range(24):
            pixels = chance.integers(0, 80, (SHAPE.height, SHAPE.width, 3), dtype=np.uint8)
            half = slice(0, 18) if label == "left" else slice(18, 36)
            pixels[:, half, number % 3] += 150
            Image.fromarray(pixels).save(folder / label / f"{number}.png")
    return f"folder:{folder}"


@pytest.mark.parametrize("model", ["vae", "dae", "conv-vae"])
def test_colour_pictures_of_any_sides_go_the_whole_way(
    model: str, pictures: str, tmp_path: Path
) -> None:
    assert train_here(model, tmp_path, "--data", pictures, "--epochs", "3") == 0
    run = tmp_path / f"{model}-001"
    assert read_config(run).image_shape == SHAPE
    network = load_model(run)
    images = torch.rand(5, *SHAPE.sizes)
    codes = network.encode(images)
    codes = codes[0] if isinstance(codes, tuple) else codes
    assert network.decode(codes).shape == images.shape
    for epoch in latent_epochs(run):
        assert load_latent_map(run, epoch).image_shape == SHAPE
    assert bool(latent_epochs(run)) == ("plane" in network.spec.capabilities)
    assert train_here(model, tmp_path, "--resume", run.name) == 0
    assert "resumed" in events(run)


@pytest.mark.parametrize("sides", [(8, 8), (8, 128), (29, 17), (65, 64), (128, 127)])
@pytest.mark.parametrize("channels", [1, 3])
def test_a_conv_vae_takes_images_of_any_sides(channels: int, sides: tuple[int, int]) -> None:
    torch.manual_seed(0)
    shape = ImageShape(channels, *sides)
    options: dict[str, Value] = {"hidden": (8,), "decoder_hidden": (8,), "filters": (2, 3)}
    network = ConvVAE.build(shape, options)
    images = torch.rand(4, *shape.sizes)
    network.losses(images, torch.randn(network.noise_shape(4)))[0].backward()
    assert all(weight.grad is not None for weight in network.parameters())
    assert network.decode(network.encode(images)[0]).shape == images.shape
    # Each pixel of the image reaches the code, also those of cells that the border cuts.
    images.requires_grad_()
    network.encode(images)[0].sum().backward()
    assert images.grad is not None
    assert bool((images.grad != 0).any(0).all())


def test_only_the_models_own_files_spell_their_names() -> None:
    for path in sorted((ROOT / "aetui").rglob("*.py")):
        name = path.relative_to(ROOT).as_posix()
        if not name.startswith(NAMING):
            found = SPELLED.findall(path.read_text(encoding="utf-8"))
            assert not found, f"{name} names {found}"
