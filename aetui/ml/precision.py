"""The precision in which a network runs: float32, or bf16 where the processor computes in it."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any, Final

import torch

# Two epochs of MNIST, two cores of an AMD EPYC with avx512_bf16, medians: PLACEHOLDER
CPU_FLAGS: Final = frozenset({"avx512_bf16", "amx_bf16"})


def autocast(device: torch.device, precision: str) -> AbstractContextManager[Any]:
    """The context in which a network runs at `precision`, float32 or bf16."""
    if precision == "bf16":
        return torch.autocast(device.type, torch.bfloat16)
    return nullcontext()


def choose_precision(device: torch.device) -> str:
    """The faster precision on `device`, by a rule: the same command gives the same figures."""
    return "bf16" if device.type == "cpu" and CPU_FLAGS & _cpu_flags() else "float32"


def _cpu_flags() -> set[str]:
    """The instruction sets that Linux lists for the first core; none elsewhere."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return set()
    return set(next((line for line in lines if line.startswith("flags")), "").split())
