"""The models and data sets: everything about them that can be known without torch.

The command line, the settings form, the reader of config.json and the screens ask here. A model is
one `ModelSpec` below and one file in ml/models/; a data set is one `DataSpec` or one prefix.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from aetui.errors import BadInput, printable
from aetui.model_spec import (
    AUGMENT,
    BATCH_SIZE,
    EPOCHS,
    LR,
    SEED,
    ModelSpec,
    Score,
    Setting,
    Term,
    Widths,
)

BETA: Final = Setting(
    "beta", float, 0.0, 1000.0, "weight of the KL; 0: plain autoencoder", live=True
)
LATENT_DIM: Final = Setting("latent_dim", int, 2, 256, "latent dimensions; two are shown")
SIGMA: Final = Setting(
    "sigma", float, 0.0, 2.0, "standard deviation of the training noise", live=True
)

ELBO: Final = Score(
    key="test_loss",
    unit="nats",
    terms=(Term("test_reconstruction", "reconstruction"), Term("test_kl", "KL", "beta")),
)
ELBO_LOSSES: Final = ("loss", "reconstruction", "kl")
PSNR: Final = Score(key="test_psnr", unit="dB", higher_is_better=True)

# The defaults were chosen by measurement on two CPU cores; README, "How fast, how good".
VAE: Final = ModelSpec(
    name="vae",
    title="Variational autoencoder",
    score=ELBO,
    losses=ELBO_LOSSES,
    loss_unit="nats per image",
    settings=(
        *(EPOCHS, BATCH_SIZE, LR, BETA, LATENT_DIM, AUGMENT, SEED),
        Widths("hidden", 1, 12, "widths of the encoder's layers"),
        Widths(
            "decoder_hidden",
            1,
            12,
            "widths of the decoder's layers; with --hidden alone, its mirror image",
        ),
    ),
    defaults={
        "epochs": 30,
        "batch_size": 256,
        "lr": 2.5e-3,
        "seed": 0,
        "augment": 0.02,
        "beta": 1.0,
        "latent_dim": 2,
        "hidden": (512, 256, 256),
        "decoder_hidden": (256, 256, 256, 256, 512),
    },
    capabilities=frozenset({"plane"}),
    mirrored={"decoder_hidden": "hidden"},
)
CONV_VAE: Final = ModelSpec(
    name="conv-vae",
    title="Convolutional VAE",
    score=ELBO,
    losses=ELBO_LOSSES,
    loss_unit="nats per image",
    settings=(
        *(EPOCHS, BATCH_SIZE, LR, BETA, LATENT_DIM, AUGMENT, SEED),
        Widths("hidden", 1, 12, "widths of the encoder's dense layers"),
        Widths("decoder_hidden", 1, 12, "widths of the decoder's dense layers"),
        Widths("filters", 2, 2, "filters of the encoder's and of the decoder's convolution"),
    ),
    defaults={
        "epochs": 20,
        "batch_size": 256,
        "lr": 4e-3,
        "seed": 0,
        "augment": 0.02,
        "beta": 1.0,
        "latent_dim": 2,
        "hidden": (512, 256, 256),
        "decoder_hidden": (256, 256, 256, 256, 256),
        "filters": (16, 32),
    },
    capabilities=frozenset({"plane"}),
    mirrored={"decoder_hidden": "hidden"},
    featured=False,
)
DAE: Final = ModelSpec(
    name="dae",
    title="Denoising autoencoder",
    score=PSNR,
    losses=("loss",),
    loss_unit="nats per pixel",
    settings=(
        *(EPOCHS, BATCH_SIZE, LR, SIGMA, AUGMENT, SEED),
        Widths("hidden", 3, 3, "channels of the encoder's three layers"),
    ),
    defaults={
        "epochs": 4,
        "batch_size": 128,
        "lr": 1e-2,
        "seed": 0,
        "augment": 0.0,
        "sigma": 0.5,
        "hidden": (32, 64, 128),
    },
    capabilities=frozenset({"denoise"}),
)

BUILT_IN: Final[Mapping[str, ModelSpec]] = {spec.name: spec for spec in (VAE, DAE, CONV_VAE)}
_models: dict[str, ModelSpec] = dict(BUILT_IN)


def model_names() -> tuple[str, ...]:
    """The names of the models, in the order in which lists and screens show them."""
    return tuple(_models)


def model_specs() -> tuple[ModelSpec, ...]:
    """Every model, in that same order."""
    return tuple(_models.values())


def model_spec(name: str) -> ModelSpec:
    """The model `name`; `BadInput` where there is none."""
    try:
        return _models[name]
    except KeyError:
        known, given = ", ".join(_models), printable(repr(name))
        own = f"name the code of your own, {REFERENCE_FORM}"
        raise BadInput(f"there is no model {given}; choose {known}, or {own}.") from None


def add_model(spec: ModelSpec) -> None:
    """Register a model that is not aetui's own; `BadInput` for the name of one that is."""
    if spec.name in BUILT_IN:
        raise BadInput(f"{spec.name} is one of aetui's own models; give yours another name.")
    _models[spec.name] = spec


