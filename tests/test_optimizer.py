"""Our AdamW computes what torch's does."""

from __future__ import annotations

import pytest
import torch

from aetui.catalog import model_spec
from aetui.config import RunConfig
from aetui.ml.models.base import Autoencoder
from aetui.ml.models.registry import build
from aetui.ml.training.optimizer import AdamW, make_optimizer

SMALL = {"vae": (16,), "dae": (4, 4, 4)}


def network(model: str) -> Autoencoder:
    torch.manual_seed(3)
    return build(RunConfig(model, "digits", model_spec(model).resolve({"hidden": SMALL[model]})))


def torchs_optimizer(net: Autoencoder) -> torch.optim.AdamW:
    matrices = [parameter for parameter in net.parameters() if parameter.ndim > 1]
    vectors = [parameter for parameter in net.parameters() if parameter.ndim <= 1]
    decay = net.adamw.weight_decay
    groups = [
        {"params": matrices, "weight_decay": decay},
        {"params": vectors, "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=0.0, betas=(0.9, net.adamw.beta2), fused=True)


def step(net: Autoencoder, optimizer: AdamW | torch.optim.AdamW, number: int) -> None:
    torch.manual_seed(number)
    images = torch.rand(8, 1, 28, 28)
    optimizer.zero_grad()
    net.losses(images, torch.randn(net.noise_shape(8)))[0].backward()
    rate = 1e-3 * number
    if isinstance(optimizer, AdamW):
        optimizer.set_rate(rate)
    else:
        for group in optimizer.param_groups:
            group["lr"] = rate
    optimizer.step()


def assert_equal(one: Autoencoder, other: Autoencoder) -> None:
    for ours, theirs in zip(one.parameters(), other.parameters(), strict=True):
        assert torch.equal(ours, theirs)


@pytest.mark.parametrize("model", ["vae", "dae"])
def test_the_weights_are_torchs_bit_by_bit(model: str) -> None:
    one, other = network(model), network(model)
    ours, theirs = make_optimizer(one), torchs_optimizer(other)
    for number in range(1, 12):
        step(one, ours, number)
        step(other, theirs, number)
    assert_equal(one, other)


@pytest.mark.parametrize("model", ["vae", "dae"])
def test_a_state_of_torchs_is_continued(model: str) -> None:
    one, other = network(model), network(model)
    ours, theirs = make_optimizer(one), torchs_optimizer(other)
    for number in range(1, 4):
        step(other, theirs, number)
    one.load_state_dict(other.state_dict())
    ours.load_state_dict(theirs.state_dict())
    for number in range(4, 8):
        step(one, ours, number)
        step(other, theirs, number)
    assert_equal(one, other)
