"""processed/*.pt, in which torchvision before 0.9 kept MNIST and its relatives."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import torch

from aetui.errors import BadInput, printable
from aetui.ml.data.idx import CURE, SIDE, arrange, check_labels
from aetui.ml.data.images import ImageSet, Labels, Pixels
from aetui.ml.data.search import Search


def read_set(search: Search) -> ImageSet:
    """The data set whose .pt files `search` found; `BadInput` names the file that is damaged."""
    assert search.processed is not None
    (train, _), (test, labels) = (_read(path, search.name) for path in search.processed)
    return arrange(search.name, train, test, labels)


def _read(path: Path, name: str) -> tuple[Pixels, Labels]:
    """Images [N, 28, 28] and labels [N]. No code in the file is run."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about the old format of the tensors
            images, labels = torch.load(path, map_location="cpu", weights_only=True)
        if labels.ndim == 2:  # QMNIST's: the class stands in the first column
            labels = labels[:, 0]
        fits = images.dtype == torch.uint8 and images.shape == (len(labels), SIDE, SIDE)
    except OSError as error:
        cure = f"make it readable, or {CURE}"
        raise BadInput(f"{path} cannot be read ({error.strerror or error}); {cure}.") from None
    except Exception as error:  # noqa: BLE001  torch raises anything on damaged bytes
        reason = printable(str(error).splitlines()[0] if str(error) else type(error).__name__)
        raise BadInput(f"{path} is damaged ({reason}); {CURE}.") from None
    if not fits or not len(labels):
        raise BadInput(f"{path} is damaged or does not hold {SIDE}x{SIDE} images; {CURE}.")
    values: Labels = labels.numpy().astype(np.int64)
    check_labels(path, values, name)
    return images.numpy(), values
