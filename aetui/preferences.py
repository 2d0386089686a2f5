"""What a person has chosen for all launches: a small JSON file in their configuration folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from aetui.runs.directory import write_atomically

FILE: Final = "preferences.json"


def preferences_path() -> Path:
    """Where the file lies: on Linux ~/.config/aetui, or below XDG_CONFIG_HOME."""
    import platformdirs  # late: the first picture does without

    return Path(platformdirs.user_config_path("aetui")) / FILE


def read_preferences() -> dict[str, Any]:
    """Every choice by its name; none where there is no file, or a damaged one."""
    try:
        values = json.loads(preferences_path().read_text(encoding="utf-8"))
    except (OSError, ValueError, RuntimeError):  # the last: no home folder is known
        return {}
    return values if isinstance(values, dict) else {}


def write_preferences(**changes: Any) -> bool:
    """Keep these choices beside the others; whether that was possible."""
    text = json.dumps({**read_preferences(), **changes}, indent=2) + "\n"
    try:
        path = preferences_path()
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, lambda file: file.write(text.encode()))
    except (OSError, RuntimeError):
        return False
    return True
