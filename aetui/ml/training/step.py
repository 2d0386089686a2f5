"""One optimisation step, run eagerly or as a CUDA graph."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor, nn

from aetui.ml.data.transforms import small_affine_changes, to_float
from aetui.ml.models.base import Autoencoder
from aetui.ml.precision import autocast
from aetui.ml.training.optimizer import AdamW

MAX_GRADIENT_NORM: Final = 20.0
GRAPH_WARM_UP: Final = 3  # steps before a capture: cuBLAS and autograd allocate what they need

TakeStep = Callable[[Tensor, float], Tensor]
"""(indices [B] of the whole batch, learning rate) -> the losses of this process's shard.

They are a detached float32 vector, in the order of the model's `spec.losses`.
"""


@dataclass
class EagerStep:
    """A step as PyTorch runs it, on any device.

    `shard` is (rank, world size) of data-parallel training. Every process draws the noise of the
    whole batch and takes its shard of it, so that N processes compute what one would.
    """

    network: Autoencoder
    compute_losses: nn.Module  # TrainingLosses of the network, wrapped by DDP in a group
    optimizer: AdamW
    images: Tensor  # uint8 [N, C, H, W], on the device
    augment: float
    precision: str
    shard: tuple[int, int] = (0, 1)

    def __call__(self, indices: Tensor, rate: float) -> Tensor:
        """Take the step on the images at `indices`."""
        self.optimizer.set_rate(rate)
        return self.compute(indices)

    def compute(self, indices: Tensor) -> Tensor:
        """The part of a step that a CUDA graph can hold: from indices to updated weights."""
        device, (rank, world) = self.images.device, self.shard
        count = len(indices)
        noise = torch.randn(self.network.noise_shape(count), device=device)[rank::world]
        images = to_float(self.images[indices[rank::world]])
        if self.augment:
            changes = torch.randn(count, 2, 3, device=device)[rank::world]
            images = small_affine_changes(images, changes, self.augment)
        with autocast(device, self.precision):
            values: Tensor = self.compute_losses(images, noise)
        self.optimizer.zero_grad()
        values[0].backward()
        nn.utils.clip_grad_norm_(self.network.parameters(), MAX_GRADIENT_NORM)
        self.optimizer.step()
        return values.detach()


class GraphStep:
    """The same step, captured once as a CUDA graph and replayed: one launch instead of about 100.

    `RuntimeError` where the step cannot be captured.
    """

    def __init__(self, eager: EagerStep, batch_size: int) -> None:
        self._optimizer = eager.optimizer
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
        self._optimizer.set_rate(rate)
        self._graph.replay()
        return self._values.clone()


class preserve_state:  # noqa: N801  (reads as a statement)
    """A block that leaves weights, optimizer state and random generator as they were before it.

    They are put back into the same tensors, because a graph has captured those.
    """

    def __init__(self, network: nn.Module, optimizer: AdamW, device: torch.device) -> None:
        self._network = network
        self._optimizer = optimizer
        self._device = device

    def __enter__(self) -> None:
        weights = self._network.state_dict()
        self._weights = {name: tensor.clone() for name, tensor in weights.items()}
        states = self._optimizer.state
        self._states = {parameter: copy.deepcopy(state) for parameter, state in states.items()}
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
                before = self._states.get(parameter)
                for key, tensor in state.items():
                    tensor.copy_(before[key]) if before else tensor.zero_()
        if self._device.type == "cuda":
            torch.cuda.set_rng_state(self._generator, self._device)
        else:
            torch.set_rng_state(self._generator)


def make_step(eager: EagerStep, batch_size: int) -> tuple[TakeStep, str]:
    """The fastest step of this device, and a note for the person ("" where there is none)."""
    if eager.images.device.type != "cuda" or eager.shard[1] > 1:
        return eager, ""
    try:
        return GraphStep(eager, batch_size), "the step runs as a CUDA graph"
    except RuntimeError as error:
        return eager, f"no CUDA graph, the step runs eagerly ({str(error).splitlines()[0]})"
