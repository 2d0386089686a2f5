"""The one way in which aetui starts a Python of its own."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping


def python_command(module: str) -> list[str]:
    """The command that runs `module`. -P: a random.py in the working directory is not imported."""
    return [sys.executable, "-P", "-m", module]


def python_code(code: str) -> list[str]:
    """The command that runs `code`, likewise."""
    return [sys.executable, "-P", "-c", code]


def child_environment(**extra: str) -> Mapping[str, str]:
    """The environment of a child: ours, without what is meant for the screen, and `extra`.

    PYTHONSAFEPATH does for the child's own children what -P does for it.
    """
    ours = {key: value for key, value in os.environ.items() if not key.startswith("TEXTUAL_")}
    return {**ours, "PYTHONSAFEPATH": "1", **extra}
