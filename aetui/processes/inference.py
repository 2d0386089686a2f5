"""The client of the inference process. Of several requests of one kind, the newest is sent."""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import tempfile
from collections.abc import AsyncIterator
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from aetui.errors import BadInput, printable
from aetui.processes.children import child_environment, python_command
from aetui.protocol import LENGTHS, Packet
from aetui.runs.directory import RunIdentity

if TYPE_CHECKING:
    from aetui.protocol import Array

MOST_DEATHS: Final = 3  # in a row, without a reply between them, before it is not started again
NOTICES: Final = frozenset({"ready", "reloaded"})  # packets that answer no request


class Superseded(Exception):
    """A newer request of the same kind has replaced this one, or another run its run."""


@dataclass(frozen=True)
class _Pending:
    """A request, and the future that its reply settles."""

    request: Packet
    reply: asyncio.Future[Packet]

    def settle(self, reply: Packet) -> None:
        if not self.reply.done():  # done: the caller was cancelled
            self.reply.set_result(reply)

    def fail(self, error: Exception) -> None:
        if not self.reply.done():
            self.reply.set_exception(error)


class Inference:
    """A child process that has torch, so that the app need not.

    It is started by `notices`, or by `start` before that.
    """

    def __init__(self, data_dir: Path | None = None, own_model: str | None = None) -> None:
        self._data_dir = data_dir
        self._own_model = own_model  # how a person named the code of a model of their own
        self._log = _open_log()
        self._process: subprocess.Popen[bytes] | None = None
        self._sent: dict[str, _Pending] = {}  # by lane: what the process is working on
        self._next: dict[str, _Pending] = {}  # by lane: what it will be asked after that
        self._number = 0
        self._deaths = 0

    def start(self) -> None:
        """Start it, so that it loads torch on another core while the app is still being imported.

        Medians of six launches in turn on two cores: the first denoised images after 1.27 s, and
        after 1.79 s where the first picture came first, which took 0.46 s either way.
        """
        self._process = self._start()

    async def notices(self) -> AsyncIterator[Packet]:
        """Serve the pipe for as long as it is iterated; yields what is not a reply.

        Kinds: "ready" (perhaps with "spec", of the person's own model), "reloaded" (with "run"),
        "restarted" and "given_up" (each with "message").
        """
        cause = ""
        while self._deaths <= MOST_DEATHS:
            if self._process is None or self._deaths:
                self._process = self._start()
            process = self._process
            for pending in self._sent.values():
                self._send(pending.request)
            if cause:
                text = f"The inference process ended ({cause}) and was started again."
                yield Packet({"kind": "restarted", "message": text})
            async for packet in _packets(process):
                if packet.header["kind"] in NOTICES:
                    yield packet
                else:
                    self._settle(packet)
            self._deaths += 1
            code = await asyncio.to_thread(process.wait)
            cause = f"exit code {code}" if code >= 0 else f"signal {-code}"
        self._fail_all(text := self._given_up_text())
        yield Packet({"kind": "given_up", "message": text})

    def _start(self) -> subprocess.Popen[bytes]:
        command = python_command("aetui.ml.serve")
        if self._data_dir is not None:
            command.append(str(self._data_dir))
        if self._own_model is not None:
            command += ["--model", self._own_model]
        return subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            start_new_session=True,
            env=child_environment(OMP_NUM_THREADS="1"),
        )

    async def ask(
        self,
        kind: str,
        run: Path | None,
        arrays: dict[str, Array] | None = None,
        *,
        identity: RunIdentity | None = None,
        lane: str | None = None,
        **values: Any,
    ) -> Packet:
        """The reply. `BadInput` with its reason; `Superseded` where it is out of date by now.

        `identity` says which run is meant of those that have had the name of `run`. A request
        overtakes those of its `lane`, which is its kind where nothing else is named.
        """
        if self._deaths > MOST_DEATHS:
            raise BadInput(self._given_up_text())
        self._number += 1
        header = {"kind": kind, "number": self._number, **values}
        if run is not None:
            header["run"] = str(run.absolute())
        if identity is not None:
            header["identity"] = astuple(identity)
        future: asyncio.Future[Packet] = asyncio.get_running_loop().create_future()
        pending = _Pending(Packet(header, arrays or {}), future)
        lane = lane or kind
        if lane not in self._sent:
            self._sent[lane] = pending
            self._send(pending.request)
        else:
            # One at a time: a held key must not fill the pipe with outdated requests.
            if superseded := self._next.get(lane):
                superseded.fail(Superseded())
            self._next[lane] = pending
        return await future

    def _send(self, request: Packet) -> None:
        if self._process is None:
            return  # `notices` sends what is pending
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(request.to_bytes())
            self._process.stdin.flush()
        except OSError:
            return  # it has died; `notices` starts another and repeats what is pending

    def _settle(self, reply: Packet) -> None:
        """Hand over a reply, and send the request that has waited for its turn."""
        number = reply.header["number"]
        sent = self._sent.items()
        lane = next((lane for lane, each in sent if each.request.header["number"] == number), None)
        if lane is None:
            return  # of a process that has been started again meanwhile
        self._deaths = 0
        pending = self._sent.pop(lane)
        if reply.header.get("replaced"):
            pending.fail(Superseded())
        elif error := reply.header.get("error"):
            pending.fail(BadInput(error))
        else:
            pending.settle(reply)
        if lane in self._next:
            self._sent[lane] = self._next.pop(lane)
            self._send(self._sent[lane].request)

    def _fail_all(self, message: str) -> None:
        for pending in (*self._sent.values(), *self._next.values()):
            pending.fail(BadInput(message))
        self._sent.clear()
        self._next.clear()

    def _given_up_text(self) -> str:
        return f"The inference process cannot be kept running: {self._last_log_line()}"

    def _last_log_line(self) -> str:
        if self._log is None:
            return "it gave no reason"
        self._log.seek(0)
        lines = self._log.read().decode("utf-8", "replace").strip().splitlines()
        return printable(lines[-1], 200) if lines else "it gave no reason"

    def close(self) -> None:
        """End the process at once. It has nothing to save, and may load torch for seconds yet."""
        if self._process is not None:
            assert self._process.stdin is not None
            with contextlib.suppress(OSError):  # it may be gone already
                self._process.stdin.close()
            self._process.terminate()
            try:
                self._process.wait(1)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        if self._log is not None:
            self._log.close()


def _open_log() -> BinaryIO | None:
    """A file for what the process writes to stderr; None where nothing temporary can be written."""
    try:
        return tempfile.TemporaryFile()
    except OSError:
        return None


async def _packets(process: subprocess.Popen[bytes]) -> AsyncIterator[Packet]:
    """The packets that the process sends, until it ends."""
    assert process.stdout is not None
    reader = asyncio.StreamReader(limit=1 << 26)
    protocol = asyncio.StreamReaderProtocol(reader)
    loop = asyncio.get_running_loop()
    transport, _ = await loop.connect_read_pipe(lambda: protocol, process.stdout)
    try:
        while True:
            header, body = LENGTHS.unpack(await reader.readexactly(LENGTHS.size))
            parts = await reader.readexactly(header), await reader.readexactly(body)
            yield Packet.from_parts(*parts)
    except (asyncio.IncompleteReadError, OSError):
        return
    finally:
        transport.close()
