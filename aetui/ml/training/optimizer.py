"""AdamW on torch's fused kernel, without torch.optim.

The first object of torch.optim imports torch._dynamo: 900 modules, 3.7 s at the start of a training
on two cores of an AMD EPYC (torch 2.15), where `import torch` itself takes 2.7 s. Hence
`torch._fused_adamw_`, the kernel that torch.optim.AdamW(fused=True) calls, is called here; a test
compares the two bit by bit. A state_dict has the form of torch's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import torch
from torch import Tensor, nn

from aetui.ml.models.base import Autoencoder

BETA1: Final = 0.9
EPSILON: Final = 1e-8


@dataclass(frozen=True)
class ParameterGroup:
    """Parameters that share a weight decay."""

    parameters: Sequence[nn.Parameter]
    weight_decay: float


class AdamW:
    """Loshchilov & Hutter 2019 (arXiv:1711.05101), with a learning rate that a CUDA graph reads."""

    def __init__(self, groups: Sequence[ParameterGroup], beta2: float) -> None:
        self._groups = groups
        self._beta2 = beta2
        self.state: dict[nn.Parameter, dict[str, Tensor]] = {}
        """Of each parameter that was updated: its number of steps and its moments."""
        device = next(parameter for group in groups for parameter in group.parameters).device
        # On a GPU a tensor: a captured graph reads its new value at each replay.
        self._rate: Any = torch.zeros((), device=device) if device.type == "cuda" else 0.0

    def set_rate(self, rate: float) -> None:
        """Let the next step use `rate`."""
        if isinstance(self._rate, Tensor):
            self._rate.fill_(rate)
        else:
            self._rate = rate

    def zero_grad(self) -> None:
        """Drop all gradients."""
        for group in self._groups:
            for parameter in group.parameters:
                parameter.grad = None

    @torch.no_grad()
    def step(self) -> None:
        """Update the parameters that have a gradient."""
        for group in self._groups:
            updated = [parameter for parameter in group.parameters if parameter.grad is not None]
            if updated:
                self._update(updated, group.weight_decay)

    def _update(self, parameters: list[nn.Parameter], weight_decay: float) -> None:
        states = [self.state.setdefault(parameter, {}) for parameter in parameters]
        for parameter, state in zip(parameters, states, strict=True):
            if not state:
                state.update(_first_state(parameter))
        steps = [state["step"] for state in states]
        torch._foreach_add_(steps, 1)
        torch._fused_adamw_(
            [*parameters],
            [parameter.grad for parameter in parameters if parameter.grad is not None],
            [state["exp_avg"] for state in states],
            [state["exp_avg_sq"] for state in states],
            [],  # of amsgrad
            steps,
            lr=self._rate,
            beta1=BETA1,
            beta2=self._beta2,
            weight_decay=weight_decay,
            eps=EPSILON,
            amsgrad=False,
            maximize=False,
        )

    def state_dict(self) -> dict[str, Any]:
        """The state by the number of each parameter, and which numbers are in which group."""
        numbers = self._numbers()
        groups = [
            {"weight_decay": group.weight_decay, "params": [numbers[p] for p in group.parameters]}
            for group in self._groups
        ]
        state = {numbers[parameter]: state for parameter, state in self.state.items()}
        return {"state": state, "param_groups": groups}

    def load_state_dict(self, saved: dict[str, Any]) -> None:
        """Take over the state, not the options: those are the run's, and depend on the device.

        `ValueError` unless it is of as many parameters, and each moment has its parameter's shape
        and is finite.
        """
        expected = [group["params"] for group in self.state_dict()["param_groups"]]
        if [group["params"] for group in saved["param_groups"]] != expected:
            raise ValueError("the optimizer has other parameters")
        parameters = {number: parameter for parameter, number in self._numbers().items()}
        state = {
            parameters[number]: _checked_state(parameters[number], values)
            for number, values in saved["state"].items()
        }
        self.state = state

    def _numbers(self) -> dict[nn.Parameter, int]:
        parameters = (parameter for group in self._groups for parameter in group.parameters)
        return {parameter: number for number, parameter in enumerate(parameters)}


def _first_state(parameter: nn.Parameter) -> dict[str, Tensor]:
    step = torch.zeros((), device=parameter.device)
    moments = {name: torch.zeros_like(parameter) for name in ("exp_avg", "exp_avg_sq")}
    return {"step": step, **moments}


def _checked_state(parameter: nn.Parameter, saved: dict[str, Any]) -> dict[str, Tensor]:
    state = _first_state(parameter)
    for name, tensor in state.items():
        value: Tensor = saved[name]
        if value.shape != tensor.shape:
            raise ValueError(f"{name} of the optimizer has the wrong shape")
        if not torch.isfinite(value).all():
            raise ValueError(f"{name} of the optimizer is not finite")
        tensor.copy_(value)
    return state


def make_optimizer(network: Autoencoder) -> AdamW:
    """AdamW with the model's own second beta and weight decay."""
    parameters = list(network.parameters())
    # Only matrices and kernels decay: a pixel that is always dark needs its large bias.
    decaying = [parameter for parameter in parameters if parameter.ndim > 1]
    others = [parameter for parameter in parameters if parameter.ndim <= 1]
    groups = [ParameterGroup(decaying, network.adamw.weight_decay), ParameterGroup(others, 0.0)]
    return AdamW(groups, network.adamw.beta2)
