"""probe: which class the codes of test images give a point of the latent space."""

from __future__ import annotations

from aetui.errors import BadInput
from aetui.ml.answers.context import Context, Reply, run_of
from aetui.protocol import Packet
from aetui.runs.class_probe import ClassProbe
from aetui.runs.directory import latent_epochs
from aetui.runs.latent_map import load_latent_map


def probe(context: Context, request: Packet) -> Reply:
    """z float32 [N, latent_dim] -> probabilities float32 [N, classes].

    By the newest latent map, or by that of `epoch` where the request has one.
    """
    network = context.network(request, "plane")
    epoch = request.header.get("epoch")
    made = context.once(network, f"probe {epoch}", lambda: _probe_of(request, epoch))
    return {}, {"probabilities": made.shares(request.arrays["z"])}


def _probe_of(request: Packet, epoch: int | None) -> ClassProbe:
    run = run_of(request)
    epochs = latent_epochs(run)
    if not epochs:
        raise BadInput(f"{run.name} has no latent map yet; it comes after its first epoch.")
    latent = load_latent_map(run, epoch or epochs[-1])
    return ClassProbe(latent.codes, latent.labels)
