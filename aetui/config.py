"""What defines a run: its model, data set and hyperparameters, as frozen values that survive a trip through JSON.

The lowest layer: no torch, no textual. Everything that a person can set has one `Setting` here, which the
command line, the app's form and the reader of config.json all validate with.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Final, Literal, cast

FORMAT: Final = 1  # of config.json; a reader refuses what a later aetui may have written

Model = Literal["vae", "dae"]
MODELS: Final[tuple[Model, ...]] = ("vae", "dae")
NAMED_DATA: Final = ("auto", "mnist", "fashion-mnist", "kmnist", "digits")
SIDE: Final = 28  # pixels: every image is SIDE x SIDE
LARGEST: Final = 1e15  # number that a config.json may hold: a float takes it
WIDEST: Final = 8192  # layer
TEST_SIGMA: Final = 0.5  # the noise at which a dae is scored, whatever it was trained with


class BadInput(Exception):
    """What a person gave cannot be used. The message is one sentence: what, why, what to do. Exit code 2."""


@dataclass(frozen=True)
class Setting:
    """One hyperparameter as a person sees it: its type, bounds (inclusive) and the models that have it."""

    name: str
    kind: type[int] | type[float]
    low: float
    high: float
    help: str
    models: tuple[Model, ...] = MODELS

    def parse(self, text: str) -> int | float:
        """The value that `text` stands for; `BadInput` says what is wrong with it."""
        try:
            number = self.kind(text)
        except ValueError:
            wanted = "a whole number" if self.kind is int else "a number"
            raise BadInput(f"{self.name} must be {wanted}, not {printable(repr(text))}.") from None
        return self.check(number)

    def check(self, number: Any) -> int | float:
        """`number`, if it is of the right type and within the bounds; else `BadInput`."""
        if isinstance(number, bool) or not isinstance(number, (int, self.kind)) or number != number:  # noqa: PLR0124  (NaN)
            raise BadInput(f"{self.name} must be {'a whole number' if self.kind is int else 'a number'}, not {printable(repr(number))}.")
        if not self.low <= number <= self.high:
            raise BadInput(f"{self.name} must lie between {self.low:g} and {self.high:g}, not {printable(str(number), 24)}.")
        return self.kind(number)


SETTINGS: Final[Mapping[str, Setting]] = {
    setting.name: setting
    for setting in (
        Setting("epochs", int, 1, 100_000, "passes over the training images"),
        Setting("batch_size", int, 1, 65_536, "images a step"),
        Setting("lr", float, 1e-7, 1.0, "peak learning rate of the schedule"),
        Setting("beta", float, 0.0, 1000.0, "weight of the KL; 0: plain autoencoder", ("vae",)),
        Setting("latent_dim", int, 2, 256, "width of the code; screens show two axes", ("vae",)),
        Setting("looks", int, 1, 9, "looks at an image; the best code is kept", ("vae",)),
        Setting("sigma", float, 0.0, 2.0, "deviation of the training noise", ("dae",)),
        Setting("augment", float, 0.0, 0.5, "strength of random affine changes"),
        Setting("seed", int, 0, 2**31 - 1, "of order, noise and first weights"),
    )
}


def settings_of(model: Model) -> tuple[Setting, ...]:
    """The settings that `model` has, in the order in which forms show them."""
    return tuple(setting for setting in SETTINGS.values() if model in setting.models)


@dataclass(frozen=True)
class Hyperparameters:
    """What a person may choose about a training.

    `hidden` are the widths of the encoder's layers (vae) or its channels (dae); `decoder_hidden` those of a vae's decoder.
    """

    epochs: int
    batch_size: int
    lr: float
    seed: int = 0
    beta: float = 1.0
    latent_dim: int = 2
    looks: int = 1
    sigma: float = 0.5
    augment: float = 0.0
    hidden: tuple[int, ...] = ()
    decoder_hidden: tuple[int, ...] = ()

    def check(self, model: Model) -> Hyperparameters:
        """Itself, if every value is within its bounds; else `BadInput`."""
        for setting in settings_of(model):
            setting.check(getattr(self, setting.name))
        if model == "dae":
            _check_widths("hidden", self.hidden, 3, 3)
        else:
            _check_widths("hidden", self.hidden, 1, 12)
            _check_widths("decoder_hidden", self.decoder_hidden, 1, 12)
        return self


def _check_widths(name: str, widths: tuple[int, ...], fewest: int, most: int) -> None:
    if not fewest <= len(widths) <= most or not all(1 <= width <= WIDEST for width in widths):
        count = f"{most}" if fewest == most else f"{fewest} to {most}"
        raise BadInput(f"{name} must be {count} widths of 1 to {WIDEST}, not {list(widths)}.")


# Chosen by measurement on two CPU cores; README, "How fast, how good", has the figures.
DEFAULTS: Final[Mapping[Model, Hyperparameters]] = {
    "vae": Hyperparameters(30, 256, 2.5e-3, augment=0.02, hidden=(512, 256, 256), decoder_hidden=(256, 256, 256, 256, 512)),
    "dae": Hyperparameters(epochs=4, batch_size=128, lr=1e-2, hidden=(32, 64, 128)),
}


@dataclass(frozen=True)
class RunConfig:
    """Everything config.json holds: what was asked for, what was used, and where it came from."""

    model: Model
    data: str  # the data set actually used: a name of NAMED_DATA but auto, or folder:PATH
    hyperparameters: Hyperparameters
    data_requested: str = "auto"
    data_note: str = ""  # why `data` differs from what was asked for, and what was skipped
    classes: tuple[str, ...] = ()
    train_images: int = 0
    test_images: int = 0
    device: str = "cpu"
    precision: str = "float32"
    threads: int = 0
    created: float = 0.0  # unix seconds
    command: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)
    card: str = ""  # the model card of a shipped run
    format: int = FORMAT

    def to_json(self) -> str:
        """One readable JSON object."""
        return json.dumps(asdict(self), indent=2) + "\n"

    @staticmethod
    def from_json(text: str) -> RunConfig:
        """The configuration that `text` holds; `BadInput` says what is wrong with it."""
        try:
            raw = json.loads(text)
        except (ValueError, RecursionError):
            raise BadInput("config.json is not valid JSON; it may be half-written. Delete the run, or restore the file.") from None
        if not isinstance(raw, dict):
            raise BadInput("config.json does not hold a JSON object. Delete the run, or restore the file.")
        if raw.get("format") != FORMAT:
            raise BadInput(
                f"config.json has format {printable(repr(raw.get('format')))}, this aetui reads {FORMAT}. Use the version that wrote it."
            )
        return _from_object(raw)


def _from_object(raw: dict[str, Any]) -> RunConfig:
    values = {key: raw[key] for key in (f.name for f in fields(RunConfig)) if key in raw}
    model = values.get("model")
    if model not in MODELS:
        raise BadInput(f"config.json names the model {printable(str(model))!r}; this aetui knows {', '.join(MODELS)}.")
    values["hyperparameters"] = _hyperparameters(cast(Model, model), values.get("hyperparameters"))
    values["classes"] = tuple(map(str, _expect(values.get("classes", []), list, "classes")))
    values["versions"] = {str(k): str(v) for k, v in _expect(values.get("versions", {}), dict, "versions").items()}
    for name, kinds in _PLAIN_FIELDS.items():
        if name in values:
            value = _expect(values[name], kinds, name)
            _expect(isinstance(value, str) or 0 <= value < LARGEST or None, bool, name)
    values["data"] = check_data_name(_expect(values.get("data"), str, "data"), auto=False)
    return RunConfig(**values)


_PLAIN_FIELDS: Final[Mapping[str, type | tuple[type, ...]]] = {
    "data_requested": str, "data_note": str, "train_images": int, "test_images": int, "device": str,
    "precision": str, "threads": int, "created": (int, float), "command": str, "card": str,
}  # fmt: skip


def _expect(value: Any, kinds: type | tuple[type, ...], name: str) -> Any:
    if not isinstance(value, kinds):
        raise BadInput(f"config.json has no usable {name!r}. Delete the run, or restore the file.")
    return value


def _hyperparameters(model: Model, raw: Any) -> Hyperparameters:
    given = dict(_expect(raw, dict, "hyperparameters"))
    known = {f.name for f in fields(Hyperparameters)}
    if unknown := sorted(set(given) - known):
        raise BadInput(f"config.json has unknown hyperparameters {', '.join(map(printable, unknown))}.")
    for name in ("hidden", "decoder_hidden"):
        given[name] = tuple(_expect(width, int, name) for width in _expect(given.get(name, []), list, name))
    try:
        return Hyperparameters(**given).check(model)
    except TypeError:
        raise BadInput("config.json lacks hyperparameters. Delete the run, or restore the file.") from None


def check_data_name(name: str, *, auto: bool = True) -> str:
    """`name`, if it names a data set (`auto` too, if `auto`); else `BadInput`."""
    if name.startswith("folder:") and len(name) > len("folder:"):
        return name
    if name in NAMED_DATA and (auto or name != "auto"):
        return name
    raise BadInput(f"there is no data set {printable(name)!r}; choose {', '.join(NAMED_DATA)} or folder:PATH.")


def usable_cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def default_data_dir() -> Path:
    """AETUI_DATA_DIR, else aetui's folder in the user's cache."""
    if given := os.environ.get("AETUI_DATA_DIR"):
        return Path(given)
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "aetui"


WIDEST_KNOWN: Final = "\uffef"  # beyond it, terminals disagree on how wide a character is


def printable(text: str, most: int = 80) -> str:
    """`text` safe for a terminal and a panel: control characters replaced, at most `most` characters."""
    shown = text[: most + 1]
    clean = "".join(char if char.isprintable() and char <= WIDEST_KNOWN else "\N{REPLACEMENT CHARACTER}" for char in shown)
    return clean if len(clean) <= most else clean[: most - 1] + "…"
