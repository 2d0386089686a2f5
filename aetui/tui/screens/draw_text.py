"""The words below a drawing: what it reads as, how well it is explained, where its code is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from aetui.config import ImageShape
from aetui.runs.basis import Basis
from aetui.tui.screens.draw_models import Explained
from aetui.tui.screens.usual_error import UsualErrors
from aetui.tui.widgets.readout import Line, Role
from aetui.tui.widgets.sketch import Sketch

NAMED: Final = 3  # most probable classes that are named
LEAST: Final = 0.04  # share of a class that is worth naming
LABEL: Final = 10  # columns
HINTS: Final[Sequence[Line]] = (
    [("  Draw with the mouse. Or: arrows move the pen, space puts it down and lifts it.", "plain")],
    [("  g takes a test image, i opens a picture.", "muted")],
)


@dataclass(frozen=True)
class Refinement:
    """How far a code has slid: errors in nats before and after some steps."""

    before: float
    after: float
    steps: int
    at_bottom: bool = False
    running: bool = True

    @property
    def text(self) -> str:
        steps = f"{self.steps} step{'s' if self.steps != 1 else ''}"
        end = ", as low as it gets" if self.at_bottom else ""
        return f"{self.before:.0f} → {self.after:.0f} nats in {steps}{end}"


def word_lines(
    found: Explained,
    usual: UsualErrors,
    refinement: Refinement | None,
    classes: Sequence[str],
    basis: Basis | None,
) -> list[Line]:
    """What there is to say of a picture, in lines that stay in their places."""
    name = "" if found.label is None else class_name(found.label, classes)
    figure: tuple[str, Role] = (f"{found.error:.0f} nats", "strong")
    remark = usual.remark(found.error, found.label, name)
    return [
        _reads_as(found.probabilities, classes),
        _line("error", figure, (f"  {remark}" if remark else "", "plain")),
        _refine_line(refinement),
        *([_code_line(found, basis)] if basis is not None else []),
    ]


def _line(name: str, *parts: tuple[str, Role | int]) -> Line:
    return [(f" {name:<{LABEL}}", "muted"), *parts]


def _reads_as(probabilities: Sequence[float], classes: Sequence[str]) -> Line:
    """The most probable classes in their colours."""
    order = sorted(range(len(probabilities)), key=lambda label: -probabilities[label])
    parts: list[tuple[str, Role | int]] = []
    for label in order[:NAMED]:
        share = probabilities[label]
        if share >= LEAST:
            name = class_name(label, classes)
            parts += [(name, label), (f" {share:.0%}   ", "plain")]
    return _line("reads as", *parts)


def class_name(label: int, classes: Sequence[str]) -> str:
    return classes[label][:16] if label < len(classes) else str(label)


def _refine_line(refinement: Refinement | None) -> Line:
    if refinement is None:
        return _line("refine", ("f slides the code to where it explains this better", "muted"))
    stop = "   esc stops" if refinement.running and not refinement.at_bottom else ""
    return _line("refined", (refinement.text, "plain"), (stop, "muted"))


def _code_line(found: Explained, basis: Basis) -> Line:
    """The code on the plane that is shown."""
    sigma = basis.plane_sigma(found.sigma) if found.sigma is not None else None
    parts: list[tuple[str, Role | int]] = []
    for place, value in enumerate(basis.points(found.z[None])[0].tolist()):
        spread = f" ± {sigma[place]:.2g}" if sigma is not None else ""
        parts += [(f"{basis.names[place]} ", "muted"), (f"{value:+.2f}", "plain")]
        parts += [(f"{spread}   ", "muted")]
    return _line("code", *parts)


def pen_words(sketch: Sketch) -> str:
    """The pen's state, for the frame of the canvas."""
    tool = "eraser" if sketch.erasing else f"{sketch.ink[0]} pen"
    return f"{tool}, {sketch.thickness:g} px{', down' if sketch.is_down else ''}"


def source_text(header: Mapping[str, Any], classes: Sequence[str]) -> str:
    """What a test image is, for the frame of the canvas; `header` is of the reply."""
    number, label = header["number_in_set"], header["label"]
    if header["note"]:  # another set stands in for the run's
        return f"built-in digit #{number}: {label}"
    return f"test image #{number}: {class_name(label, classes)}"


def loading_line(run_name: str) -> Line:
    return [(f" Loading {run_name} … (slower while a training runs)", "muted")]


def no_fit(run_name: str, shape: ImageShape) -> str:
    """Why a run has nothing to say of this canvas."""
    return f"{run_name} takes\nimages of {shape}"
