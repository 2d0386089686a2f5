"""What answers share: the loaded networks, test images, and results kept with a network."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

import numpy as np
import torch
from torch import Tensor

from aetui.catalog import DIGITS
from aetui.config import ImageShape, RunConfig
from aetui.errors import BadInput, printable
from aetui.ml.answers.images import TestImageReader
from aetui.ml.answers.model_cache import ModelCache
from aetui.ml.codes import codes_of, reconstruction_errors
from aetui.ml.data.dataset import TestImages
from aetui.ml.data.transforms import to_float
from aetui.ml.models.base import Autoencoder
from aetui.model_spec import Capability
from aetui.protocol import Packet
from aetui.runs.directory import CONFIG, Stamp, file_stamp, read_config

Reply = tuple[dict[str, Any], dict[str, np.ndarray]]
"""Header and arrays of the reply; kind and number are added to the header."""
T = TypeVar("T")


class Context:
    """Passed to every answer. Belongs to the thread that answers."""

    def __init__(self, models: ModelCache, data_dir: Path | None) -> None:
        self.data_dir = data_dir
        self._models = models
        self._test_images = TestImageReader(data_dir)
        self._kept: WeakKeyDictionary[Autoencoder, dict[str, Any]] = WeakKeyDictionary()

    def network(self, request: Packet, needed: Capability) -> Autoencoder:
        """The network of the request's run; `BadInput` if it cannot be loaded or lacks `needed`."""
        network = self._models.get(run_of(request), best=bool(request.header.get("best")))
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

    def test_images(self, request: Packet) -> tuple[TestImages, str]:
        """The test images of the run's data set, or the built-in digits and a note why.

        `BadInput` where the digits are no substitute because the run's images have another shape.
        """
        config = config_of(run_of(request))
        images = self.own_test_images(request)
        if images is not None:
            return images, ""
        name = printable(config.data)
        if config.image_shape != ImageShape():
            cure = "Copy it here, or give its folder with --data-dir."
            raise BadInput(f"{name} is not on this machine, and this needs its images. {cure}")
        digits = self._test_images.get(DIGITS)
        assert digits is not None
        return digits, f"{name} is not on this machine: these are scikit-learn's built-in digits"

    def own_test_images(self, request: Packet) -> TestImages | None:
        """The test images of the run's data set, where they are here.

        `StillReading` until they have been read; the request is answered then.
        """
        config = config_of(run_of(request))
        found = self._test_images.get(config.data, config.data_options)
        fits = found is not None and tuple(found.images.shape[1:]) == config.image_shape.sizes
        return found if fits else None


def config_of(run: Path) -> RunConfig:
    """The run's config.json; `BadInput` as `read_config`. It is only read where it is another.

    To read it twice for each answer takes as long as to encode and decode an image of 28x28.
    """
    return _config_with(run, file_stamp(run, CONFIG))


@lru_cache(64)
def _config_with(run: Path, _stamp: Stamp) -> RunConfig:
    return read_config(run)


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


def test_images_at(test: TestImages, numbers: np.ndarray) -> Tensor:
    """The test images of these numbers [N], uint8 [N, C, H, W]; `BadInput` for an unknown one."""
    total = len(test.images)
    if numbers.min(initial=0) < 0 or numbers.max(initial=0) >= total:
        raise BadInput(f"there is no test image #{numbers.max()}; the last one is #{total - 1}.")
    return test.images[torch.from_numpy(numbers.copy())]


def reconstructions(network: Autoencoder, images: Tensor) -> dict[str, np.ndarray]:
    """Of images in [0, 1]: reconstructions, z_mean, errors [N] in nats; sigma where codes have one.

    Reconstructions are uint8 [N, C, H, W]; z_mean and sigma float32 [N, latent_dim].
    """
    z_mean, z_log_sigma = codes_of(network, images)
    logits = network.decode(z_mean)
    arrays = {
        "reconstructions": to_uint8(logits.sigmoid()),
        "z_mean": z_mean.numpy(),
        "errors": reconstruction_errors(logits, images).numpy(),
    }
    if z_log_sigma is not None:
        arrays["sigma"] = z_log_sigma.exp().numpy()
    return arrays
