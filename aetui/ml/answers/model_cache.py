"""The networks that the inference process has loaded."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from aetui.errors import BadInput
from aetui.ml.checkpoint import restore
from aetui.ml.models.base import Autoencoder
from aetui.runs.directory import BEST, CHECKPOINT, CONFIG, Stamp, checkpoint_stamp, file_stamp

MOST_LOADED: Final = 4  # networks kept in memory
Which = tuple[Path, str]
"""A run, and the checkpoint that is loaded of it."""


@dataclass(frozen=True)
class LoadedModel:
    """A network, and the stamps of the files that it was built and loaded from."""

    network: Autoencoder
    config: Stamp
    checkpoint: Stamp


class ModelCache:
    """The loaded networks. A newer checkpoint is loaded in the background."""

    def __init__(self, on_reload: Callable[[Path, str], None]) -> None:
        self._on_reload = on_reload
        self._loaded: dict[Which, LoadedModel] = {}
        self._reloading: set[Which] = set()

    def get(self, run: Path, *, best: bool = False) -> Autoencoder:
        """The network of `run`, by its best checkpoint or its last.

        `BadInput` where none can be loaded.
        """
        which = run, BEST if best else CHECKPOINT
        known = self._loaded.get(which)
        if known is None or known.config != file_stamp(run, CONFIG):  # none, or another run's
            self._load(which)
        loaded = self._loaded[which]
        if loaded.checkpoint != checkpoint_stamp(*which) and which not in self._reloading:
            self._reloading.add(which)
            threading.Thread(target=self._reload, args=(which,), daemon=True).start()
        return loaded.network

    def _load(self, which: Which) -> str:
        run, file = which
        config, now = file_stamp(run, CONFIG), checkpoint_stamp(run, file)
        network, _, warning = restore(run, best=file == BEST)
        while len(self._loaded) >= MOST_LOADED and which not in self._loaded:
            self._loaded.pop(next(iter(self._loaded)))
        self._loaded[which] = LoadedModel(network.eval(), config, now)
        return warning

    def _reload(self, which: Which) -> None:
        message = ""
        try:
            message = self._load(which)
        except BadInput as error:
            message = str(error)
            # Not again until the file changes once more.
            stamp = checkpoint_stamp(*which)
            self._loaded[which] = replace(self._loaded[which], checkpoint=stamp)
        finally:
            self._reloading.discard(which)
        self._on_reload(which[0], message)
