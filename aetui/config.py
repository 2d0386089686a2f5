"""What defines a run: the contents of config.json, as a frozen value that survives JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Final

from aetui.catalog import BUILT_IN, check_data_name, model_spec
from aetui.errors import BadInput, printable
from aetui.model_spec import Hyperparameters, ModelSpec
from aetui.spec_json import spec_from_object, spec_to_object

FORMAT: Final = 2  # of config.json; a reader refuses what a later aetui may have written
LARGEST: Final = 1e15  # the largest number in a config.json: a float can hold it
SMALLEST_SIDE: Final = 8  # pixels
LARGEST_SIDE: Final = 128
REPAIR: Final = "Delete the run, or restore the file."
FORMAT_1_DEFAULTS: Final = {"seed": 0, "beta": 1.0, "latent_dim": 2, "sigma": 0.5, "augment": 0.0}
FORMAT_1_EXTRA: Final = frozenset({*FORMAT_1_DEFAULTS, "looks", "hidden", "decoder_hidden"})
"""Hyperparameters that format 1 wrote even for models without them."""


@dataclass(frozen=True)
class ImageShape:
    """The shape of every image of a data set. The defaults are MNIST's, which format 1 implies."""

    channels: int = 1
    height: int = 28
    width: int = 28

    @property
    def sizes(self) -> tuple[int, int, int]:
        """(channels, height, width), as torch and numpy want them."""
        return self.channels, self.height, self.width

    @property
    def values(self) -> int:
        """How many numbers an image consists of."""
        return self.channels * self.height * self.width

    def __str__(self) -> str:
        return f"{self.channels}x{self.height}x{self.width}"

    def check(self) -> ImageShape:
        """This shape, if models and screens can work with it; else `BadInput`."""
        sides = (self.height, self.width)
        if self.channels not in (1, 3) or not all(
            SMALLEST_SIDE <= side <= LARGEST_SIDE for side in sides
        ):
            bounds = f"1 or 3 channels and sides of {SMALLEST_SIDE} to {LARGEST_SIDE} pixels"
            raise BadInput(f"images of {self} cannot be used: aetui takes {bounds}.")
        return self


@dataclass(frozen=True)
class DataOptions:
    """How images are to be read; None leaves it to the images."""

    size: tuple[int, int] | None = None  # (width, height)
    channels: int | None = None  # 1: grey, 3: colour

    def __bool__(self) -> bool:
        return self.size is not None or self.channels is not None

    def to_arguments(self) -> list[str]:
        """The options of `aetui train` that say the same."""
        size = ["--size", "x".join(map(str, self.size))] if self.size else []
        return [*size, *(["--channels", str(self.channels)] if self.channels else [])]


AS_THEY_ARE: Final = DataOptions()  # what is read when a person asks for nothing else


def parse_size(text: str) -> tuple[int, int]:
    """(width, height) of "WxH" or of "N", a square; `BadInput` says what is wrong with it."""
    sides = text.lower().split("x")
    if len(sides) > 2 or not all(side.isascii() and side.isdigit() for side in sides):
        wanted = "N or WxH in pixels, like 32 or 48x32"
        raise BadInput(f"size must be {wanted}, not {printable(text)!r}.")
    width, height = int(sides[0][:9]), int(sides[-1][:9])
    if not all(SMALLEST_SIDE <= side <= LARGEST_SIDE for side in (width, height)):
        bounds = f"{SMALLEST_SIDE} and {LARGEST_SIDE} pixels"
        raise BadInput(f"the sides of size must lie between {bounds}, not {printable(text)}.")
    return width, height


