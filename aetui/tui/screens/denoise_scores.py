"""How the PSNR of the denoised test images is distributed, learnt a part at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from aetui.protocol import Packet

AT_ONCE: Final = 125  # test images a request: nothing else may wait long
WANTED: Final = 1000
WANTED_BESIDE_TRAINING: Final = 250  # the trainer needs the processor
REST: Final = 0.3  # seconds that the noise stays the same before anything is asked
Ask = Callable[..., Awaitable[Packet | None]]
"""`ModeScreen.ask`."""


@dataclass(frozen=True)
class ScoreTable:
    """The PSNR of the first test images, [N] in dB, out of as many as are wanted."""

    psnr: NDArray[np.float32] = field(default_factory=lambda: np.zeros(0, np.float32))
    wanted: int = 0

    @property
    def is_complete(self) -> bool:
        return 0 < self.wanted <= len(self.psnr)

    def share_below(self, psnr: float) -> float:
        """The share of the images that came out worse than one of this PSNR."""
        return float((self.psnr < psnr).mean()) if len(self.psnr) else 0.0


async def learn_scores(
    ask: Ask, noise: str, strength: float, most: int, show: Callable[[ScoreTable], None]
) -> None:
    """Ask for the scores of the test images with that noise, and show each part that comes."""
    await asyncio.sleep(REST)
    found = ScoreTable(wanted=most)
    show(found)
    while not found.is_complete:
        reply = await ask(
            "denoise_scores",
            first=len(found.psnr),
            count=min(AT_ONCE, found.wanted - len(found.psnr)),
            noise=noise,
            strength=strength,
        )
        if reply is None or not len(reply.arrays["psnr"]):
            return
        together = np.concatenate([found.psnr, reply.arrays["psnr"]])
        found = ScoreTable(together, min(most, int(reply.header["total"])))
        show(found)
