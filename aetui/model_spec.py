"""What the other modules know of a model: settings, score, losses. Without torch."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from aetui.errors import BadInput, printable

Value = int | float | tuple[int, ...]


def value_text(value: Value) -> str:
    """A setting's value as a person types it."""
    return ",".join(map(str, value)) if isinstance(value, tuple) else f"{value:g}"


Capability = Literal["plane", "denoise"]
"""plane: flat codes of two numbers or more, which decode; denoise: noisy images in, clean out."""

SMALL_SET: Final = 10_000  # training images; a smaller set is trained in smaller batches, augmented
SMALL_SET_BATCH: Final = 64
SMALL_SET_AUGMENT: Final = 0.1
TINY_SET: Final = 1_400  # training images; fewer need fewer steps
TINY_SET_POWER: Final = (
    0.75  # with it, the conv-vae takes half a minute for 160 colour images of 64x43
)
FULL_SET: Final = 60_000  # training images that the models' default epochs are meant for


@dataclass(frozen=True)
class Setting:
    """One number that a person can set: its type and its bounds, which are inclusive."""

    name: str
    kind: type[int] | type[float]
    low: float
    high: float
    help: str
    live: bool = False  # may change while a run trains: the network has an attribute of that name

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
        if not is_number or (isinstance(number, float) and math.isnan(number)):
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
        """`widths` as a tuple, if their number and each of them is in bounds; else `BadInput`."""
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
EPOCHS: Final = Setting("epochs", int, 1, 100_000, "passes over the training images")
BATCH_SIZE: Final = Setting("batch_size", int, 1, 65_536, "images per step")
LR: Final = Setting("lr", float, 1e-7, 1.0, "peak learning rate of the schedule", live=True)
AUGMENT: Final = Setting("augment", float, 0.0, 0.5, "strength of random affine changes")
SEED: Final = Setting("seed", int, 0, 2**31 - 1, "random seed (shuffling, noise, initial weights)")
SHARED: Final = (EPOCHS, BATCH_SIZE, LR, SEED, AUGMENT)  # every model has these
SHARED_SETTINGS: Final = tuple(setting.name for setting in SHARED)


@dataclass(frozen=True)
class Term:
    """A part of a score: its key in an epoch line, its label, and the setting that weighs it."""

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
    """A model as the modules know it that do not import torch."""

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
    reference: str = ""
    """How a person named the code of their own model, as in my_model.py:Class. For messages."""

    def setting(self, name: str) -> AnySetting:
        """The setting `name`; `BadInput` where this model has none such."""
        for setting in self.settings:
            if setting.name == name:
                return setting
        flag = "--" + name.replace("_", "-")
        raise BadInput(f"{flag} is not a setting of {self.name}; leave it out.")

    @property
    def live_settings(self) -> tuple[Setting, ...]:
        """Those that may change while a run trains."""
        return tuple(each for each in self.settings if isinstance(each, Setting) and each.live)

    def check_change(self, values: Mapping[str, Any]) -> dict[str, Value]:
        """`values`, if they can be given to a run that trains; else `BadInput`."""
        live = {setting.name: setting for setting in self.live_settings}
        for name in values:
            if self.setting(name).name not in live:
                can = f"only {' and '.join(live)} can" if live else "no setting of its model can"
                raise BadInput(f"{name} cannot change while a run trains: {can}.")
        return {name: live[name].check(value) for name, value in values.items()}

    def check(self, values: Mapping[str, Any]) -> Hyperparameters:
        """All of this model's settings, checked; `BadInput` names one that is out of bounds."""
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
        """The defaults for a small set: smaller batches, about as many steps, augmented images.

        A tiny set takes fewer steps, since it is soon overfitted.
        """
        if images >= SMALL_SET:
            return {}
        batch_size = given.get("batch_size", SMALL_SET_BATCH)
        epochs, full_batch = self.defaults["epochs"], self.defaults["batch_size"]
        assert isinstance(batch_size, int)
        assert isinstance(epochs, int)
        assert isinstance(full_batch, int)
        steps = epochs * (FULL_SET // full_batch) * min(1.0, (images / TINY_SET) ** TINY_SET_POWER)
        per_epoch = max(1, images // min(batch_size, max(1, images)))
        return {
            "batch_size": batch_size,
            "epochs": max(1, round(steps / per_epoch)),
            "augment": SMALL_SET_AUGMENT,
        }
