"""The inference process: answers the app's requests with the newest checkpoint of a run.

Requests come on stdin, replies leave on stdout, as protocol.py says. A checkpoint that is replaced
is loaded beside the work: the old weights answer until the new ones are there, and a notice of kind
"reloaded" then says so. End of input ends the process.
"""

from __future__ import annotations

import os
import sys
import threading
import traceback
from pathlib import Path
from typing import BinaryIO

import torch

from aetui.errors import BadInput
from aetui.ml.answers.context import Context, Reply
from aetui.ml.answers.images import StillReading
from aetui.ml.answers.model_cache import ModelCache
from aetui.ml.answers.registry import ANSWERS
from aetui.protocol import LENGTHS, Packet


class Server:
    """Answers requests one after the other; checkpoints load beside them."""

    def __init__(self, source: BinaryIO, sink: BinaryIO, data_dir: Path | None) -> None:
        self._source, self._sink = source, sink
        self._writing = threading.Lock()
        self._answering = threading.Lock()
        self._context = Context(ModelCache(self._send_reloaded), data_dir)

    def run(self) -> None:
        """Serve until the input ends."""
        self._send(Packet({"kind": "ready"}))
        while len(lengths := self._source.read(LENGTHS.size)) == LENGTHS.size:
            header, body = (self._source.read(length) for length in LENGTHS.unpack(lengths))
            self._answer(Packet.from_parts(header, body))

    def _answer(self, request: Packet) -> None:
        number, kind = request.header["number"], request.header["kind"]
        try:
            with self._answering:  # the thread that reads test images answers what waited for them
                header, arrays = self._reply(request)
        except StillReading as reading:
            reading.then(lambda: self._answer(request))
            return
        self._send(Packet({**header, "kind": kind, "number": number}, arrays))

    def _reply(self, request: Packet) -> Reply:
        kind = request.header["kind"]
        try:
            # Not inference_mode: networks loaded in it could never give gradients.
            with torch.no_grad():
                return ANSWERS[kind](self._context, request)
        except StillReading:
            raise
        except BadInput as error:
            return {"error": str(error)}, {}
        except Exception as error:  # noqa: BLE001  the process must go on answering; the trace is for the log
            traceback.print_exc()
            return {"error": f"{kind} failed: {error}"}, {}

    def _send(self, message: Packet) -> None:
        with self._writing:
            self._sink.write(message.to_bytes())
            self._sink.flush()

    def _send_reloaded(self, run: Path, message: str) -> None:
        self._send(Packet({"kind": "reloaded", "run": str(run), "message": message}))


def main() -> None:
    """Serve the requests on stdin. The one argument is the data folder, if any."""
    sink = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints must not fall between two packets
    torch.set_num_threads(1)
    data_dir = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    Server(sys.stdin.buffer, sink, data_dir).run()


if __name__ == "__main__":
    main()