REFERENCE_FORM: Final = "my_model.py:Class or package.module:Class"


def is_reference(text: str) -> bool:
    """Whether `text` means the code of a person's own model, not a model's name."""
    return ":" in text or text.endswith(".py")


def check_reference(text: str) -> str:
    """`text`, if it can name a class in a file that is there, or in a module; else `BadInput`."""
    where, _, name = text.rpartition(":")
    if not where or not name.isidentifier():
        raise BadInput(f"{printable(text)!r} names no class; write {REFERENCE_FORM}.")
    if where.endswith(".py") and not Path(where).expanduser().is_file():
        raise BadInput(f"there is no file {printable(where)}; write {REFERENCE_FORM}.")
    return text


TEST_SIGMA: Final = 0.5  # the noise at which denoising is scored, whatever a model was trained with


@dataclass(frozen=True)
class DataSpec:
    """A data set that is known by name. Where its files may lie, ml/data/search.py knows."""

    name: str
    title: str
    train_images: int
    folder: str = ""  # its folder below the data folder, as torchvision lays it out


DIGITS: Final = "digits"  # the one set that is on every machine
DATA_SETS: Final[Mapping[str, DataSpec]] = {
    spec.name: spec
    for spec in (
        DataSpec("mnist", "MNIST", 60_000, "MNIST"),
        DataSpec("fashion-mnist", "Fashion-MNIST", 60_000, "FashionMNIST"),
        DataSpec("kmnist", "Kuzushiji-MNIST", 60_000, "KMNIST"),
        DataSpec("qmnist", "QMNIST", 60_000, "QMNIST"),
        DataSpec("emnist-letters", "EMNIST, 26 letters", 124_800, "EMNIST"),
        DataSpec("emnist-balanced", "EMNIST, 47 classes of one size", 112_800, "EMNIST"),
        DataSpec("emnist-byclass", "EMNIST, 62 classes", 697_932, "EMNIST"),
        DataSpec("emnist-bymerge", "EMNIST, 47 classes", 697_932, "EMNIST"),
        DataSpec("emnist-digits", "EMNIST, 10 digits", 240_000, "EMNIST"),
        DataSpec("emnist-mnist", "EMNIST, as large as MNIST", 60_000, "EMNIST"),
        DataSpec(DIGITS, "scikit-learn's digits", 1_437),
    )
}
AUTO: Final = "auto"  # MNIST, or the digits where it is not here
NAMED_DATA: Final = (AUTO, *DATA_SETS)
DATA_PREFIXES: Final = ("folder:", "npz:", "npy:", "csv:")  # each followed by a path
DATA_SUFFIXES: Final = {".npz": "npz:", ".npy": "npy:", ".csv": "csv:"}


def split_data_name(name: str) -> tuple[str, str]:
    """(prefix, path) of a data set that lies in a person's own files; ("", "") of a named one."""
    prefix = next((each for each in DATA_PREFIXES if name.startswith(each)), "")
    return prefix, name.removeprefix(prefix) if prefix else ""


def check_data_name(name: str, *, auto: bool = True) -> str:
    """`name`, if it names a data set (`auto` too, if `auto`); else `BadInput`."""
    if split_data_name(name)[1] or (name in NAMED_DATA and (auto or name != AUTO)):
        return name
    known = ", ".join([*NAMED_DATA, *(f"{prefix}PATH" for prefix in DATA_PREFIXES)])
    raise BadInput(f"there is no data set {printable(name)!r}; choose one of {known}.")


def find_data(name: str) -> str:
    """The data set that a person means by `name`, a path in it made absolute; else `BadInput`.

    A path without a prefix is understood too: a folder, or a file whose suffix says what it is.
    """
    prefix, path = split_data_name(name)
    if path:
        # os.path, since Path.resolve would follow links.
        return prefix + os.path.abspath(os.path.expanduser(path))  # noqa: PTH100, PTH111
    if name not in NAMED_DATA:
        given = os.path.abspath(os.path.expanduser(name))  # noqa: PTH100, PTH111
        suffix = os.path.splitext(name.lower().removesuffix(".gz"))[1]  # noqa: PTH122
        if os.path.isdir(given):  # noqa: PTH112
            return f"folder:{given}"
        if suffix in DATA_SUFFIXES and os.path.isfile(given):  # noqa: PTH113
            return DATA_SUFFIXES[suffix] + given
    return check_data_name(name)
