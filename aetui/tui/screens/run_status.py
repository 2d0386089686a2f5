"""What a screen says of its run in a few words, where it has no picture, and where it failed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from aetui.errors import BadInput, printable
from aetui.model_spec import Capability

if TYPE_CHECKING:
    from aetui.processes.snapshots import RunSnapshot

TITLES: Final[dict[Capability, str]] = {
    "plane": "run with a latent plane",
    "denoise": "denoising run",
}


def empty_text(run: RunSnapshot | None, capability: Capability | None) -> str:
    """What stands in the place of pictures that cannot be had yet, and what to press."""
    title = TITLES[capability] if capability else "run"
    if run is None:
        pressed = "Press [b $accent]t[/], then [b $accent]b[/] to train one"
        return f"No {title} yet.\n\n{pressed};\nthis screen fills while it learns."
    if run.is_alive:
        return f"{run.name} is training.\n\nIts first picture comes with its first save."
    keys = "Press [b $accent]o[/] to choose another run, or [b $accent]t[/] to train."
    return f"{run.name} has nothing to show ({run.state}).\n\n{keys}"


def fault_text(error: BaseException | None) -> str:
    """An error of ours, as a sentence."""
    if isinstance(error, BadInput):
        return str(error)
    detail = printable(f"{type(error).__name__}: {error}", 200)
    return f"Something went wrong in aetui ({detail}). The app goes on; please report it."


def status_lines(run: RunSnapshot) -> tuple[str, ...]:
    """A run in a few words, in fewer, and in fewest."""
    epochs = f"{run.epoch:.0f}/{run.config.hyperparameters.epochs}"
    if run.uses_best and run.best is not None:
        epochs = f"{run.best.epoch} (best)"
    name, data = printable(run.name, 24), printable(run.config.data, 24)
    return (
        f"{name} · {data} · epoch {epochs} · {run.state_text} ",
        f"{name} {epochs} ",
        f"{name} ",
    )
