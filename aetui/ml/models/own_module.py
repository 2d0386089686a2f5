"""What a person's own torch module must offer to be trained here, and the trial that checks it."""

from __future__ import annotations

import inspect
import itertools
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final, Protocol, cast

import torch
from torch import Tensor, nn

from aetui.catalog import BETA, LATENT_DIM, SIGMA
from aetui.config import ImageShape
from aetui.errors import BadInput, printable
from aetui.ml.models.own_code import own_traceback
from aetui.model_spec import Value

GIVEN: Final = ("image_shape", "latent_dim", "beta", "sigma")  # to a constructor that takes them
VARIABLE: Final = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
PROBE_SHAPES: Final = tuple(
    ImageShape(channels, side, side)
    for side in (28, 32, 64, 16, 48, 96, 128, 8, 20, 24, 40, 56, 80, 112)
    for channels in (1, 3)
)
"""Tried in turn to learn what a module does, before it is known what it will be trained on."""
PROBE_IMAGES: Final = 8
DEFAULTS: Final[Mapping[str, Value]] = {
    **{"epochs": 10, "batch_size": 128, "lr": 1e-3, "seed": 0, "augment": 0.0},
    **{"beta": 1.0, "latent_dim": 2, "sigma": 0.5},
}


class OwnModule(Protocol):
    """What a person's `torch.nn.Module` needs. Images are float32 [N, C, H, W] in [0, 1].

    Its constructor is given those of `image_shape`, a tuple (C, H, W), `latent_dim`, `beta` and
    `sigma` that it has as parameters. One that takes `sigma` is trained to remove noise.

    It may have a method `loss(images) -> Tensor`, a mean over the images that is minimised in place
    of aetui's, and an attribute `logits`, False where `decode` ends in a sigmoid.
    """

    def encode(self, images: Tensor) -> Tensor | tuple[Tensor, Tensor]:
        """Codes [N, ...], or (z_mean, z_log_sigma), each [N, latent_dim]."""

    def decode(self, codes: Tensor) -> Tensor:
        """Logits of the images' pixels, [N, C, H, W]."""


@dataclass(frozen=True)
class Form:
    """What a trial pass through a module has shown."""

    code_shape: tuple[int, ...]
    is_variational: bool
    is_logits: bool
    is_trainable: bool  # whether the images depend on a weight; False without gradients
    kept: frozenset[str]  # the settings that it keeps as attributes, where they can be changed

    @property
    def has_plane(self) -> bool:
        return len(self.code_shape) == 1 and self.code_shape[0] >= LATENT_DIM.low


def parameters_of(cls: type[nn.Module]) -> Mapping[str, inspect.Parameter]:
    return inspect.signature(cls).parameters


def _takes(cls: type[nn.Module], name: str) -> bool:
    parameters = parameters_of(cls)
    return name in parameters or any(
        parameter.kind is inspect.Parameter.VAR_KEYWORD for parameter in parameters.values()
    )


def build_module(
    cls: type[nn.Module], image_shape: ImageShape, options: Mapping[str, Any]
) -> nn.Module:
    offered = {**DEFAULTS, **options, "image_shape": image_shape.sizes}
    by_place = [
        name for name, each in parameters_of(cls).items() if each.kind is each.POSITIONAL_ONLY
    ]
    placed = [offered[name] for name in itertools.takewhile(GIVEN.__contains__, by_place)]
    named = {name: offered[name] for name in GIVEN if _takes(cls, name) and name not in by_place}
    return cls(*placed, **named)


def given_defaults(cls: type[nn.Module]) -> dict[str, Value]:
    """The constructor's own defaults of the parameters that are settings."""
    given: dict[str, Value] = {}
    for setting in (BETA, LATENT_DIM, SIGMA):
        parameter = parameters_of(cls).get(setting.name)
        if parameter is not None:
            with suppress(BadInput):  # none, or one that aetui could not show: its own default
                given[setting.name] = setting.check(parameter.default)
    return given


