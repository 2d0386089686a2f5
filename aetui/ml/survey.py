"""What a training would run on here, for `aetui doctor`: printed as one line of JSON.

It runs in its own process: torch takes seconds to load, and a broken installation may crash.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch

from aetui.errors import BadInput
from aetui.ml.precision import choose_precision
from aetui.ml.training.request import TrainingRequest, choose_device


def survey() -> dict[str, Any]:
    """The GPUs, and what a training would choose by itself; "problem" where it would fail."""
    cuda = torch.cuda
    gpus = [(cuda.get_device_name(n), *cuda.mem_get_info(n)) for n in range(cuda.device_count())]
    found: dict[str, Any] = {"version": torch.__version__, "cuda": torch.version.cuda, "gpus": gpus}
    try:
        device = choose_device("auto")
        _compute_on(device)
    except (BadInput, RuntimeError) as error:
        return {**found, "problem": str(error).strip().splitlines()[0]}
    threads = TrainingRequest("", Path()).threads_for_new
    chosen = {"device": str(device), "precision": choose_precision(device), "threads": threads}
    return {**found, **chosen}


def _compute_on(device: torch.device) -> None:
    """`RuntimeError` where torch has no code for the device."""
    square = torch.randn(8, 8, device=device)
    (square @ square).sum().item()


if __name__ == "__main__":
    print(json.dumps(survey()))
