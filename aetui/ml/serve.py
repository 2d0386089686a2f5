"""The inference process: decodes, denoises and encodes with the newest checkpoint of a run, for the app that started it.

Requests come on stdin, answers leave on stdout, both as frames. Of the requests of one kind that wait, only the newest
is answered, so that a held key builds no queue. A checkpoint that grows is loaded beside the work: the old weights
answer until the new ones are there, and a frame of kind "reloaded" then says so. End of input ends the process.
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

from aetui.config import BadInput
from aetui.frames import LENGTH, Frame
from aetui.ml import data
from aetui.ml.checkpoint import restore
from aetui.ml.models import DAE, VAE, psnr
from aetui.rundir import checkpoint_stamp, read_config

MOST_LOADED: Final = 4  # networks kept in memory


class Networks:
    """The loaded networks, each as new as its checkpoint or about to be."""

    def __init__(self, on_reload: Callable[[Path, str], None]) -> None:
        self._on_reload = on_reload
        self._loaded: dict[Path, tuple[VAE | DAE, tuple[int, int]]] = {}
        self._reloading: set[Path] = set()

    def get(self, run: Path) -> VAE | DAE:
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
            self._loaded[run] = (self._loaded[run][0], checkpoint_stamp(run))  # not again until the file changes once more
        finally:
            self._reloading.discard(run)
        self._on_reload(run, message)


class Server:
    """Answers frames. One thread reads, this one computes, and checkpoints load beside them."""

    def __init__(self, source: BinaryIO, sink: BinaryIO, data_dir: Path | None) -> None:
        self._source, self._sink, self._data_dir = source, sink, data_dir
        self._writing = threading.Lock()
        self._waiting: dict[str, Frame] = {}
        self._arrived = threading.Condition()
        self._ended = False
        self._networks = Networks(self._reloaded)
        self._test_images: dict[str, tuple[torch.Tensor, str]] = {}
        self._answers = {"decode": self._decode, "encode": self._encode, "denoise": self._denoise}

    def run(self) -> None:
        """Serve until the input ends."""
        threading.Thread(target=self._read, daemon=True).start()
        self._send(Frame({"kind": "ready"}))
        while True:
            with self._arrived:
                self._arrived.wait_for(lambda: self._waiting or self._ended)
                if self._ended:
                    return
                _, request = self._waiting.popitem()
            self._answer(request)

    def _read(self) -> None:
        while len(lengths := self._source.read(LENGTH.size)) == LENGTH.size:
            header, body = (self._source.read(length) for length in LENGTH.unpack(lengths))
            request = Frame.from_parts(header, body)
            with self._arrived:
                self._waiting[request.header["kind"]] = request
                self._arrived.notify()
        with self._arrived:
            self._ended = True
            self._arrived.notify()

    def _answer(self, request: Frame) -> None:
        number, kind = request.header["number"], request.header["kind"]
        try:
            with torch.inference_mode():
                header, arrays = self._answers[kind](request)
        except BadInput as error:
            header, arrays = {"error": str(error)}, {}
        except Exception as error:  # noqa: BLE001  the process must go on answering; the trace is for the log
            traceback.print_exc()
            header, arrays = {"error": f"{kind} failed: {error}"}, {}
        self._send(Frame({**header, "kind": kind, "number": number}, arrays))

    def _send(self, frame: Frame) -> None:
        with self._writing:
            self._sink.write(frame.to_bytes())
            self._sink.flush()

    def _reloaded(self, run: Path, message: str) -> None:
        self._send(Frame({"kind": "reloaded", "run": str(run), "message": message}))

    def _vae(self, request: Frame) -> VAE:
        network = self._networks.get(Path(request.header["run"]))
        if not isinstance(network, VAE):
            raise BadInput("this run is a dae; the plane needs a vae.")
        return network

    def _decode(self, request: Frame) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """z float32 [N, latent_dim] -> images uint8 [N, 28, 28]."""
        network = self._vae(request)
        z = torch.from_numpy(request.arrays["z"].copy())
        if z.ndim != 2 or z.shape[1] != network.latent_dim:
            raise BadInput(f"a code of this run has {network.latent_dim} numbers, not {z.shape[-1]}.")
        return {}, {"images": _to_uint8(network.decode(z).sigmoid())}

    def _encode(self, request: Frame) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """images uint8 [N, 28, 28] -> z_mean, z_log_sigma float32 [N, latent_dim]."""
        images = data.to_float(torch.from_numpy(request.arrays["images"].copy()).unsqueeze(1))
        z_mean, z_log_sigma = self._vae(request).encode(images)
        return {}, {"z_mean": z_mean.numpy(), "z_log_sigma": z_log_sigma.numpy()}

    def _denoise(self, request: Frame) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """count, handful, sigma -> clean, noisy, denoised uint8 [N, 28, 28] and the PSNR of the latter two, [N] in dB."""
        run = Path(request.header["run"])
        network = self._networks.get(run)
        if not isinstance(network, DAE):
            raise BadInput("this run is a vae; denoising needs a dae.")
        images, note = self._digits(read_config(run).data)
        count, handful, sigma = (request.header[name] for name in ("count", "handful", "sigma"))
        generator = torch.Generator().manual_seed(handful)
        chosen = torch.randperm(len(images), generator=generator)[:count]
        clean = data.to_float(images[chosen])
        noisy = data.add_noise(clean, torch.randn(clean.shape, generator=generator), sigma)
        denoised = network(noisy).sigmoid()
        arrays = {"clean": _to_uint8(clean), "noisy": _to_uint8(noisy), "denoised": _to_uint8(denoised)}
        arrays |= {"psnr_noisy": psnr(noisy, clean).numpy(), "psnr_denoised": psnr(denoised, clean).numpy()}
        return {"note": note}, arrays

    def _digits(self, name: str) -> tuple[torch.Tensor, str]:
        """The test images of the data set `name`, or the built-in digits and why."""
        if name not in self._test_images:
            images = data.load_test_images(name, self._data_dir)
            note = "" if images is not None else f"{name} is not on this machine: these are scikit-learn's built-in digits"
            self._test_images[name] = (data.load("digits", None).test_images if images is None else images), note
        return self._test_images[name]


def _to_uint8(images: torch.Tensor) -> np.ndarray:
    return images.squeeze(1).mul(255).round().to(torch.uint8).numpy()


def main() -> None:
    """Serve the frames on stdin. The one argument is the data folder, if any."""
    sink = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints must not fall between two frames
    torch.set_num_threads(1)
    data_dir = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    Server(sys.stdin.buffer, sink, data_dir).run()


if __name__ == "__main__":
    main()
