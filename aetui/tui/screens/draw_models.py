"""What the Draw screen asks the inference process about a picture."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from aetui.processes.snapshots import PlaneMap, RunSnapshot
from aetui.protocol import Packet
from aetui.tui.screens.usual_error import UsualErrors, mean_error

ERRORS_AT_ONCE: Final = 250  # test images a request: nothing else may wait long
ERRORS_WANTED: Final = 1000
FIRST_STEP: Final = 0.01  # of the codes' spread: how far a refinement first goes
MOST_STEPS: Final = 100
LEAST_GAIN: Final = 0.02  # nats a step, below which a refinement has arrived

Ask = Callable[..., Awaitable[Packet | None]]
"""`ModeScreen.ask_run`."""
Image = NDArray[np.uint8]


@dataclass(frozen=True)
class Explained:
    """What a model with a latent plane makes of a picture."""

    image: Image  # the reconstruction, [C, H, W]
    z: NDArray[np.float32]  # [latent_dim]
    error: float  # nats
    sigma: NDArray[np.float32] | None = None  # of the code, [latent_dim]; a moved code has none
    probabilities: tuple[float, ...] = ()  # of each class, by the probe
    length: float = 0.0  # of the next step downhill; 0 at the bottom

    @property
    def label(self) -> int | None:
        """The class that it reads as, if one is likelier than all others together."""
        best = max(self.probabilities, default=0.0)
        return self.probabilities.index(best) if best > 0.5 else None


class DrawModels:
    """Asks, one kind of question a method. None is an answer that a newer question overtook."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask

    async def clean(self, run: RunSnapshot, image: Image) -> Image | None:
        reply = await self._ask(run, "clean", {"images": image[None]})
        return None if reply is None else reply.arrays["images"][0]

    async def explain(self, run: RunSnapshot, image: Image) -> Explained | None:
        reply = await self._ask(run, "reconstruct", {"images": image[None]})
        if reply is None:
            return None
        arrays = reply.arrays
        sigma = arrays["sigma"][0] if "sigma" in arrays else None
        error = float(arrays["errors"][0])
        found = Explained(arrays["images"][0], arrays["z_mean"][0], error, sigma)
        return await self._probed(run, found)

    async def _probed(self, run: RunSnapshot, found: Explained) -> Explained:
        if not run.epochs:
            return found
        reply = await self._ask(run, "probe", {"z": found.z[None]})
        shares = reply.arrays["probabilities"][0].tolist() if reply else ()
        return replace(found, probabilities=tuple(shares))

    async def refine(
        self, run: RunSnapshot, image: Image, found: Explained, spread: float
    ) -> AsyncIterator[Explained]:
        """`found` after each step downhill, until there is nothing to gain."""
        length = FIRST_STEP * spread
        for _ in range(MOST_STEPS):
            given = {"images": image[None], "z": found.z[None]}
            reply = await self._ask(run, "refine", given, length=length)
            if reply is None:
                return
            arrays = reply.arrays
            error = float(arrays["errors"][0])
            has_arrived = found.error - error < LEAST_GAIN
            length = 0.0 if has_arrived else float(reply.header["length"])
            found = Explained(arrays["images"][0], arrays["z"][0], error, length=length)
            yield await self._probed(run, found)
            if not length:
                return

    async def usual_errors(
        self, run: RunSnapshot, plane: PlaneMap | None
    ) -> AsyncIterator[UsualErrors]:
        """What errors are usual, from more and more test images; or from the metrics alone."""
        labels = plane.latent.labels if plane is not None else np.zeros(0, np.int64)
        errors = np.zeros(0, np.float32)
        yield UsualErrors(mean=mean_error(run))
        while len(errors) < ERRORS_WANTED:
            values: dict[str, Any] = {"first": len(errors), "count": ERRORS_AT_ONCE}
            reply = await self._ask(run, "errors", **values)
            if reply is None or not len(reply.arrays["errors"]):
                return
            errors = np.concatenate([errors, reply.arrays["errors"]])
            yield UsualErrors(errors, labels)
