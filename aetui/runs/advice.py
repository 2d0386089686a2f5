"""The terms of a run's error, and advice where its codes carry too little or spread too far."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from aetui.model_spec import ModelSpec, Term
from aetui.runs.metrics import number_or_none

COLLAPSED: Final = 0.1  # nats; the class of a digit alone is 2.3
REACH: Final = 0.99  # share of the codes that lie within their reach
WIDE: Final = 7.0  # the prior reaches 2.6


@dataclass(frozen=True)
class Shares:
    """A test error as the sum of its terms, each counted once whatever its weight, in nats."""

    reconstruction: float
    code: float  # the KL divergence: what the code carries

    @property
    def reconstruction_share(self) -> float:
        return self.reconstruction / (self.reconstruction + self.code)


def error_shares(spec: ModelSpec, record: Mapping[str, Any]) -> Shares | None:
    """The terms of the error in `record`, an epoch line; None where it is not such a sum."""
    terms = {term: number_or_none(record.get(term.key)) for term in spec.score.terms}
    known = {term: value for term, value in terms.items() if value is not None}
    if len(known) < 2 or len(known) < len(terms) or sum(known.values()) <= 0:
        return None
    code = sum(value for term, value in known.items() if term.weight)
    return Shares(sum(known.values()) - code, code)


def advice(spec: ModelSpec, record: Mapping[str, Any], codes: NDArray[np.float32]) -> str:
    """A sentence where the posterior has collapsed or `codes` lie far outside the prior, else "".

    `record` is an epoch line, `codes` z_mean [N, latent_dim].
    """
    shares = error_shares(spec, record)
    weight = next((term for term in spec.score.terms if term.weight), None)
    if shares is None or weight is None:
        return ""  # no distributions, no prior
    if shares.code < COLLAPSED:
        carried = f"{shares.code:.2f}" if shares.code >= 0.01 else "less than 0.01"
        return f"The code carries {carried} nats: {_change('lower', weight, spec)}."
    reach = np.quantile(np.abs(codes), REACH, axis=0).max()
    if reach > WIDE:
        spread = f"The codes reach ±{reach:.0f}, the prior ±3"
        return f"{spread}: {_change('raise', weight, spec)} to draw new images from the prior."
    return ""


def _change(verb: str, term: Term, spec: ModelSpec) -> str:
    settable = any(setting.name == term.weight for setting in spec.settings)
    return f"{verb} {term.weight}" if settable else f"{verb} the weight of the {term.label}"
