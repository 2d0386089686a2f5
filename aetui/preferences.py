"""A person's choices for all launches: a small JSON file in their configuration folder."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import platformdirs

from aetui.errors import BadInput, printable
from aetui.model_spec import Setting
from aetui.runs.directory import write_atomically
from aetui.terminal import COLOURS

FILE: Final = "preferences.json"
FPS_SETTING: Final = Setting("fps", int, 1, 120, "frames per second at most")
_writing: Final = threading.Lock()


def preferences_path() -> Path:
    """Where the file lies: on Linux ~/.config/aetui, or below XDG_CONFIG_HOME."""
    return Path(platformdirs.user_config_path("aetui")) / FILE


def read_preferences() -> dict[str, Any]:
    """Every choice by its name; none where there is no file, or a damaged one."""
    try:
        values = json.loads(preferences_path().read_text(encoding="utf-8"))
    except (OSError, ValueError, RuntimeError):  # the last: no home folder is known
        return {}
    return values if isinstance(values, dict) else {}


def write_preferences(**changes: Any) -> bool:
    """Keep these choices with the others. Returns whether that was possible."""
    with _writing:
        text = json.dumps({**read_preferences(), **changes}, indent=2) + "\n"
        try:
            path = preferences_path()
            path.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(path, lambda file: file.write(text.encode()))
        except (OSError, RuntimeError):
            return False
    return True


@dataclass(frozen=True)
class DisplayPreferences:
    """How the app is to be drawn; None where nothing was chosen."""

    theme: str | None = None  # kept by the app when a person picks one
    colours: str | None = None
    fps: int | None = None
    keymap: Mapping[str, str] = field(default_factory=dict)  # what is pressed: what it stands for


def read_display_preferences() -> DisplayPreferences:
    """`BadInput` names a value that cannot be used: all but the theme are written by hand."""
    values = read_preferences()
    theme, colours, fps = (values.get(name) for name in ("theme", "colours", "fps"))
    if colours not in (None, "auto", *COLOURS):
        raise _bad_value(f'"colours" must be one of auto, {", ".join(COLOURS)}', colours)
    try:
        rate = None if fps is None else int(FPS_SETTING.check(fps))
    except BadInput:
        raise _bad_value('"fps" must be a number from 1 to 120', fps) from None
    keymap = _checked_keymap(values.get("keymap", {}))
    return DisplayPreferences(theme if isinstance(theme, str) else None, colours, rate, keymap)


def _checked_keymap(keymap: object) -> Mapping[str, str]:
    if isinstance(keymap, dict) and all(
        isinstance(key, str) and key.strip() for key in (*keymap, *keymap.values())
    ):
        return keymap
    raise _bad_value('"keymap" must be pairs of keys as in {"f5": "ctrl+p"}', keymap)


def _bad_value(rule: str, value: object) -> BadInput:
    where = f"in {preferences_path()}"
    return BadInput(f"{rule}, not {printable(json.dumps(value))}, {where}; correct or delete it.")
