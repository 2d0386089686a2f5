"""The app's end of the inference process: asks it, keeps it alive, and lets only the latest request of a kind count."""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from aetui.config import BadInput, printable
from aetui.frames import LENGTH, Frame

if TYPE_CHECKING:
    from aetui.frames import Array

RESTARTS: Final = 3  # deaths in a row, without an answer between them, before we give up

Answer = Frame


class Superseded(Exception):
    """A newer request of the same kind has taken this one's place."""


class Inference:
    """A child process that has torch, so that the app need not. Started at once: torch loads while the first screen draws."""

    def __init__(self, data_dir: Path | None = None) -> None:
        self._data_dir = data_dir
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115  (closed with the process)
        self._process = self._start()
        self._pending: dict[str, tuple[Frame, asyncio.Future[Answer]]] = {}
        self._number = 0
        self._deaths = 0
        self.ready = False

    def _start(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "aetui.ml.serve"]
        if self._data_dir is not None:
            command.append(str(self._data_dir))
        return subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._errors, start_new_session=True,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
        )  # fmt: skip

    async def notices(self) -> AsyncIterator[Frame]:
        """Serve the pipe for as long as it is iterated: yields what nobody asked for.

        Kinds: "ready", "reloaded" (with "run"), "restarted" and "given_up" (each with "message").
        """
        while self._deaths <= RESTARTS:
            async for frame in self._frames():
                if frame.header["kind"] in ("ready", "reloaded"):
                    self.ready = True
                    yield frame
                else:
                    self._settle(frame)
            self.ready = False
            self._deaths += 1
            code = await asyncio.to_thread(self._process.wait)
            cause = f"exit code {code}" if code >= 0 else f"signal {-code}"
            if self._deaths > RESTARTS:
                break
            self._process = self._start()
            for request, _ in self._pending.values():
                self._send(request)
            yield Frame({"kind": "restarted", "message": f"the inference process ended ({cause}) and was started again"})
        self._give_up(message := f"the inference process does not stay up: {self._last_words()}")
        yield Frame({"kind": "given_up", "message": message})

    async def _frames(self) -> AsyncIterator[Frame]:
        """The frames that the process sends, to its end."""
        assert self._process.stdout is not None
        reader = asyncio.StreamReader(limit=1 << 26)
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), self._process.stdout
        )
        try:
            while True:
                header, body = LENGTH.unpack(await reader.readexactly(LENGTH.size))
                yield Frame.from_parts(await reader.readexactly(header), await reader.readexactly(body))
        except (asyncio.IncompleteReadError, OSError):
            return
        finally:
            transport.close()

    async def ask(self, kind: str, run: Path, arrays: dict[str, Array] | None = None, **values: Any) -> Answer:
        """The process's answer. `BadInput` with its reason, `Superseded` where a newer request of that kind came."""
        self._number += 1
        request = Frame({"kind": kind, "number": self._number, "run": str(run.absolute()), **values}, arrays or {})
        if kind in self._pending and not (waiting := self._pending.pop(kind)[1]).done():  # done: its asker was cancelled
            waiting.set_exception(Superseded())
        if self._deaths > RESTARTS:
            raise BadInput(f"the inference process does not stay up: {self._last_words()}")
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._pending[kind] = (request, answer)
        self._send(request)
        return await answer

    def _send(self, request: Frame) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(request.to_bytes())
            self._process.stdin.flush()
        except OSError:
            return  # it has died; `notices` starts another and repeats what waits

    def _settle(self, frame: Frame) -> None:
        request, answer = self._pending.get(frame.header["kind"], (None, None))
        if request is None or answer is None or request.header["number"] != frame.header["number"]:
            return  # its place was taken meanwhile
        self._deaths = 0
        del self._pending[frame.header["kind"]]
        if answer.done():
            return
        if error := frame.header.get("error"):
            answer.set_exception(BadInput(error))
        else:
            answer.set_result(frame)

    def _give_up(self, message: str) -> None:
        for _, answer in self._pending.values():
            if not answer.done():
                answer.set_exception(BadInput(message))
        self._pending.clear()

    def _last_words(self) -> str:
        self._errors.seek(0)
        lines = self._errors.read().decode("utf-8", "replace").strip().splitlines()
        return printable(lines[-1], 200) if lines else "it said nothing"

    def close(self) -> None:
        """End the process: the end of its input is the signal."""
        assert self._process.stdin is not None and self._process.stdout is not None
        with contextlib.suppress(OSError):  # it may be gone already
            self._process.stdin.close()
        try:
            self._process.wait(1)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._errors.close()
