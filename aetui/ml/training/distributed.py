"""Data-parallel training under torchrun, with DistributedDataParallel; elsewhere a group of one."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, TypeVar

import torch
from torch import Tensor, distributed, nn

from aetui.errors import BadInput

T = TypeVar("T")
TIMEOUT: Final = timedelta(minutes=5)  # of a process that waits for the others


@dataclass(frozen=True)
class Group:
    """The processes that train together. Only rank 0 writes the run directory."""

    rank: int = 0
    world: int = 1

    @property
    def is_rank_zero(self) -> bool:
        return self.rank == 0

    @property
    def shard(self) -> tuple[int, int]:
        """(rank, world size): which images of a batch are this process's."""
        return self.rank, self.world

    def wrap(self, network: nn.Module, device: torch.device) -> nn.Module:
        """`network`, with its gradients averaged over the group."""
        if self.world == 1:
            return network
        from torch.nn.parallel import DistributedDataParallel

        devices = [device.index] if device.type == "cuda" else None
        return DistributedDataParallel(network, device_ids=devices)

    def mean(self, values: Tensor) -> Tensor:
        """`values` averaged over the group."""
        if self.world == 1:
            return values
        distributed.all_reduce(values)
        return values / self.world

    def any_rank(self, condition: bool) -> bool:
        """Whether `condition` holds in any process. All of them call this at the same step."""
        if self.world == 1:
            return condition
        device = "cuda" if distributed.get_backend() == "nccl" else "cpu"
        vote = torch.tensor(float(condition), device=device)
        distributed.all_reduce(vote, distributed.ReduceOp.MAX)
        return bool(vote.item())

    def broadcast(self, value: T) -> T:
        """Rank 0's `value`, in every process."""
        if self.world == 1:
            return value
        box: list[Any] = [value]
        distributed.broadcast_object_list(box, src=0)
        return box[0]  # type: ignore[no-any-return]

    def check_batch(self, batch_size: int) -> None:
        """`BadInput` unless a batch divides evenly among the processes."""
        if batch_size % self.world:
            cure = f"choose a multiple of {self.world}"
            raise BadInput(
                f"batch_size {batch_size} does not divide by {self.world} processes; {cure}."
            )


def _world_size() -> int:
    """How many processes torchrun has started; 1 without it."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def leave_group(code: int) -> None:
    """End this process at once, if torchrun started it, without tearing down the interpreter.

    torch keeps gloo's threads beyond `destroy_process_group`. One that drops its last tensor while
    the interpreter is torn down aborts the process: so did one training of 25, after its end.
    """
    if _world_size() > 1:
        with suppress(OSError):  # whoever read it may be gone
            sys.stdout.flush()
        os._exit(code)


@contextmanager
def process_group(device: torch.device) -> Iterator[Group]:
    """The group that torchrun's environment names, joined while the block runs.

    It talks over nccl on GPUs and over gloo elsewhere.
    """
    world = _world_size()
    if world <= 1:
        yield Group()
        return
    on_gpu = device.type == "cuda"
    if on_gpu:
        torch.cuda.set_device(device)
    distributed.init_process_group("nccl" if on_gpu else "gloo", timeout=TIMEOUT)
    try:
        yield Group(distributed.get_rank(), world)
    finally:
        distributed.destroy_process_group()
