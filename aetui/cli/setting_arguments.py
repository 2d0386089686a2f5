"""The settings of the models as options: their help, and what was typed."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import Any

from aetui.catalog import model_specs
from aetui.cli.shared_arguments import flag
from aetui.errors import BadInput, printable
from aetui.model_spec import ModelSpec, Value


def add_settings(parser: argparse.ArgumentParser) -> None:
    for name, help_text in _setting_helps().items():
        parser.add_argument(flag(name), metavar="X", help=help_text)


def _setting_helps() -> Mapping[str, str]:
    """What `--help` says of every setting, with its default in each model that has it."""
    meanings: dict[str, str] = {}
    defaults: dict[str, list[str]] = {}
    for spec in model_specs():
        for setting in spec.settings:
            meanings.setdefault(setting.name, setting.help)
            default = _shown(spec.defaults[setting.name])
            defaults.setdefault(setting.name, []).append(f"{default} for {spec.name}")
    return {name: f"{meanings[name]} (default: {', '.join(defaults[name])})" for name in meanings}


def _shown(value: Any) -> str:
    return ",".join(map(str, value)) if isinstance(value, tuple) else f"{value:g}"


def setting_values(options: argparse.Namespace, spec: ModelSpec) -> dict[str, Value]:
    """The settings that were typed, by name. `BadInput` where one is not of this model."""
    typed = {name: value for name, value in _settings(options).items() if value is not None}
    unknown = list(options.unknown)
    while unknown:
        flag, equals, value = unknown.pop(0).partition("=")
        if not flag.startswith("--") or not (equals or unknown):
            given = f"`aetui {options.command} --help`"
            raise BadInput(f"{printable(flag)} is not understood; see {given}.")
        typed[flag[2:].replace("-", "_")] = value if equals else unknown.pop(0)
    return {name: spec.setting(name).parse(text) for name, text in typed.items()}


def _settings(options: argparse.Namespace) -> dict[str, str | None]:
    return {name: getattr(options, name, None) for name in _setting_helps()}
