"""Which function answers which kind of request. A new kind is a file here and a line below."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from aetui.ml.answers.clean import clean
from aetui.ml.answers.cluster import cluster
from aetui.ml.answers.context import Context, Reply
from aetui.ml.answers.decode import decode
from aetui.ml.answers.denoise import denoise, denoise_scores
from aetui.ml.answers.describe import describe
from aetui.ml.answers.errors import errors
from aetui.ml.answers.gather import gather
from aetui.ml.answers.picture import picture
from aetui.ml.answers.probe import probe
from aetui.ml.answers.quality import quality
from aetui.ml.answers.reconstruct import reconstruct
from aetui.ml.answers.refine import refine
from aetui.ml.answers.test_image import test_image
from aetui.protocol import Packet

Answer = Callable[[Context, Packet], Reply]

ANSWERS: Final[Mapping[str, Answer]] = {
    answer.__name__: answer
    for answer in (
        *(clean, cluster, decode, denoise, denoise_scores, describe, errors, gather),
        *(picture, probe, quality, reconstruct, refine, test_image),
    )
}
