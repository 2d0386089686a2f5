"""Settings that change while a run trains: asked for now, or made before at a step that comes."""

from __future__ import annotations

import contextlib
import math

from aetui.errors import BadInput
from aetui.ml.training.state import TrainState
from aetui.model_spec import LR, Value
from aetui.runs.changes import Change, ChangeRequest, in_effect, read_request, value_for
from aetui.runs.directory import CHANGE
from aetui.runs.metrics import CHANGED


class LiveSettings:
    """Gives each step the values that it is taken with, whatever process takes it."""

    def __init__(self, state: TrainState) -> None:
        self._state = state
        self._applied: dict[str, Value] = {}
        self.next_change = math.inf
        """The number of steps after which a setting changes; no later one is taken before."""
        self.apply()

    def apply(self) -> bool:
        """Set what the next step is taken with; whether that changes what a captured step holds.

        A learning rate does not: it is given to each step.
        """
        state, changed = self._state, False
        now = {change.setting for change in state.changes if change.step == state.step}
        if now & {term.weight for term in state.config.spec.score.terms}:
            state.best.forget()  # scores before and after are sums with other weights
        for setting in state.config.spec.live_settings:
            value = self._value(setting.name)
            if value == self._applied.get(setting.name, _first(state, setting.name)):
                continue
            self._applied[setting.name] = value
            if setting.name != LR.name:
                state.network.change(setting.name, value)
                changed = True
        later = [change.step for change in state.changes if change.step > state.step]
        self.next_change = min(later, default=math.inf)
        return changed

    def _value(self, setting: str) -> Value:
        state = self._state
        return value_for(state.changes, setting, state.step + 1, _first(state, setting))

    @property
    def is_asked(self) -> bool:
        """Whether a person has asked for a change. Only rank 0 looks."""
        state = self._state
        return state.group.is_rank_zero and (state.run.here / CHANGE).exists()

    def take_request(self) -> bool:
        """Make the change that was asked for, in every process of a group; as `apply` otherwise."""
        state = self._state
        made = state.group.broadcast(self._record() if state.group.is_rank_zero else ())
        if not made:
            return False
        state.change(in_effect((*state.changes, *made)))
        return self.apply()

    def _record(self) -> tuple[Change, ...]:
        """Write the events of the request that waits; what they say, if the disk took them."""
        state = self._state
        made: tuple[Change, ...] = ()
        request = read_request(state.run.here)
        if request is not None:
            made = self._changes(request)
            events = [change.to_event(request.number) for change in made]
            if not events or not state.recorder.event_on_disk(CHANGED, *events):
                made = ()
        state.run.check()
        with contextlib.suppress(OSError):
            (state.run.here / CHANGE).unlink()
        return made

    def _changes(self, request: ChangeRequest) -> tuple[Change, ...]:
        """What the request changes; nothing where it may not: who asks has been told so."""
        state = self._state
        try:
            asked = state.config.spec.check_change(request.settings)
        except BadInput:
            return ()
        if not all(name == LR.name or state.network.can_change(name) for name in asked):
            return ()
        epoch = round(state.epochs_done, 4)
        return tuple(
            Change(name, state.step, epoch, self._value(name), value)
            for name, value in asked.items()
            if value != self._value(name)
        )


def _first(state: TrainState, setting: str) -> Value:
    return state.config.hyperparameters[setting]
