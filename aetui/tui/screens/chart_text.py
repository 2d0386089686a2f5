"""The words around the large chart: its title, and the table of values below it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from textual.content import Content

from aetui.errors import printable
from aetui.model_spec import value_text
from aetui.processes.snapshots import RunSnapshot
from aetui.runs.directory import RunIdentity
from aetui.tui.screens.chart_plan import Drawn, Plan
from aetui.tui.screens.chart_view import ChartView
from aetui.tui.screens.run_curves import places

MUTED: Final = "$foreground-muted"
NAME_WIDTH: Final = 18
SPREAD_WIDTH: Final = 20
Words = tuple[str, str] | str


def title_text(plan: Plan, view: ChartView) -> Content:
    """What is drawn, and how."""
    quantity = plan.quantity
    words: list[Words] = [(f" {quantity.name}", "bold")]
    words.append((f"  {quantity.unit}" if quantity.unit else "", MUTED))
    words.append((f"  {plan.number} of {plan.count}", MUTED))
    half_life = f"smoothing {view.half_life:.1%}".replace(".0%", "%").replace("%", " %")
    words.append(("   " + (half_life if view.is_smoothed else "not smoothed"), MUTED))
    if plan.frame.log:
        words.append("   log scale")
    if view.span is not None:
        closer = plan.end / (view.span[1] - view.span[0])
        words.append(f"   zoom {closer:.3g}×")
    return Content.assemble(*words)


def place_text(plan: Plan, view: ChartView) -> Content:
    """Where the values of the table are read."""
    if not plan.drawn:
        return Content.styled(" no figures of this yet", MUTED)
    cursor = view.cursor
    if cursor is None:
        return Content.styled(" newest values; ← → or the mouse read others", MUTED)
    curve = max((each.curve for each in plan.drawn), key=lambda curve: places(curve, view.axis)[-1])
    at = places(curve, view.axis)
    number = min(range(len(at)), key=lambda each: abs(at[each] - cursor))
    epoch, step, seconds = curve.x[number], curve.step[number], curve.seconds[number]
    return Content.assemble(
        (" at ", MUTED), f"epoch {epoch:.2f}", f"  step {step:,.0f}", f"  {clock(seconds)}"
    )


def clock(seconds: float) -> str:
    """A duration as in 1:02:03 or 2:03."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def value_row(plan: Plan, view: ChartView, drawn: Drawn, about: str | None) -> Content:
    """One curve: its mark, name, value with its spread there; of several runs, what is `about`."""
    line = drawn.line
    # One of the terminal's own colours would reach the terminal as another: letters tell then.
    colour = line.colour.css if line.colour.ansi is None else ""
    stroke = "╌" if drawn.line.dashed else "━"
    name = f"{printable(drawn.run.name, NAME_WIDTH):<{NAME_WIDTH}} {drawn.part:<5}"
    words: list[Words] = [
        (f" {stroke} " if about is None else f" {stroke} {drawn.line.label[:1]} ", colour)
    ]
    x = float(drawn.line.x[-1]) if view.cursor is None else view.cursor / plan.unit
    value = drawn.line.at(x)
    words.append(name)
    words.append((f" {number_text(value)}" if value is not None else f" {'–':>9}", "bold"))
    spread = "" if value is None else _spread_text(*drawn.line.spread_at(x))
    words.append((f"  {spread:<{SPREAD_WIDTH}}", MUTED))
    words.append(f"  {about or ''}")
    return Content.assemble(*words)


def _spread_text(low: float, high: float) -> str:
    """What the smoothed value was made of there."""
    first, last = number_text(low).strip(), number_text(high).strip()
    return f"raw {first}" if first == last else f"raw {first} to {last}"


def number_text(value: float) -> str:
    """A value in nine columns."""
    size = abs(value)
    if size >= 10_000:
        return f"{value:9,.0f}"
    if size >= 10:
        return f"{value:9.2f}"
    return f"{value:9.4f}" if size >= 0.01 or not size else f"{value:9.2e}"


def differences(runs: Sequence[RunSnapshot]) -> Mapping[RunIdentity, str]:
    """By run: its settings that are not the same in all of them, as in "beta 4, lr 0.001"."""
    settings = [
        {
            "model": run.spec.name,
            "data": printable(run.config.data, 24),
            **{
                name: value_text(value)
                for name, value in run.config.hyperparameters.to_object().items()
            },
        }
        for run in runs
    ]
    names = dict.fromkeys(name for each in settings for name in each)
    differing = [name for name in names if len({each.get(name) for each in settings}) > 1]
    return {
        run.identity: ", ".join(f"{name} {each[name]}" for name in differing if name in each)
        for run, each in zip(runs, settings, strict=True)
    }