@dataclass(frozen=True)
class RunConfig:
    """Everything that config.json holds: what was asked for, what was used, and when and where."""

    model: str
    data: str  # the data set actually used: a name, or a prefix and a path
    hyperparameters: Hyperparameters
    image_shape: ImageShape = ImageShape()
    data_requested: str = "auto"
    data_options: DataOptions = AS_THEY_ARE
    data_note: str = ""  # what was made of the data: another set, a scale, what was skipped
    classes: tuple[str, ...] = ()
    train_images: int = 0
    test_images: int = 0
    device: str = "cpu"
    precision: str = "float32"
    threads: int = 0
    created: float = 0.0  # unix seconds
    command: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)
    card: str = ""  # the model card of an exported run
    format: int = FORMAT
    own_spec: ModelSpec | None = None  # as config.json holds it, for a model that is not aetui's

    @property
    def spec(self) -> ModelSpec:
        return self.own_spec or model_spec(self.model)

    def to_json(self) -> str:
        """One readable JSON object."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        values["hyperparameters"] = self.hyperparameters.to_object()
        values["image_shape"] = asdict(self.image_shape)
        values["data_options"] = asdict(self.data_options)
        del values["own_spec"]
        if self.model not in BUILT_IN:
            values["spec"] = spec_to_object(self.spec)
        return json.dumps(values, indent=2) + "\n"

    @staticmethod
    def from_json(text: str) -> RunConfig:
        """The configuration that `text` holds; `BadInput` says what is wrong with it."""
        try:
            raw = json.loads(text)
        except (ValueError, RecursionError):
            problem = "config.json is not valid JSON; it may be half-written"
            raise BadInput(f"{problem}. {REPAIR}") from None
        if not isinstance(raw, dict):
            raise BadInput(f"config.json does not hold a JSON object. {REPAIR}")
        written = raw.get("format")
        if type(written) is not int or not 1 <= written <= FORMAT:
            given = printable(repr(written))
            reads = f"this aetui reads 1 to {FORMAT}"
            raise BadInput(
                f"config.json has format {given}, {reads}. Use the version that wrote it."
            )
        return _from_object(raw, written)


def _from_object(raw: dict[str, Any], written: int) -> RunConfig:
    values = {key: raw[key] for key in (f.name for f in fields(RunConfig)) if key in raw}
    values["format"] = FORMAT
    spec = _spec(_expect(values.get("model"), str, "model"), raw.get("spec"))
    values["own_spec"] = spec if spec.name not in BUILT_IN else None
    hyperparameters = _expect(values.get("hyperparameters"), dict, "hyperparameters")
    values["hyperparameters"] = _hyperparameters(spec, hyperparameters, written)
    values["image_shape"] = _image_shape(values.get("image_shape", {}))
    values["data_options"] = _data_options(raw.get("data_options", {}), written, values.get("data"))
    values["classes"] = tuple(map(str, _expect(values.get("classes", []), list, "classes")))
    versions = _expect(values.get("versions", {}), dict, "versions")
    values["versions"] = {str(key): str(value) for key, value in versions.items()}
    for name, kinds in _PLAIN_FIELDS.items():
        if name in values:
            value = _expect(values[name], kinds, name)
            _expect(isinstance(value, str) or 0 <= value < LARGEST or None, bool, name)
    values["data"] = check_data_name(_expect(values.get("data"), str, "data"), auto=False)
    return RunConfig(**values)


def _spec(model: str, raw: Any) -> ModelSpec:
    """The spec of one of aetui's models, or the one in config.json of a person's own model."""
    if raw is None and model in BUILT_IN:
        return BUILT_IN[model]
    given = printable(model)
    if raw is None:
        known = ", ".join(BUILT_IN)
        raise BadInput(f"config.json names the model {given!r}; this aetui knows {known}.")
    try:
        spec = spec_from_object(raw)
    except BadInput as error:
        raise BadInput(f"config.json cannot be used: {error} {REPAIR}") from None
    if spec.name != model or model in BUILT_IN:
        problem = f"config.json names the model {given!r}, and its spec is that of {spec.name!r}"
        raise BadInput(
            f"{problem}; a model of your own has one name, which is not one of aetui's. {REPAIR}"
        )
    return spec


_PLAIN_FIELDS: Final[Mapping[str, type | tuple[type, ...]]] = {
    "data_requested": str,
    "data_note": str,
    "train_images": int,
    "test_images": int,
    "device": str,
    "precision": str,
    "threads": int,
    "created": (int, float),
    "command": str,
    "card": str,
}


def _expect(value: Any, kinds: type | tuple[type, ...], name: str) -> Any:
    if not isinstance(value, kinds):
        raise BadInput(f"config.json has no usable {name!r}. {REPAIR}")
    return value


def _image_shape(raw: Any) -> ImageShape:
    given = _expect(raw, dict, "image_shape")
    known = {f.name for f in fields(ImageShape)}
    if not given.keys() <= known or not all(type(value) is int for value in given.values()):
        raise BadInput(f"config.json has no usable 'image_shape'. {REPAIR}")
    return ImageShape(**given).check()


def _data_options(raw: Any, written: int, data: Any) -> DataOptions:
    if written == 1 and str(data).startswith("folder:"):
        shape = ImageShape()  # what format 1 made of every image
        return DataOptions((shape.width, shape.height), shape.channels)
    given = _expect(raw, dict, "data_options")
    size, channels = given.get("size"), given.get("channels")
    if size is not None:
        sides = _expect(size, list, "data_options")
        size = parse_size("x".join(map(str, sides)) if len(sides) == 2 else "")
    if channels is not None and (type(channels) is not int or channels not in (1, 3)):
        raise BadInput(f"config.json has no usable 'data_options'. {REPAIR}")
    return DataOptions(size, channels)


def _hyperparameters(spec: ModelSpec, raw: dict[str, Any], written: int) -> Hyperparameters:
    names = {setting.name for setting in spec.settings}
    unknown = set(raw) - names
    if written == 1:
        raw, unknown = {**FORMAT_1_DEFAULTS, **raw}, unknown - FORMAT_1_EXTRA
    if unknown:
        listed = ", ".join(map(printable, sorted(unknown)))
        raise BadInput(f"config.json has unknown hyperparameters {listed}.")
    if names - set(raw):
        raise BadInput(f"config.json lacks hyperparameters. {REPAIR}")
    return spec.check({name: raw[name] for name in names})
