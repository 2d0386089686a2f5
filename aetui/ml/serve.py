"""The inference process: answers the app's requests with the newest checkpoint of a run.

Requests come on stdin, replies leave on stdout, as protocol.py says. A checkpoint that is replaced
is loaded beside the work: the old weights answer until the new ones are there, and a notice of kind
"reloaded" then says so. End of input ends the process.
"""

from __future__ import annotations

import argparse
import os
import sys
import threading
import traceback
from pathlib import Path
from typing import Any, BinaryIO

import torch

from aetui.errors import BadInput
from aetui.ml.answers.context import Context, Reply, config_of, run_of
from aetui.ml.answers.images import StillReading
from aetui.ml.answers.model_cache import ModelCache
from aetui.ml.answers.registry import ANSWERS
from aetui.ml.models.own_code import own_traceback
from aetui.ml.models.registry import load_reference
from aetui.protocol import LENGTHS, Packet
from aetui.runs.directory import CONFIG, RunIdentity, identify
from aetui.spec_json import spec_to_object


class Server:
    """Answers requests one after the other; checkpoints load beside them."""

    def __init__(self, source: BinaryIO, sink: BinaryIO, data_dir: Path | None) -> None:
        self._source, self._sink = source, sink
        self._writing = threading.Lock()
        self._answering = threading.Lock()
        self._context = Context(ModelCache(self._send_reloaded), data_dir)

    def run(self, ready: dict[str, Any]) -> None:
        """Send `ready`, and serve until the input ends."""
        self._send(Packet({**ready, "kind": "ready"}))
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
            if is_replaced(request):
                return {"replaced": True}, {}
            # Not inference_mode: networks loaded in it could never give gradients.
            with torch.no_grad():
                return ANSWERS[kind](self._context, request)
        except StillReading:
            raise
        except BadInput as error:
            if is_replaced(request):
                return {"replaced": True}, {}
            return {"error": str(error)}, {}
        except Exception as error:  # noqa: BLE001  the process must go on answering
            traceback.print_exc()  # for the log
            return {"error": own_traceback(error) or f"{kind} failed: {error}"}, {}

    def _send(self, message: Packet) -> None:
        with self._writing:
            self._sink.write(message.to_bytes())
            self._sink.flush()

    def _send_reloaded(self, run: Path, message: str) -> None:
        self._send(Packet({"kind": "reloaded", "run": str(run), "message": message}))


def is_replaced(request: Packet) -> bool:
    """Whether the run that is asked about has gone, or another has taken its name."""
    if "identity" not in request.header:
        return False
    run = run_of(request)
    try:
        found = identify(run, config_of(run))
    except (OSError, BadInput):
        return not (run / CONFIG).exists()  # otherwise it is damaged, which the answer says
    return found != RunIdentity(*request.header["identity"])


def own_model(reference: str | None) -> dict[str, Any]:
    """The spec of the model that a person named, or the message why it cannot be used."""
    if reference is None:
        return {}
    try:
        return {"spec": spec_to_object(load_reference(reference).spec)}
    except BadInput as error:
        return {"message": str(error)}


def main() -> None:
    """Serve the requests on stdin."""
    parser = argparse.ArgumentParser(prog="aetui.ml.serve", description=__doc__)
    parser.add_argument("data_dir", nargs="?", type=Path, help="where data sets are")
    parser.add_argument("--model", metavar="REF", help="a model of your own: my_model.py:Class")
    options = parser.parse_args()
    sink = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints must not fall between two packets
    torch.set_num_threads(1)
    ready = own_model(options.model)
    Server(sys.stdin.buffer, sink, options.data_dir).run(ready)


if __name__ == "__main__":
    main()
