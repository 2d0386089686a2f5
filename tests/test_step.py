"""The step: what a CPU can show of what a GPU will do."""

from __future__ import annotations

import copy
import dataclasses
from typing import Any

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from aetui.catalog import DEFAULTS
from aetui.model_spec import Hyperparameters
from aetui.ml.data.load import load
from aetui.ml.models.vae import build
from aetui.ml.training.step import EagerStep, faster_precision, make_optimizer, make_step

SMALL: dict[str, Hyperparameters] = {
    "vae": Hyperparameters(1, 16, 1e-3, hidden=(16,), decoder_hidden=(16, 16)),
    "dae": Hyperparameters(1, 16, 1e-3, hidden=(4, 4, 4)),
}
CPU = torch.device("cpu")


def eager(model: str, *, augment: float = 0.0) -> EagerStep:
    torch.manual_seed(0)
    settings = dataclasses.replace(SMALL[model], augment=augment)
    network = build(model, SMALL[model])
    images = load("digits", None).train_images[:64]
    return EagerStep(
        model, network, make_optimizer(model, network, CPU), images, settings, "float32"
    )


@pytest.mark.parametrize("model", ["vae", "dae"])
def test_a_warm_up_leaves_no_trace(model: str) -> None:
    """What precedes the capture of a CUDA graph must not count as training."""
    step, indices = eager(model), torch.arange(16)
    step(indices, 1e-3)
    weights, state = (
        copy.deepcopy(step.network.state_dict()),
        copy.deepcopy(step.optimizer.state_dict()["state"]),
    )
    generator = torch.get_rng_state()
    tensors = [parameter.data_ptr() for parameter in step.network.parameters()]
    with preserve_state(step.network, step.optimizer, CPU):
        for _ in range(3):
            step(indices, 1e-2)
    assert all(
        torch.equal(weights[name], tensor) for name, tensor in step.network.state_dict().items()
    )
    after = step.optimizer.state_dict()["state"]
    assert all(
        torch.equal(state[key][name], after[key][name]) for key in state for name in state[key]
    )
    assert torch.equal(generator, torch.get_rng_state())
    assert tensors == [
        parameter.data_ptr() for parameter in step.network.parameters()
    ]  # in place: the graph holds them


class Recorded(TorchDispatchMode):
    """The names of the operations that run in the block."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.names: set[str] = set()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self.names.add(func.overloadpacket.__name__)
        return func(*args, **(kwargs or {}))


NOT_IN_A_GRAPH = {
    "_local_scalar_dense",
    "lift_fresh",
    "nonzero",
}  # waits for the device, copies from the host, unknown shapes


@pytest.mark.parametrize("model", ["vae", "dae"])
@pytest.mark.parametrize("precision", ["float32", "bf16"])
def test_a_step_does_nothing_that_a_cuda_graph_cannot_hold(model: str, precision: str) -> None:
    step = eager(model, augment=0.05)
    step.precision = precision
    with Recorded() as recorded:
        step.compute(torch.arange(16))
    assert {"grid_sampler_2d", "_fused_adamw_"} <= recorded.names
    assert not recorded.names & NOT_IN_A_GRAPH


def test_the_recorder_sees_what_a_graph_cannot_hold() -> None:
    with Recorded() as recorded:
        torch.tensor([1.0, 2.0]).sum().item()
        torch.ones(3).nonzero()
    assert recorded.names >= NOT_IN_A_GRAPH


def test_without_a_gpu_the_step_is_eager() -> None:
    step = eager("vae")
    assert make_step(step, 16) == (step, "")


@pytest.mark.parametrize("model", ["vae", "dae"])
@pytest.mark.parametrize("augment", [0.0, 0.05])
def test_steps_lower_the_loss(model: str, augment: float) -> None:
    step, indices = eager(model, augment=augment), torch.arange(64)
    losses = [float(step(indices, 3e-3)[0]) for _ in range(60)]
    assert losses[-1] < 0.9 * losses[0]


def test_the_trial_of_precisions_leaves_network_and_generator_alone() -> None:
    step = eager("vae")
    weights, generator = copy.deepcopy(step.network.state_dict()), torch.get_rng_state()
    assert faster_precision("vae", step.network, step.images[:16], SMALL["vae"], 16) in (
        "float32",
        "bf16",
    )
    assert all(
        torch.equal(weights[name], tensor) for name, tensor in step.network.state_dict().items()
    )
    assert torch.equal(generator, torch.get_rng_state())


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs an NVIDIA GPU")
@pytest.mark.parametrize("model", ["vae", "dae"])
def test_a_captured_step_learns_as_an_eager_one(model: str) -> None:
    device = torch.device("cuda")
    torch.manual_seed(0)
    network = build(model, DEFAULTS[model]).to(device)
    images = load("digits", None).train_images.to(device)
    step = EagerStep(
        model, network, make_optimizer(model, network, device), images, DEFAULTS[model], "float32"
    )
    captured, remark = make_step(step, 256)
    assert "CUDA graph" in remark
    losses = [
        float(captured(torch.randperm(len(images), device=device)[:256], 1e-3)[0])
        for _ in range(100)
    ]
    assert losses[-1] < 0.8 * losses[0]
