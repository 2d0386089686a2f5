"""The terminal that the app runs in: what it can show, and how to reach it."""

from aetui.terminal.colours import COLOURS, Colours
from aetui.terminal.profile import FPS, Ink, TerminalProfile, detect_terminal

__all__ = ["COLOURS", "FPS", "Colours", "Ink", "TerminalProfile", "detect_terminal"]
