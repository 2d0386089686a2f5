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
from aetui.runs.directory import CONFIG, Stamp, checkpoint_stamp, file_stamp

MOST_LOADED: Final = 4  # networks kept in memory


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
        self._loaded: dict[Path, LoadedModel] = {}
        self._reloading: set[Path] = set()

    def get(self, run: Path) -> Autoencoder:
        """The network of `run`; `BadInput` where none can be loaded."""
        known = self._loaded.get(run)
        if known is None or known.config != file_stamp(run, CONFIG):  # none, or another run's
            self._load(run)
        loaded = self._loaded[run]
        if loaded.checkpoint != checkpoint_stamp(run) and run not in self._reloading:
            self._reloading.add(run)
            threading.Thread(target=self._reload, args=(run,), daemon=True).start()
        return loaded.network

    def _load(self, run: Path) -> str:
        config, now = file_stamp(run, CONFIG), checkpoint_stamp(run)
        network, _, warning = restore(run)
        while len(self._loaded) >= MOST_LOADED and run not in self._loaded:
            self._loaded.pop(next(iter(self._loaded)))
        self._loaded[run] = LoadedModel(network.eval(), config, now)
        return warning

    def _reload(self, run: Path) -> None:
        message = ""
        try:
            message = self._load(run)
        except BadInput as error:
            message = str(error)
            # Not again until the file changes once more.
            self._loaded[run] = replace(self._loaded[run], checkpoint=checkpoint_stamp(run))
        finally:
            self._reloading.discard(run)
        self._on_reload(run, message)
