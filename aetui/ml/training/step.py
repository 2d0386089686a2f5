"""One optimisation step, eager or as a CUDA graph; the learning rate over a training; which precision is faster."""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor, nn

from aetui.ml.data.transforms import small_affine_changes, to_float
from aetui.ml.models.base import Autoencoder, TrainingLosses
from aetui.ml.precision import autocast

WARM_UP: Final = 0.03  # of all steps
FALL: Final = 1.5  # the power at which the rate falls: early steps learn fast, late ones settle
CLIP: Final = 20.0  # norm of the gradient
BF16_GAIN: Final = 1.1  # how much faster bf16 must be before it is used
GRAPH_WARM_UP: Final = 3  # steps before a capture: cuBLAS and autograd allocate what they need

TakeStep = Callable[[Tensor, float], Tensor]
"""(indices [B] of the whole batch, learning rate) -> the losses of this process's share, a detached float32 vector."""


def learning_rate(step: int, steps: int, peak: float) -> float:
    """A straight rise to `peak`, then a fall to 0 as (steps left)^1.5, the polynomial schedule of Chen et al. (arXiv:1606.00915)."""
    rise = max(1, round(WARM_UP * steps))
    if step < rise:
        return peak * (step + 1) / rise
    return peak * math.pow(1 - (step - rise) / max(1, steps - rise), FALL)


def make_optimizer(network: Autoencoder, device: torch.device) -> torch.optim.AdamW:
    """AdamW with a fused update; on CUDA its rate is a tensor, so that a captured graph reads it anew."""
    on_gpu = device.type == "cuda"
    rate = torch.zeros((), device=device) if on_gpu else 0.0
    fused = device.type in ("cpu", "cuda")
    beta, decay = network.adamw.beta2, network.adamw.weight_decay
    # Only matrices and kernels decay: a pixel that is always dark needs its large bias.
    groups = [
        {
            "params": [parameter for parameter in network.parameters() if parameter.ndim > 1],
            "weight_decay": decay,
        },
        {
            "params": [parameter for parameter in network.parameters() if parameter.ndim <= 1],
            "weight_decay": 0.0,
        },
    ]
    return torch.optim.AdamW(groups, lr=rate, betas=(0.9, beta), fused=fused, capturable=on_gpu)


@dataclass
class EagerStep:
    """A step as PyTorch runs it, on any device. `share` is (rank, world size) of data-parallel training.

    Every process draws the noise of the whole batch and takes its share, so that N processes see what one would.
    """

    network: Autoencoder
    compute_losses: nn.Module  # TrainingLosses of the network, wrapped by DDP in a group
    optimizer: torch.optim.Optimizer
    images: Tensor  # uint8, on the device
    augment: float
    precision: str
    share: tuple[int, int] = (0, 1)

    def __call__(self, indices: Tensor, rate: float) -> Tensor:
        """Take the step on the images at `indices`."""
        for group in self.optimizer.param_groups:
            if isinstance(group["lr"], Tensor):
                group["lr"].fill_(rate)
            else:
                group["lr"] = rate
        return self.compute(indices)

    def compute(self, indices: Tensor) -> Tensor:
        """The part of a step that a CUDA graph can hold: from indices to updated weights."""
        device, (rank, world) = self.images.device, self.share
        count = len(indices)
        noise = torch.randn(self.network.noise_shape(count), device=device)[rank::world]
        images = to_float(self.images[indices[rank::world]])
        if self.augment:
            changes = torch.randn(count, 2, 3, device=device)[rank::world]
            images = small_affine_changes(images, changes, self.augment)
        with autocast(device, self.precision):
            values: Tensor = self.compute_losses(images, noise)
        self.optimizer.zero_grad(set_to_none=True)
        values[0].backward()
        nn.utils.clip_grad_norm_(self.network.parameters(), CLIP)
        self.optimizer.step()
        return values.detach()


