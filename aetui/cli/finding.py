"""A line of `aetui doctor`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """What was checked, what was found, and, where something is wrong, what to do."""

    what: str
    found: str
    cure: str = ""

    def __str__(self) -> str:
        mark = "!" if self.cure else "ok"
        line = f"{mark:>2}  {self.what:<12} {self.found}"
        return f"{line}\n{'':17}{self.cure}" if self.cure else line