def form_of_class(cls: type[nn.Module]) -> Form:
    """The form of fresh modules of that class, from the first image shape that works."""
    for name, parameter in parameters_of(cls).items():
        optional = parameter.default is not parameter.empty or parameter.kind in VARIABLE
        if not optional and name not in GIVEN:
            needs = f"the constructor of {cls.__name__} needs {name!r}"
            raise BadInput(f"{needs}; give it a default: aetui knows only {', '.join(GIVEN)}.")
    problem = ""
    for image_shape in PROBE_SHAPES:
        try:
            with torch.random.fork_rng([]):
                form = form_of(build_module(cls, image_shape, given_defaults(cls)), image_shape)
        except Exception as error:  # noqa: BLE001  a person's code can raise anything
            told = own_traceback(error) or printable(str(error), 400)
            problem = problem or f"{image_shape}, and of other shapes:\n{told}"
            continue
        if not form.is_trainable:
            reason = "the images that it decodes depend on no weight"
            raise BadInput(f"{cls.__name__} cannot be trained: {reason} that requires a gradient.")
        return form
    raise BadInput(f"{cls.__name__} fails on images of {problem}")


def form_of(module: nn.Module, image_shape: ImageShape) -> Form:
    """A trial pass of some images through `module`. `BadInput` where it cannot be trained."""
    name = type(module).__name__
    was_training = module.training
    module.eval()
    with torch.random.fork_rng([]):
        torch.manual_seed(0)
        images = torch.rand(PROBE_IMAGES, *image_shape.sizes)
        codes = cast(OwnModule, module).encode(images)
        _check_codes(codes, name)
        points = points_of(codes)
        pixels = cast(OwnModule, module).decode(points + torch.randn_like(points))
    module.train(was_training)
    if not isinstance(pixels, Tensor) or pixels.shape.numel() != images.shape.numel():
        given = tuple(pixels.shape) if isinstance(pixels, Tensor) else type(pixels).__name__
        problem = f"decode of {name} returns {given} for {PROBE_IMAGES} images of {image_shape}"
        raise BadInput(f"{problem}, not {tuple(images.shape)}.")
    is_logits = getattr(module, "logits", None)
    if not isinstance(is_logits, bool):
        is_logits = not bool((pixels > 0).all() and (pixels < 1).all())
    is_variational = isinstance(codes, (tuple, list))
    numbers = {name: getattr(module, name, None) for name in (BETA.name, SIGMA.name)}
    kept = frozenset(name for name, value in numbers.items() if isinstance(value, int | float))
    code_shape = tuple(points.shape[1:])
    return Form(code_shape, is_variational, is_logits, pixels.requires_grad, kept)


def points_of(codes: Any) -> Tensor:
    """Codes as points: of distributions their means."""
    return cast(Tensor, codes[0] if isinstance(codes, (tuple, list)) else codes)


def _check_codes(codes: Any, name: str) -> None:
    """`BadInput` unless `codes` are what `OwnModule.encode` may return."""
    parts = list(codes) if isinstance(codes, (tuple, list)) else [codes]
    tensors = [part for part in parts if isinstance(part, Tensor) and part.ndim >= 2]
    right = len(tensors) == len(parts) and all(len(part) == PROBE_IMAGES for part in tensors)
    if len(parts) == 2:
        right = right and tensors[0].shape == tensors[1].shape and tensors[0].ndim == 2
    if not right or len(parts) not in (1, 2):
        given = [
            tuple(part.shape) if isinstance(part, Tensor) else type(part).__name__ for part in parts
        ]
        wanted = "codes [N, ...] or (z_mean, z_log_sigma), each [N, latent_dim]"
        problem = f"encode of {name} returns {printable(str(given))}"
        raise BadInput(f"{problem} for {PROBE_IMAGES} images; it must return {wanted}.")
