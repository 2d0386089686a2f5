"""The lines of figures on a panel. Columns are fixed, so that nothing moves when a number grows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content

from aetui.model_spec import Score, Term
from aetui.runs.metrics import number_or_none

if TYPE_CHECKING:
    from aetui.processes.snapshots import RunSnapshot

MUTED = "$foreground-muted"
Part = tuple[str, str] | str


def score_text(run: RunSnapshot, width: int) -> Content:
    """The score on the test set and, where `width` columns have room for it, what it is the sum of.

    Then the train loss.
    """
    score = run.spec.score
    value = number_or_none(run.history.epoch.get(score.key))
    shown = f"{value:7.2f}" if value is not None else "      –"
    parts: list[Part] = [("test ", MUTED), (shown, "bold"), (f" {score.unit}", MUTED)]
    terms = terms_text(run, score)
    train = _loss(run.history.step.get(run.spec.losses[0]))
    line = Content.assemble(*parts)
    for more in (
        Content.assemble((" = ", MUTED), terms) if terms else Content(),
        Content.assemble(("  train ", MUTED), (train, "$secondary")),
    ):
        if line.cell_length + more.cell_length > width:
            break
        line += more
    return line


def legend_text(run: RunSnapshot) -> Content:
    """What the curves of the chart are, in their colours, with their newest values."""
    train = _loss(run.history.step.get(run.spec.losses[0]))
    test = _loss(run.history.epoch.get("test_loss"))
    return Content.assemble(
        (f"━ train {train}", "$secondary"),
        (f"  ━ test {test}", "$foreground"),
        (f"  {run.spec.loss_unit}", MUTED),
    )


def terms_text(run: RunSnapshot, score: Score) -> str:
    """The sum that the score is, as in "138.9 reconstruction + 4 × 4.5 KL"; "" where it is none."""
    values = [number_or_none(run.history.epoch.get(term.key)) for term in score.terms]
    if not score.terms or any(value is None for value in values):
        return ""
    return " + ".join(
        f"{_weight(run, term)}{value:.1f} {term.label}"
        for term, value in zip(score.terms, values, strict=True)
    )


def _weight(run: RunSnapshot, term: Term) -> str:
    step = number_or_none(run.history.epoch.get("step"))
    weight = run.setting(term.weight, step or 0.0) if term.weight else 1
    return "" if weight == 1 else f"{weight:g} × "


def changes_text(run: RunSnapshot) -> str:
    """The newest change of a setting, as in "lr 0.001 → 0.0005 at epoch 3.2"; "" without one."""
    if not run.history.changes:
        return ""
    change = run.history.changes[-1]
    return f"{change.text} at epoch {change.epoch:.4g}"


def best_text(run: RunSnapshot) -> str:
    """As in "best 131.2 nats at epoch 40 is kept"; "" where none is."""
    if run.best is None:
        return ""
    shown = " and shown on the screens" if run.uses_best else ""
    score = f"{run.best.score:.4g} {run.spec.score.unit}"
    return f"best {score} at epoch {run.best.epoch} is kept{shown}"


def _loss(given: object) -> str:
    value = number_or_none(given)
    if value is None:
        return "      –"
    return f"{value:7.4f}" if abs(value) < 10 else f"{value:7.2f}"


def pace_text(run: RunSnapshot) -> Content:
    """Epochs, speed and time left."""
    parts: list[Part] = [f"epoch {run.epoch:6.2f}/{run.config.hyperparameters.epochs}"]
    if run.state == "running":
        speed = number_or_none(run.history.step.get("images_per_s")) or 0.0
        left = run.seconds_left
        parts += [
            (f"   {speed:>8,.0f} images/s", MUTED),
            ("   left ", MUTED),
            _clock(left) if left is not None else "–",
        ]
    return Content.assemble(*parts)


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
