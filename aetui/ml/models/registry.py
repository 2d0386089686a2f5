"""The classes of the models: aetui's own, a line each, and those that a person names."""

from __future__ import annotations

import inspect
from dataclasses import replace

import torch
from torch import nn

from aetui.catalog import add_model
from aetui.config import RunConfig
from aetui.errors import BadInput
from aetui.ml.models.base import Autoencoder
from aetui.ml.models.conv_vae import ConvVAE
from aetui.ml.models.dae import DAE
from aetui.ml.models.own_code import import_class, short_name
from aetui.ml.models.own_spec import adapt
from aetui.ml.models.vae import VAE
from aetui.spec_json import check_spec

_classes: dict[str, type[Autoencoder]] = {cls.spec.name: cls for cls in (VAE, DAE, ConvVAE)}


def register(cls: type[Autoencoder]) -> type[Autoencoder]:
    """Register a model that is not aetui's own. Usable as a decorator.

    `BadInput` where its spec cannot be stored, or has the name of one of aetui's.
    """
    add_model(check_spec(cls.spec))
    _classes[cls.spec.name] = cls
    return cls


def load_reference(reference: str) -> type[Autoencoder]:
    """Import and register the model that a person names, as in my_model.py:Class.

    An `Autoencoder` with its own `spec`, or a plain module that fits `OwnModule`; else `BadInput`.
    """
    cls = import_class(reference)
    name = cls.__name__
    if not issubclass(cls, nn.Module):
        raise BadInput(f"{name} is not a torch.nn.Module.")
    if not issubclass(cls, Autoencoder):
        return register(adapt(cls, reference))
    if inspect.isabstract(cls) or not hasattr(cls, "spec"):
        missing = ", ".join(sorted(getattr(cls, "__abstractmethods__", ())) or ["spec"])
        raise BadInput(f"{name} is an Autoencoder that lacks {missing}.")
    cls.spec = replace(cls.spec, reference=short_name(reference))
    return register(cls)


def check_known(config: RunConfig) -> None:
    """`BadInput` where the model is a person's own and its code has not been named."""
    if config.model not in _classes:
        reference = config.spec.reference or "my_model.py:Class"
        problem = f"{config.model} is a model of your own, whose code aetui imports only by name"
        raise BadInput(f"{problem}: start with --model {reference}.")


def build(config: RunConfig) -> Autoencoder:
    """The run's network with fresh weights, drawn from torch's default generator."""
    check_known(config)
    cls = _classes[config.model]
    return cls.build(config.image_shape, config.hyperparameters.options)


def expected_weights(config: RunConfig) -> dict[str, torch.Size]:
    """The name and shape of each of the network's weights."""
    if config.own_spec is not None:
        return {name: tensor.shape for name, tensor in build(config).state_dict().items()}
    # A stranger's config.json may ask for more memory than there is.
    with torch.device("meta"):
        return {name: tensor.shape for name, tensor in build(config).state_dict().items()}
