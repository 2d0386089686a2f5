"""The command line."""

from aetui.cli.main import main

__all__ = ["main"]
