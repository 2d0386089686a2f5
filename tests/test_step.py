"""The step: what a CPU can show of what a GPU will do."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from aetui.catalog import model_spec
from aetui.config import ImageShape, RunConfig
from aetui.ml.data.load import load
from aetui.ml.data.transforms import small_affine_changes
from aetui.ml.models.base import Autoencoder, TrainingLosses
from aetui.ml.models.registry import build
from aetui.ml.precision import choose_precision
from aetui.ml.training.optimizer import make_optimizer
from aetui.ml.training.step import EagerStep, make_step, preserve_state

SMALL: dict[str, tuple[int, ...]] = {"vae": (16,), "dae": (4, 4, 4)}
CPU = torch.device("cpu")


def network(model: str, **given: Any) -> Autoencoder:
    torch.manual_seed(0)
    return build(RunConfig(model, "digits", model_spec(model).resolve(given)))


def eager(model: str, *, augment: float = 0.0, precision: str = "float32") -> EagerStep:
    net = network(model, hidden=SMALL[model])
    images = load("digits", None).train_images[:64]
    optimizer = make_optimizer(net)
    return EagerStep(net, TrainingLosses(net), optimizer, images, augment, precision)


@pytest.mark.parametrize("model", SMALL)
def test_a_warm_up_leaves_no_trace(model: str) -> None:
    """What precedes the capture of a CUDA graph must not count as training."""
    step, indices = eager(model), torch.arange(16)
    step(indices, 1e-3)
    weights = copy.deepcopy(step.network.state_dict())
    state = copy.deepcopy(step.optimizer.state_dict()["state"])
    generator = torch.get_rng_state()
    tensors = [parameter.data_ptr() for parameter in step.network.parameters()]
    with preserve_state(step.network, step.optimizer, CPU):
        for _ in range(3):
            step(indices, 1e-2)
    torch.testing.assert_close(step.network.state_dict(), weights, rtol=0, atol=0)
    torch.testing.assert_close(step.optimizer.state_dict()["state"], state, rtol=0, atol=0)
    assert torch.equal(generator, torch.get_rng_state())
    # In place: the graph holds them.
    assert tensors == [parameter.data_ptr() for parameter in step.network.parameters()]


class Recorded(TorchDispatchMode):
    """The names of the operations that run in the block."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.names: set[str] = set()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self.names.add(func.overloadpacket.__name__)
        return func(*args, **(kwargs or {}))


# They wait for the device, copy from the host, or make tensors of unknown shape.
NOT_IN_A_GRAPH = {"_local_scalar_dense", "lift_fresh", "nonzero"}


@pytest.mark.parametrize("model", SMALL)
@pytest.mark.parametrize("precision", ["float32", "bf16"])
def test_a_step_does_nothing_that_a_cuda_graph_cannot_hold(model: str, precision: str) -> None:
    step = eager(model, augment=0.05, precision=precision)
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


@pytest.mark.parametrize("model", SMALL)
@pytest.mark.parametrize("augment", [0.0, 0.05])
@pytest.mark.parametrize("precision", ["float32", "bf16"])
def test_steps_lower_the_loss(model: str, augment: float, precision: str) -> None:
    step, indices = eager(model, augment=augment, precision=precision), torch.arange(64)
    losses = [float(step(indices, 3e-3)[0]) for _ in range(60)]
    assert losses[-1] < 0.9 * losses[0]


def test_the_precision_is_a_matter_of_the_device_alone() -> None:
    assert choose_precision(CPU) == choose_precision(CPU)
    assert choose_precision(torch.device("mps")) == "float32"


@pytest.mark.parametrize("shape", [ImageShape(), ImageShape(3, 20, 36), ImageShape(1, 36, 20)])
def test_a_turn_keeps_a_disc_round_whatever_the_sides(shape: ImageShape) -> None:
    """Turned, a disc is still one; turned in units of a half height and a half width, it is not."""
    y = torch.arange(shape.height).view(-1, 1) - (shape.height - 1) / 2
    x = torch.arange(shape.width) - (shape.width - 1) / 2
    disc = (min(shape.height, shape.width) / 3 - (x * x + y * y).sqrt()).clamp(0, 1)
    normal = torch.zeros(1, 2, 3)
    normal[0, 0, 1], normal[0, 1, 0] = 0.2, -0.2
    turned = small_affine_changes(disc.expand(1, *shape.sizes), normal, 1.0)[0, 0]
    skew = (turned * x * y).sum() / (turned * (x * x + y * y)).sum()
    assert abs(float(skew)) < 0.01
    assert not torch.equal(turned, disc)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs an NVIDIA GPU")
@pytest.mark.parametrize("model", SMALL)
def test_a_captured_step_learns_as_an_eager_one(model: str) -> None:
    device = torch.device("cuda")
    net = network(model).to(device)
    images = load("digits", None).train_images.to(device)
    optimizer = make_optimizer(net)
    step = EagerStep(net, TrainingLosses(net), optimizer, images, 0.0, "float32")
    captured, note = make_step(step, 256)
    assert "CUDA graph" in note
    orders = (torch.randperm(len(images), device=device)[:256] for _ in range(100))
    losses = [float(captured(order, 1e-3)[0]) for order in orders]
    assert losses[-1] < 0.8 * losses[0]