class GraphStep:
    """The same step, captured once as a CUDA graph and replayed: one launch in place of some hundred.

    `RuntimeError` where the step cannot be captured.
    """

    def __init__(self, eager: EagerStep, batch_size: int) -> None:
        self._eager = eager
        self._indices = torch.zeros(batch_size, dtype=torch.long, device=eager.images.device)
        self._graph = torch.cuda.CUDAGraph()
        with preserve_state(eager.network, eager.optimizer, eager.images.device):
            side = torch.cuda.Stream()
            side.wait_stream(torch.cuda.current_stream())
            with torch.cuda.stream(side):
                for _ in range(GRAPH_WARM_UP):
                    eager(self._indices, 0.0)
            torch.cuda.current_stream().wait_stream(side)
            with torch.cuda.graph(self._graph):
                self._values = eager.compute(self._indices)

    def __call__(self, indices: Tensor, rate: float) -> Tensor:
        """Take the step on the images at `indices`, which must be as many as at the capture."""
        self._indices.copy_(indices)
        for group in self._eager.optimizer.param_groups:
            group["lr"].fill_(rate)
        self._graph.replay()
        return self._values.clone()


class preserve_state:  # noqa: N801  (reads as a statement)
    """Puts weights, optimizer state and the generator back in place, into the very tensors that a graph has captured."""

    def __init__(
        self, network: nn.Module, optimizer: torch.optim.Optimizer, device: torch.device
    ) -> None:
        self._network, self._optimizer, self._device = network, optimizer, device

    def __enter__(self) -> None:
        self._weights = {
            name: tensor.clone() for name, tensor in self._network.state_dict().items()
        }
        self._state = {
            parameter: copy.deepcopy(state) for parameter, state in self._optimizer.state.items()
        }
        self._generator = (
            torch.cuda.get_rng_state(self._device)
            if self._device.type == "cuda"
            else torch.get_rng_state()
        )

    def __exit__(self, *_: object) -> None:
        with torch.no_grad():
            for name, tensor in self._network.state_dict().items():
                tensor.copy_(self._weights[name])
            for parameter, state in self._optimizer.state.items():
                before = self._state.get(parameter)
                for key, tensor in state.items():
                    tensor.copy_(before[key]) if before else tensor.zero_()
        if self._device.type == "cuda":
            torch.cuda.set_rng_state(self._generator, self._device)
        else:
            torch.set_rng_state(self._generator)


def make_step(eager: EagerStep, batch_size: int) -> tuple[TakeStep, str]:
    """The fastest step this device can take, and what a person should know about it ("" for nothing)."""
    if eager.images.device.type != "cuda" or eager.share[1] > 1:
        return eager, ""
    try:
        return GraphStep(eager, batch_size), "the step runs as a CUDA graph"
    except RuntimeError as error:
        return eager, f"no CUDA graph, the step runs eagerly ({str(error).splitlines()[0]})"


def faster_precision(network: Autoencoder, images: Tensor, augment: float, batch_size: int) -> str:
    """ "bf16" where a short trial on copies of the network shows it faster on this machine, else "float32"."""
    if images.device.type not in ("cpu", "cuda"):
        return "float32"
    trials = {
        precision: EagerStep(
            twin,
            TrainingLosses(twin),
            make_optimizer(twin, images.device),
            images,
            augment,
            precision,
        )
        for precision, twin in (
            ("float32", copy.deepcopy(network)),
            ("bf16", copy.deepcopy(network)),
        )
    }
    best = dict.fromkeys(trials, math.inf)
    indices = torch.arange(batch_size, device=images.device)
    with torch.random.fork_rng([images.device] if images.device.type == "cuda" else []):
        for _ in range(6):  # turn and turn about: the fastest of each says most on a busy machine
            for precision, step in trials.items():
                start = time.perf_counter()
                for _ in range(2):
                    step(indices, 0.0)
                if images.device.type == "cuda":
                    torch.cuda.synchronize()
                best[precision] = min(best[precision], time.perf_counter() - start)
    return "bf16" if best["bf16"] * BF16_GAIN < best["float32"] else "float32"
