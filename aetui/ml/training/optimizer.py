"""The optimizer of a training: AdamW with a learning rate that a CUDA graph can read."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from aetui.ml.models.base import Autoencoder


def make_optimizer(network: Autoencoder, device: torch.device) -> torch.optim.AdamW:
    """AdamW (arXiv:1711.05101) with the model's own second beta and weight decay.

    On CUDA its rate is a tensor, so that a captured graph reads the new value at each replay.
    """
    on_gpu = device.type == "cuda"
    rate = torch.zeros((), device=device) if on_gpu else 0.0
    fused = device.type in ("cpu", "cuda")
    parameters = list(network.parameters())
    # Only matrices and kernels decay: a pixel that is always dark needs its large bias.
    groups = [
        {
            "params": [parameter for parameter in parameters if parameter.ndim > 1],
            "weight_decay": network.adamw.weight_decay,
        },
        {
            "params": [parameter for parameter in parameters if parameter.ndim <= 1],
            "weight_decay": 0.0,
        },
    ]
    betas = (0.9, network.adamw.beta2)
    return torch.optim.AdamW(groups, lr=rate, betas=betas, fused=fused, capturable=on_gpu)


def set_learning_rate(optimizer: torch.optim.Optimizer, rate: float) -> None:
    """Let the next step use `rate`. A rate that is a tensor is changed in place."""
    for group in optimizer.param_groups:
        if isinstance(group["lr"], Tensor):
            group["lr"].fill_(rate)
        else:
            group["lr"] = rate


def load_optimizer(optimizer: torch.optim.Optimizer, state: dict[str, Any]) -> None:
    """Take over the moments in `state`, but not the options: those depend on the device.

    `ValueError` unless each moment has its parameter's shape and is finite, which torch does not
    check.
    """
    own = [
        {name: value for name, value in group.items() if name != "params"}
        for group in optimizer.param_groups
    ]
    optimizer.load_state_dict(state)
    for group, options in zip(optimizer.param_groups, own, strict=True):
        group.update(options)
    for parameter, moments in optimizer.state.items():
        for name, value in moments.items():
            if name != "step" and value.shape != parameter.shape:
                raise ValueError(f"{name} of the optimizer has the wrong shape")
            if not torch.isfinite(value).all():
                raise ValueError(f"{name} of the optimizer is not finite")
