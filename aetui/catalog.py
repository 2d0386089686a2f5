"""What models and data sets there are: everything about them that can be known without torch.

The command line, the settings form, the reader of config.json and the screens ask here. A model is
one `ModelSpec` below and one file in ml/models/; a data set is one `DataSpec` or one prefix.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from aetui.errors import BadInput, printable

Value = int | float | tuple[int, ...]
Capability = Literal["plane", "denoise"]
"""plane: codes of at least two numbers, `encode` and `decode`; denoise: noisy images in, clean out."""

SMALL_SET: Final = 10_000  # training images; a smaller set is trained in smaller batches, augmented
SMALL_SET_BATCH: Final = 64
SMALL_SET_AUGMENT: Final = 0.1
FULL_SET: Final = 60_000  # training images that the models' default epochs are meant for


@dataclass(frozen=True)
class Setting:
    """One number that a person can set: its type and its bounds, which are inclusive."""

    name: str
    kind: type[int] | type[float]
    low: float
    high: float
    help: str

    @property
    def kind_name(self) -> str:
        return "a whole number" if self.kind is int else "a number"

    def parse(self, text: str) -> int | float:
        """The value that `text` stands for; `BadInput` says what is wrong with it."""
        try:
            number = self.kind(text)
        except ValueError:
            given = printable(repr(text))
            raise BadInput(f"{self.name} must be {self.kind_name}, not {given}.") from None
        return self.check(number)

    def check(self, number: Any) -> int | float:
        """`number`, if it is of the right type and within the bounds; else `BadInput`."""
        is_number = isinstance(number, (int, self.kind)) and not isinstance(number, bool)
        if not is_number or math.isnan(number):
            given = printable(repr(number))
            raise BadInput(f"{self.name} must be {self.kind_name}, not {given}.")
        if not self.low <= number <= self.high:
            given, bounds = printable(str(number), 24), f"{self.low:g} and {self.high:g}"
            raise BadInput(f"{self.name} must lie between {bounds}, not {given}.")
        return self.kind(number)


WIDEST_LAYER: Final = 8192


@dataclass(frozen=True)
class Widths:
    """Layer widths that a person can set: `fewest` to `most` whole numbers."""

    name: str
    fewest: int
    most: int
    help: str

    def parse(self, text: str) -> tuple[int, ...]:
        """The widths in `text`, as in "512,256"; `BadInput` says what is wrong with it."""
        try:
            widths = tuple(int(part) for part in text.split(","))
        except ValueError:
            given = printable(repr(text))
            problem = f"{self.name} must be whole numbers with commas between"
            raise BadInput(f"{problem}, not {given}.") from None
        return self.check(widths)

    def check(self, widths: Any) -> tuple[int, ...]:
        """`widths` as a tuple, if there are as many as there may be, each in bounds; else `BadInput`."""
        listed = list(widths) if isinstance(widths, (list, tuple)) else []
        in_bounds = all(type(width) is int and 1 <= width <= WIDEST_LAYER for width in listed)
        if not self.fewest <= len(listed) <= self.most or not in_bounds:
            count = (
                f"{self.fewest}" if self.fewest == self.most else f"{self.fewest} to {self.most}"
            )
            bounds = f"{count} widths of 1 to {WIDEST_LAYER}"
            raise BadInput(f"{self.name} must be {bounds}, not {printable(str(widths))}.")
        return tuple(listed)


AnySetting = Setting | Widths


@dataclass(frozen=True)
class Term:
    """A part of a score: its key in an epoch line, its label, and the setting that multiplies it."""

    key: str
    label: str
    weight: str = ""


@dataclass(frozen=True)
class Score:
    """The figure that ranks the runs of a model: its key in an epoch line of metrics.jsonl."""

    key: str
    unit: str
    higher_is_better: bool = False
    terms: tuple[Term, ...] = ()  # what it is the weighted sum of

    def is_better(self, score: float, other: float) -> bool:
        return score > other if self.higher_is_better else score < other


@dataclass(frozen=True)
class Hyperparameters:
    """What a person may choose about a training: the settings of every model, then `options`."""

    epochs: int
    batch_size: int
    lr: float
    seed: int = 0
    augment: float = 0.0
    options: Mapping[str, Value] = field(default_factory=dict)  # the model's own settings

    def __getitem__(self, name: str) -> Value:
        """The value of the setting `name`; `KeyError` where the model has no such setting."""
        return getattr(self, name) if name in SHARED_SETTINGS else self.options[name]

    def to_object(self) -> dict[str, Value]:
        """Every setting by name, on one level, as config.json holds them."""
        shared = {name: getattr(self, name) for name in SHARED_SETTINGS}
        return {**shared, **self.options}


@dataclass(frozen=True)
class ModelSpec:
    """A model as everything but its own file knows it."""

    name: str
    title: str
    score: Score
    losses: tuple[str, ...]  # their names in a step line of metrics.jsonl; the first is minimised
    loss_unit: str
    settings: tuple[AnySetting, ...]
    defaults: Mapping[str, Value]
    capabilities: frozenset[Capability]
    mirrored: Mapping[str, str] = field(default_factory=dict)
    """Widths that follow other widths in reverse order where a person gives only the latter."""
    featured: bool = True  # has a panel on the Train screen before there is any run of it

    def setting(self, name: str) -> AnySetting:
        """The setting `name`; `BadInput` where this model has none such."""
        for setting in self.settings:
            if setting.name == name:
                return setting
        flag = "--" + name.replace("_", "-")
        raise BadInput(f"{flag} is not a setting of {self.name}; leave it out.")

    def check(self, values: Mapping[str, Any]) -> Hyperparameters:
        """All of this model's settings, each within its bounds; `BadInput` names the first that is not."""
        checked = {setting.name: setting.check(values[setting.name]) for setting in self.settings}
        shared: dict[str, Any] = {name: checked.pop(name) for name in SHARED_SETTINGS}
        return Hyperparameters(**shared, options=checked)

    def resolve(self, given: Mapping[str, Value], train_images: int = FULL_SET) -> Hyperparameters:
        """What a person gave, completed with the defaults for a set of `train_images`.

        `BadInput` for a value out of bounds and for a setting that this model does not have.
        """
        checked = {name: self.setting(name).check(value) for name, value in given.items()}
        for name, source in self.mirrored.items():
            if source in checked and name not in checked:
                widths = checked[source]
                assert isinstance(widths, tuple)
                checked[name] = tuple(reversed(widths))
        values = {**self.defaults, **self._small_set_defaults(checked, train_images), **checked}
        return self.check(values)

    def _small_set_defaults(self, given: Mapping[str, Value], images: int) -> dict[str, Value]:
        """What suits a small set: smaller batches, about as many steps in all, augmented images."""
        if images >= SMALL_SET:
            return {}
        batch_size = given.get("batch_size", SMALL_SET_BATCH)
        epochs, full_batch = self.defaults["epochs"], self.defaults["batch_size"]
        assert isinstance(batch_size, int)
        assert isinstance(epochs, int)
        assert isinstance(full_batch, int)
        steps = epochs * (FULL_SET // full_batch)
        per_epoch = max(1, images // min(batch_size, max(1, images)))
        return {
            "batch_size": batch_size,
            "epochs": max(1, round(steps / per_epoch)),
            "augment": SMALL_SET_AUGMENT,
        }


EPOCHS: Final = Setting("epochs", int, 1, 100_000, "passes over the training images")
BATCH_SIZE: Final = Setting("batch_size", int, 1, 65_536, "images per step")
LR: Final = Setting("lr", float, 1e-7, 1.0, "peak learning rate of the schedule")
BETA: Final = Setting("beta", float, 0.0, 1000.0, "weight of the KL; 0: plain autoencoder")
LATENT_DIM: Final = Setting("latent_dim", int, 2, 256, "latent dimensions; two are shown")
SIGMA: Final = Setting("sigma", float, 0.0, 2.0, "standard deviation of the training noise")
AUGMENT: Final = Setting("augment", float, 0.0, 0.5, "strength of random affine changes")
SEED: Final = Setting("seed", int, 0, 2**31 - 1, "random seed (shuffling, noise, initial weights)")
SHARED_SETTINGS: Final = ("epochs", "batch_size", "lr", "seed", "augment")  # every model has these

# The defaults were chosen by measurement on two CPU cores; README, "How fast, how good".
VAE: Final = ModelSpec(
    name="vae",
    title="Variational autoencoder",
    score=Score(
        key="test_loss",
        unit="nats",
        terms=(Term("test_reconstruction", "reconstruction"), Term("test_kl", "KL", "beta")),
    ),
    losses=("loss", "reconstruction", "kl"),
    loss_unit="nats per image",
    settings=(
        *(EPOCHS, BATCH_SIZE, LR, BETA, LATENT_DIM, AUGMENT, SEED),
        Widths("hidden", 1, 12, "widths of the encoder's layers"),
        Widths("decoder_hidden", 1, 12, "widths of the decoder's layers (default: mirrored)"),
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
DAE: Final = ModelSpec(
    name="dae",
    title="Denoising autoencoder",
    score=Score(key="test_psnr", unit="dB", higher_is_better=True),
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

_models: dict[str, ModelSpec] = {spec.name: spec for spec in (VAE, DAE)}


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
        known = ", ".join(_models)
        raise BadInput(f"there is no model {printable(name)!r}; choose {known}.") from None


def add_model(spec: ModelSpec) -> None:
    """Make a model known that does not come with aetui."""
    _models[spec.name] = spec


TEST_SIGMA: Final = 0.5  # the noise at which denoising is scored, whatever a model was trained with


@dataclass(frozen=True)
class DataSpec:
    """A data set that is known by name."""

    name: str
    title: str
    train_images: int
    folder: str = ""  # its folder below the data folder, as torchvision lays it out


DATA_SETS: Final[Mapping[str, DataSpec]] = {
    spec.name: spec
    for spec in (
        DataSpec("mnist", "MNIST", 60_000, "MNIST"),
        DataSpec("fashion-mnist", "Fashion-MNIST", 60_000, "FashionMNIST"),
        DataSpec("kmnist", "Kuzushiji-MNIST", 60_000, "KMNIST"),
        DataSpec("digits", "scikit-learn's digits", 1_437),
    )
}
AUTO: Final = "auto"  # MNIST, or the digits where it is not here
NAMED_DATA: Final = (AUTO, *DATA_SETS)
DATA_PREFIXES: Final = ("folder:",)  # each followed by a path


def check_data_name(name: str, *, auto: bool = True) -> str:
    """`name`, if it names a data set (`auto` too, if `auto`); else `BadInput`."""
    if any(name.startswith(prefix) and len(name) > len(prefix) for prefix in DATA_PREFIXES):
        return name
    if name in NAMED_DATA and (auto or name != AUTO):
        return name
    known = ", ".join([*NAMED_DATA, *(f"{prefix}PATH" for prefix in DATA_PREFIXES)])
    raise BadInput(f"there is no data set {printable(name)!r}; choose one of {known}.")
