"""The one way in which aetui starts a Python of its own."""

from __future__ import annotations

import sys


def python_command(module: str) -> list[str]:
    """The command that runs `module`. -P: a random.py in the working directory must not be ours."""
    return [sys.executable, "-P", "-m", module]
