"""The spec of a person's own module, and the network that suits it."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from torch import nn

from aetui.catalog import BETA, BUILT_IN, LATENT_DIM, SIGMA
from aetui.errors import BadInput, printable
from aetui.ml.models.base import Autoencoder
from aetui.ml.models.own_code import short_name
from aetui.ml.models.own_module import DEFAULTS, Form, form_of_class, given_defaults, parameters_of
from aetui.ml.models.own_network import OwnDenoising, OwnLoss, OwnNetwork, OwnPlain, OwnVariational
from aetui.model_spec import SHARED, Capability, ModelSpec


def adapt(cls: type[nn.Module], reference: str) -> type[Autoencoder]:
    """`cls` as a model. `BadInput`, with the traceback of its error, where it cannot be one."""
    if missing := [name for name in ("encode", "decode") if not callable(getattr(cls, name, None))]:
        raise BadInput(f"{cls.__name__} has no method {' and no '.join(missing)}; it needs both.")
    form = form_of_class(cls)
    base = _base(cls, form)
    spec = _spec(cls, reference, form, base)
    return type(
        cls.__name__, (base,), {"spec": spec, "module_class": cls, "__module__": cls.__module__}
    )


def _base(cls: type[nn.Module], form: Form) -> type[OwnNetwork]:
    if callable(getattr(cls, "loss", None)):
        return OwnLoss
    if form.is_variational:
        return OwnVariational
    return OwnDenoising if SIGMA.name in parameters_of(cls) else OwnPlain


def _spec(cls: type[nn.Module], reference: str, form: Form, base: type[OwnNetwork]) -> ModelSpec:
    taken = {*parameters_of(cls)} | ({BETA.name} if base is OwnVariational else set())
    extra = tuple(
        replace(setting, live=setting.live and _can_change(setting.name, cls, form))
        for setting in (BETA, LATENT_DIM, SIGMA)
        if setting.name in taken
    )
    defaults = {**DEFAULTS, **given_defaults(cls)}
    capabilities: set[Capability] = {"plane"} if form.has_plane else set()
    if SIGMA.name in taken and not form.is_variational:
        capabilities.add("denoise")
    return ModelSpec(
        name=_model_name(cls.__name__, reference),
        title=printable(cls.__name__, 40),
        score=base.score_kind,
        losses=base.loss_names,
        loss_unit=base.loss_unit,
        settings=(*SHARED, *extra),
        defaults={setting.name: defaults[setting.name] for setting in (*SHARED, *extra)},
        capabilities=frozenset(capabilities),
        reference=short_name(reference),
    )


def _can_change(setting: str, cls: type[nn.Module], form: Form) -> bool:
    """Whether a new value has an effect: the module does not take it, or looks it up each time."""
    return setting not in parameters_of(cls) or setting in form.kept


def _model_name(class_name: str, reference: str) -> str:
    """A name for the runs, as in my-model for MyModel; where aetui has that, with the file's."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "-", class_name)
    name = re.sub(r"[^a-z0-9]+", "-", words.lower()).strip("-")[:32].strip("-")
    if not name or not name[0].isalpha():
        name = f"own-{name}".strip("-")[:32]
    if name in BUILT_IN:
        module = Path(reference.rpartition(":")[0]).stem.rpartition(".")[2]
        name = _model_name(f"{module} {name}", "")
    return name if name not in BUILT_IN else f"own-{name}"
