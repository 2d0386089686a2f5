"""The inference process: decodes and denoises with the newest checkpoint of a run, for the app.

Requests come on stdin, replies leave on stdout, as protocol.py says. A checkpoint that is replaced
is loaded beside the work: the old weights answer until the new ones are there, and a notice of kind
"reloaded" then says so. End of input ends the process.
"""

from __future__ import annotations

import os
import sys
import threading
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO, Final

import numpy as np
import torch

from aetui.errors import BadInput
from aetui.ml.checkpoint import restore
from aetui.ml.data.load import load, load_test_images
from aetui.ml.data.transforms import add_noise, to_float
from aetui.ml.models.base import Autoencoder
from aetui.ml.models.losses import psnr
from aetui.model_spec import Capability
from aetui.protocol import LENGTHS, Packet
from aetui.runs.directory import checkpoint_stamp, read_config

MOST_LOADED: Final = 4  # networks kept in memory
Reply = tuple[dict[str, Any], dict[str, np.ndarray]]


class ModelCache:
    """The loaded networks, each as new as its checkpoint or about to be."""

    def __init__(self, on_reload: Callable[[Path, str], None]) -> None:
        self._on_reload = on_reload
        self._loaded: dict[Path, tuple[Autoencoder, tuple[int, int]]] = {}
        self._reloading: set[Path] = set()

    def get(self, run: Path) -> Autoencoder:
        """The network of `run`; `BadInput` where none can be loaded."""
        if run not in self._loaded:
            self._load(run)
        network, loaded = self._loaded[run]
        if loaded != checkpoint_stamp(run) and run not in self._reloading:
            self._reloading.add(run)
            threading.Thread(target=self._reload, args=(run,), daemon=True).start()
        return network

    def _load(self, run: Path) -> str:
        now = checkpoint_stamp(run)
        network, _, warning = restore(run)
        while len(self._loaded) >= MOST_LOADED and run not in self._loaded:
            self._loaded.pop(next(iter(self._loaded)))
        self._loaded[run] = (network.eval(), now)
        return warning

    def _reload(self, run: Path) -> None:
        message = ""
        try:
            message = self._load(run)
        except BadInput as error:
            message = str(error)
            # Not again until the file changes once more.
            self._loaded[run] = (self._loaded[run][0], checkpoint_stamp(run))
        finally:
            self._reloading.discard(run)
        self._on_reload(run, message)


class Server:
    """Answers requests one after the other; checkpoints load beside them."""

    def __init__(self, source: BinaryIO, sink: BinaryIO, data_dir: Path | None) -> None:
        self._source, self._sink, self._data_dir = source, sink, data_dir
        self._writing = threading.Lock()
        self._models = ModelCache(self._send_reloaded)
        self._test_images: dict[str, tuple[torch.Tensor, str]] = {}
        self._answers = {
            "decode": self._decode,
            "denoise": self._denoise,
            "describe": self._describe,
        }

    def run(self) -> None:
        """Serve until the input ends."""
        self._send(Packet({"kind": "ready"}))
        while len(lengths := self._source.read(LENGTHS.size)) == LENGTHS.size:
            header, body = (self._source.read(length) for length in LENGTHS.unpack(lengths))
            self._answer(Packet.from_parts(header, body))

    def _answer(self, request: Packet) -> None:
        number, kind = request.header["number"], request.header["kind"]
        try:
            with torch.inference_mode():
                header, arrays = self._answers[kind](request)
        except BadInput as error:
            header, arrays = {"error": str(error)}, {}
        except Exception as error:  # noqa: BLE001  the process must go on answering; the trace is for the log
            traceback.print_exc()
            header, arrays = {"error": f"{kind} failed: {error}"}, {}
        self._send(Packet({**header, "kind": kind, "number": number}, arrays))

    def _send(self, message: Packet) -> None:
        with self._writing:
            self._sink.write(message.to_bytes())
            self._sink.flush()

    def _send_reloaded(self, run: Path, message: str) -> None:
        self._send(Packet({"kind": "reloaded", "run": str(run), "message": message}))

    def _network(self, request: Packet, needed: Capability) -> Autoencoder:
        network = self._models.get(Path(request.header["run"]))
        if needed not in network.spec.capabilities:
            raise BadInput(f"a run of {network.spec.name} cannot do that: it has no {needed}.")
        return network

    def _describe(self, request: Packet) -> Reply:
        """data -> train_images, of the data set of that name."""
        images = load(request.header["data"], self._data_dir, download=False)
        return {"train_images": len(images.train_images)}, {}

    def _decode(self, request: Packet) -> Reply:
        """z float32 [N, latent_dim] -> images uint8 [N, C, H, W]."""
        network = self._network(request, "plane")
        z = torch.from_numpy(request.arrays["z"].copy())
        return {}, {"images": _to_uint8(network.decode(z).sigmoid())}

    def _denoise(self, request: Packet) -> Reply:
        """count, sample (a seed), sigma -> clean, noisy, denoised uint8 [N, C, H, W].

        And the PSNR of the latter two, [N] in dB.
        """
        network = self._network(request, "denoise")
        images, note = self._images_of(read_config(Path(request.header["run"])).data)
        count, sample, sigma = (request.header[name] for name in ("count", "sample", "sigma"))
        generator = torch.Generator().manual_seed(sample)
        chosen = torch.randperm(len(images), generator=generator)[:count]
        clean = to_float(images[chosen])
        noisy = add_noise(clean, torch.randn(clean.shape, generator=generator), sigma)
        denoised = network(noisy).sigmoid()
        shown = {"clean": clean, "noisy": noisy, "denoised": denoised}
        arrays = {name: _to_uint8(images) for name, images in shown.items()}
        arrays["psnr_noisy"] = psnr(noisy, clean).numpy()
        arrays["psnr_denoised"] = psnr(denoised, clean).numpy()
        return {"note": note}, arrays

    def _images_of(self, name: str) -> tuple[torch.Tensor, str]:
        """The test images of the data set `name`, or the built-in digits and why."""
        if name not in self._test_images:
            images = load_test_images(name, self._data_dir)
            note = ""
            if images is None:
                images = load("digits", None).test_images
                note = f"{name} is not on this machine: these are scikit-learn's built-in digits"
            self._test_images[name] = images, note
        return self._test_images[name]


def _to_uint8(images: torch.Tensor) -> np.ndarray:
    return images.mul(255).round().to(torch.uint8).numpy()


def main() -> None:
    """Serve the requests on stdin. The one argument is the data folder, if any."""
    sink = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints must not fall between two packets
    torch.set_num_threads(1)
    data_dir = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    Server(sys.stdin.buffer, sink, data_dir).run()


if __name__ == "__main__":
    main()
