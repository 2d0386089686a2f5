"""A model's spec as JSON, in config.json and on the pipe. It may come from a stranger."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any, Final, TypeVar, get_args

from aetui.errors import BadInput, printable
from aetui.model_spec import (
    SHARED,
    AnySetting,
    Capability,
    ModelSpec,
    Score,
    Setting,
    Term,
    Widths,
)

MODEL_NAME: Final = re.compile(r"[a-z][a-z0-9-]{0,31}")  # begins the names of its runs
KEY: Final = re.compile(r"[a-z][a-z0-9_]{0,31}")  # of settings, losses and scores
LONGEST_TEXT: Final = 120
MOST: Final = 32  # settings, losses, terms
LARGEST: Final = 1e15
KINDS: Final[Mapping[str, type[int] | type[float]]] = {"int": int, "float": float}
OWN_FLAGS: Final = frozenset(
    {"help", "name", "resume", "runs", "data", "data_dir", "device", "precision", "threads"}
    | {"save_every", "json", "size", "channels", "model"}
)
"""Names that the command line keeps for itself."""
STEP_FIELDS: Final = frozenset({"kind", "time", "elapsed", "step", "epoch", "lr", "images_per_s"})
"""Names that a step line of metrics.jsonl has whatever the model."""
REQUIRED_LOSS: Final = "loss"  # the first of a model's losses, which the charts draw

T = TypeVar("T")


def spec_to_object(spec: ModelSpec) -> dict[str, Any]:
    """The spec as JSON types; `spec_from_object` reads it back."""
    return {
        "name": spec.name,
        "title": spec.title,
        "score": {**asdict(spec.score), "terms": [asdict(term) for term in spec.score.terms]},
        "losses": list(spec.losses),
        "loss_unit": spec.loss_unit,
        "settings": [_setting_to_object(setting) for setting in spec.settings],
        "defaults": {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in spec.defaults.items()
        },
        "capabilities": sorted(spec.capabilities),
        "mirrored": dict(spec.mirrored),
        "featured": spec.featured,
        "reference": spec.reference,
    }


def _setting_to_object(setting: AnySetting) -> dict[str, Any]:
    kind = setting.kind.__name__ if isinstance(setting, Setting) else "widths"
    return {**vars(setting), "kind": kind}


def spec_from_object(raw: Any) -> ModelSpec:
    """The spec that `raw` holds, every field checked; `BadInput` names one that is not usable."""
    fields = _fields(raw, "spec")
    settings = tuple(_listed(fields.pop("settings", None), "settings", _setting))
    spec = ModelSpec(
        name=_matching(MODEL_NAME)(fields.pop("name", None), "name"),
        title=_text(fields.pop("title", None), "title"),
        score=_score(fields.pop("score", None)),
        losses=tuple(_listed(fields.pop("losses", None), "losses", _matching(KEY))),
        loss_unit=_text(fields.pop("loss_unit", None), "loss_unit"),
        settings=settings,
        defaults={},
        capabilities=frozenset(
            _listed(fields.pop("capabilities", None), "capabilities", _capability)
        ),
        mirrored=_mirrored(fields.pop("mirrored", {}), settings),
        featured=_instance(bool)(fields.pop("featured", True), "featured"),
        reference=_text(fields.pop("reference", ""), "reference"),
    )
    _check_names(spec)
    defaults = _defaults(spec, fields.pop("defaults", None))
    _nothing_else(fields, "spec")
    return ModelSpec(**{**vars(spec), "defaults": defaults})


def check_spec(spec: ModelSpec) -> ModelSpec:
    """`spec` as it will be read from JSON; `BadInput` where it would be refused."""
    return spec_from_object(spec_to_object(spec))


def _check_names(spec: ModelSpec) -> None:
    names = [setting.name for setting in spec.settings]
    if len(set(names)) < len(names):
        raise BadInput("the spec has two settings of one name.")
    for shared in SHARED:
        if not any(_narrows(setting, shared) for setting in spec.settings):
            bounds = f"{shared.kind_name} between {shared.low:g} and {shared.high:g}"
            raise BadInput(f"the spec needs a setting {shared.name!r}, {bounds}.")
    if taken := OWN_FLAGS & set(names):
        raise BadInput(f"the spec has a setting {min(taken)!r}, which is an option of aetui.")
    losses = spec.losses
    if (
        losses[:1] != (REQUIRED_LOSS,)
        or len(set(losses)) < len(losses)
        or STEP_FIELDS & set(losses)
    ):
        problem = f"the first of the spec's losses must be {REQUIRED_LOSS!r}"
        raise BadInput(f"{problem}, each name once, and none of {', '.join(sorted(STEP_FIELDS))}.")
    if unknown := {term.weight for term in spec.score.terms} - {"", *names}:
        raise BadInput(
            f"a term of the spec's score is weighted by {min(unknown)!r}, not a setting."
        )


def _narrows(setting: AnySetting, shared: Setting) -> bool:
    """Whether `setting` takes the place of `shared` without leaving its bounds."""
    if not isinstance(setting, Setting) or (setting.name, setting.kind) != (
        shared.name,
        shared.kind,
    ):
        return False
    return shared.low <= setting.low and setting.high <= shared.high


def _score(raw: Any) -> Score:
    fields = _fields(raw, "score")
    score = Score(
        key=_matching(KEY)(fields.pop("key", None), "score key"),
        unit=_text(fields.pop("unit", None), "score unit"),
        higher_is_better=_instance(bool)(fields.pop("higher_is_better", False), "score"),
        terms=tuple(_listed(fields.pop("terms", []), "terms", _term)),
    )
    _nothing_else(fields, "score")
    return score


def _term(raw: Any, what: str) -> Term:
    fields = _fields(raw, what)
    weight = fields.pop("weight", "")
    term = Term(
        key=_matching(KEY)(fields.pop("key", None), what),
        label=_text(fields.pop("label", None), what),
        weight=weight and _matching(KEY)(weight, what),
    )
    _nothing_else(fields, what)
    return term


def _setting(raw: Any, what: str) -> AnySetting:
    fields = _fields(raw, what)
    kind = fields.pop("kind", None)
    name = _matching(KEY)(fields.pop("name", None), "name of a setting")
    help_text = _text(fields.pop("help", None), f"help of {name}")
    setting: AnySetting
    if kind == "widths":
        fewest, most = (_number(fields.pop(bound, None), name) for bound in ("fewest", "most"))
        if not (type(fewest) is type(most) is int and 1 <= fewest <= most <= MOST):
            raise BadInput(f"the spec has no usable bounds of {name}.")
        setting = Widths(name, fewest, most, help_text)
    elif kind in KINDS:
        low, high = (_number(fields.pop(bound, None), name) for bound in ("low", "high"))
        live = _instance(bool)(fields.pop("live", False), name)
        setting = Setting(name, KINDS[kind], low, high, help_text, live)
    else:
        raise BadInput(f"the spec has no usable kind of {name}.")
    _nothing_else(fields, name)
    return setting


def _defaults(spec: ModelSpec, raw: Any) -> dict[str, Any]:
    fields = _fields(raw, "defaults")
    names = {setting.name for setting in spec.settings}
    if fields.keys() != names:
        raise BadInput("the spec's defaults must name each of its settings and nothing else.")
    return spec.check(fields).to_object()


def _mirrored(raw: Any, settings: tuple[AnySetting, ...]) -> dict[str, str]:
    pairs = _fields(raw, "mirrored")
    widths = {setting.name for setting in settings if isinstance(setting, Widths)}
    names = {*pairs, *(name for name in pairs.values() if isinstance(name, str))}
    if not names <= widths or not all(isinstance(name, str) for name in pairs.values()):
        raise BadInput("the spec's 'mirrored' must name settings that are widths.")
    return pairs


def _capability(raw: Any, what: str) -> Capability:
    for known in get_args(Capability):
        if raw == known:
            return known  # type: ignore[no-any-return]
    raise BadInput(f"the spec has no usable {what}: {printable(repr(raw))}.")


def _fields(raw: Any, what: str) -> dict[str, Any]:
    return dict(_instance(dict)(raw, what))


def _listed(raw: Any, what: str, read: Callable[[Any, str], T]) -> list[T]:
    if not isinstance(raw, list) or len(raw) > MOST:
        raise BadInput(f"the spec has no usable {what}.")
    return [read(value, what) for value in raw]


def _text(raw: Any, what: str) -> str:
    if not isinstance(raw, str) or raw != printable(raw, LONGEST_TEXT):
        raise BadInput(f"the spec has no usable {what}.")
    return raw


def _number(raw: Any, what: str) -> float:
    if type(raw) not in (int, float) or not math.isfinite(raw) or abs(raw) > LARGEST:
        raise BadInput(f"the spec has no usable bounds of {what}.")
    return raw  # type: ignore[no-any-return]


def _matching(pattern: re.Pattern[str]) -> Callable[[Any, str], str]:
    def read(raw: Any, what: str) -> str:
        if not isinstance(raw, str) or not pattern.fullmatch(raw):
            given, rule = printable(repr(raw)), pattern.pattern
            raise BadInput(f"the spec has no usable {what}: {given} is not like {rule}.")
        return raw

    return read


def _instance(kind: type[T]) -> Callable[[Any, str], T]:
    def read(raw: Any, what: str) -> T:
        if not isinstance(raw, kind):
            raise BadInput(f"the spec has no usable {what}.")
        return raw

    return read


def _nothing_else(fields: Mapping[str, Any], what: str) -> None:
    if fields:
        raise BadInput(f"the spec's {what} has an unknown field {printable(min(fields))!r}.")
