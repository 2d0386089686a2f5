"""probe: which class the codes of test images give a point of the latent space."""

from __future__ import annotations

import math
from typing import Final

import torch
from torch import Tensor
from torch.nn import functional

from aetui.errors import BadInput
from aetui.ml.answers.context import Context, Reply, run_of
from aetui.protocol import Packet
from aetui.runs.directory import latent_epochs
from aetui.runs.latent_map import load_latent_map

FEWEST_NEIGHBOURS: Final = 5
AT_ONCE: Final = 1024  # points whose distances to all codes are in memory together


class Probe:
    """Nearest neighbours among the codes of a latent map.

    They need no fitting, follow borders of any form, and agree with what the map shows.
    """

    def __init__(self, codes: Tensor, labels: Tensor) -> None:
        self._codes = codes
        self._votes = functional.one_hot(labels).float()  # [N, classes]
        # A third of the square root: 24 of 5,000 codes, steps of four percent.
        self._count = min(len(codes), max(FEWEST_NEIGHBOURS, round(math.sqrt(len(codes)) / 3)))

    def probabilities(self, z: Tensor) -> Tensor:
        """The share of each class among the nearest codes, [N, classes]."""
        parts = []
        for points in z.split(AT_ONCE):
            distances = torch.cdist(points, self._codes)
            nearest = distances.topk(self._count, largest=False, sorted=False).indices
            parts.append(self._votes[nearest].mean(1))
        return torch.cat(parts)


def probe(context: Context, request: Packet) -> Reply:
    """z float32 [N, latent_dim] -> probabilities float32 [N, classes]."""
    network = context.network(request, "plane")
    made = context.once(network, "probe", lambda: _newest_probe(request))
    z = torch.from_numpy(request.arrays["z"].copy())
    return {}, {"probabilities": made.probabilities(z).numpy()}


def _newest_probe(request: Packet) -> Probe:
    run = run_of(request)
    epochs = latent_epochs(run)
    if not epochs:
        raise BadInput(f"{run.name} has no latent map yet; it comes after its first epoch.")
    latent = load_latent_map(run, epochs[-1])
    return Probe(torch.from_numpy(latent.codes.copy()), torch.from_numpy(latent.labels.copy()))
