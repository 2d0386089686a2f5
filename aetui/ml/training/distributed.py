"""Data-parallel training under torchrun, with torch's own DistributedDataParallel; a group of one elsewhere."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

import torch
from torch import Tensor, distributed, nn
from torch.nn.parallel import DistributedDataParallel

from aetui.errors import BadInput

T = TypeVar("T")


@dataclass(frozen=True)
class Group:
    """The processes that train together. Rank 0 leads: it alone writes the run directory."""

    rank: int = 0
    world: int = 1

    @property
    def leads(self) -> bool:
        """Whether this process writes the run directory."""
        return self.rank == 0

    @property
    def share(self) -> tuple[int, int]:
        """(rank, world size): which images of a batch are this process's."""
        return self.rank, self.world

    def wrap(self, network: nn.Module, device: torch.device) -> nn.Module:
        """`network`, its gradients averaged over the group."""
        if self.world == 1:
            return network
        return DistributedDataParallel(
            network, device_ids=[device.index] if device.type == "cuda" else None
        )

    def mean(self, values: Tensor) -> Tensor:
        """`values` averaged over the group."""
        if self.world > 1:
            distributed.all_reduce(values)
            values = values / self.world
        return values

    def agree(self, wish: bool) -> bool:
        """Whether any process of the group has that wish. Called by all of them at the same step."""
        if self.world == 1:
            return wish
        vote = torch.tensor(
            float(wish), device="cuda" if distributed.get_backend() == "nccl" else "cpu"
        )
        distributed.all_reduce(vote, distributed.ReduceOp.MAX)
        return bool(vote.item())

    def broadcast(self, value: T) -> T:
        """The leader's `value`, in every process."""
        if self.world == 1:
            return value
        box: list[Any] = [value]
        distributed.broadcast_object_list(box, src=0)
        return box[0]  # type: ignore[no-any-return]

    def check_batch(self, batch_size: int) -> None:
        """`BadInput` unless a batch divides evenly."""
        if batch_size % self.world:
            raise BadInput(
                f"batch_size {batch_size} does not divide by {self.world} processes; choose a multiple of {self.world}."
            )


@contextmanager
def process_group(*, cuda: bool) -> Iterator[Group]:
    """The group that torchrun's environment names, joined for the block: nccl on GPUs, gloo elsewhere."""
    world = int(os.environ.get("WORLD_SIZE", "1"))
    if world <= 1:
        yield Group()
        return
    if cuda:
        torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", "0")))
    distributed.init_process_group("nccl" if cuda else "gloo", timeout=timedelta(minutes=5))
    try:
        yield Group(distributed.get_rank(), world)
    finally:
        distributed.destroy_process_group()
