"""What every answer may use: the loaded networks, test images, and figures kept with a network."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

import numpy as np
import torch
from torch import Tensor

from aetui.config import ImageShape
from aetui.errors import BadInput, printable
from aetui.ml.answers.model_cache import ModelCache
from aetui.ml.data.load import load_test_images
from aetui.ml.data.transforms import to_float
from aetui.ml.models.base import Autoencoder
from aetui.model_spec import Capability
from aetui.protocol import Packet
from aetui.runs.directory import read_config

Reply = tuple[dict[str, Any], dict[str, np.ndarray]]
"""Header and arrays of the reply; kind and number are added to the header."""
T = TypeVar("T")


class Context:
    """Lent to every answer. Belongs to the thread that answers."""

    def __init__(self, models: ModelCache, data_dir: Path | None) -> None:
        self.data_dir = data_dir
        self._models = models
        self._test_images: dict[str, Tensor | None] = {}
        self._kept: WeakKeyDictionary[Autoencoder, dict[str, Any]] = WeakKeyDictionary()

    def network(self, request: Packet, needed: Capability) -> Autoencoder:
        """The network of the request's run; `BadInput` if it cannot be loaded or lacks `needed`."""
        network = self._models.get(run_of(request))
        if needed not in network.spec.capabilities:
            raise BadInput(f"a run of {network.spec.name} cannot do that: it has no {needed}.")
        return network

    def once(self, network: Autoencoder, name: str, make: Callable[[], T]) -> T:
        """What `make` returns, made once for each loaded checkpoint and forgotten with it."""
        kept = self._kept.setdefault(network, {})
        if name not in kept:
            kept[name] = make()
        found: T = kept[name]
        return found

    def test_images(self, request: Packet) -> tuple[Tensor, str]:
        """The test images of the run's data set, or the built-in digits and a note why.

        `BadInput` where the digits are no substitute because the run's images have another shape.
        """
        config = read_config(run_of(request))
        images = self.own_test_images(request)
        if images is not None:
            return images, ""
        name = printable(config.data)
        if config.image_shape != ImageShape():
            cure = "Copy it here, or give its folder with --data-dir."
            raise BadInput(f"{name} is not on this machine, and this needs its images. {cure}")
        digits = self._images_of("digits")
        assert digits is not None
        return digits, f"{name} is not on this machine: these are scikit-learn's built-in digits"

    def own_test_images(self, request: Packet) -> Tensor | None:
        """The test images of the run's data set, uint8 [N, C, H, W], where they are here."""
        config = read_config(run_of(request))
        images = self._images_of(config.data)
        fits = images is not None and tuple(images.shape[1:]) == config.image_shape.sizes
        return images if fits else None

    def _images_of(self, data: str) -> Tensor | None:
        if data not in self._test_images:
            self._test_images[data] = load_test_images(data, self.data_dir)
        return self._test_images[data]


def run_of(request: Packet) -> Path:
    return Path(request.header["run"])


def to_uint8(images: Tensor) -> np.ndarray:
    """Images in [0, 1] as they go over the pipe."""
    return images.mul(255).round().to(torch.uint8).numpy()


def given_images(request: Packet, shape: ImageShape) -> Tensor:
    """The request's images as float32 [N, C, H, W] in [0, 1]; `BadInput` for another shape."""
    images = torch.from_numpy(request.arrays["images"].copy())
    if tuple(images.shape[1:]) != shape.sizes:
        given = "x".join(map(str, images.shape[1:]))
        raise BadInput(f"this run takes images of {shape}, not of {given}.")
    return to_float(images)
