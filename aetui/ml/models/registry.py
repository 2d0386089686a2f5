"""Which class is which model. A model is one `ModelSpec` in catalog.py, one file here, one line below."""

from __future__ import annotations

from aetui.catalog import add_model
from aetui.config import RunConfig
from aetui.errors import BadInput
from aetui.ml.models.base import Autoencoder
from aetui.ml.models.dae import DAE
from aetui.ml.models.vae import VAE

_classes: dict[str, type[Autoencoder]] = {cls.spec.name: cls for cls in (VAE, DAE)}


def register(cls: type[Autoencoder]) -> type[Autoencoder]:
    """Make a model known that does not come with aetui; usable as a decorator."""
    add_model(cls.spec)
    _classes[cls.spec.name] = cls
    return cls


def build(config: RunConfig) -> Autoencoder:
    """The run's network with fresh weights, drawn from torch's default generator."""
    cls = _classes.get(config.model)
    if cls is None:
        raise BadInput(f"the code of the model {config.model} is not known here.")
    return cls.build(config.image_shape, config.hyperparameters.options)
