"""The app's end of the inference process: asks it, keeps it alive, and lets only the latest request of a kind count."""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
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


@dataclass(frozen=True)
class _Question:
    request: Frame
    answer: asyncio.Future[Answer]

    def fail(self, error: Exception) -> None:
        if not self.answer.done():  # done: its asker was cancelled
            self.answer.set_exception(error)


class Inference:
    """A child process that has torch, so that the app need not. `notices` starts it: loading torch would slow the first picture."""

    def __init__(self, data_dir: Path | None = None) -> None:
        self._data_dir = data_dir
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115  (closed with the process)
        self._process: subprocess.Popen[bytes] | None = None
        self._asked: dict[str, _Question] = {}  # by kind: what the process is working on
        self._next: dict[str, _Question] = {}  # what it will be asked after that
        self._number = 0
        self._deaths = 0

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
        cause = ""
        while self._deaths <= RESTARTS:
            self._process = process = self._start()
            for question in self._asked.values():
                self._send(question.request)
            if cause:
                yield Frame({"kind": "restarted", "message": f"the inference process ended ({cause}) and was started again"})
            async for frame in _frames(process):
                if frame.header["kind"] in ("ready", "reloaded"):
                    yield frame
                else:
                    self._settle(frame)
            self._deaths += 1
            code = await asyncio.to_thread(process.wait)
            cause = f"exit code {code}" if code >= 0 else f"signal {-code}"
        self._give_up(message := f"the inference process does not stay up: {self._last_words()}")
        yield Frame({"kind": "given_up", "message": message})

    async def ask(self, kind: str, run: Path, arrays: dict[str, Array] | None = None, **values: Any) -> Answer:
        """The process's answer. `BadInput` with its reason, `Superseded` where a newer request of that kind came."""
        self._number += 1
        request = Frame({"kind": kind, "number": self._number, "run": str(run.absolute()), **values}, arrays or {})
        if self._deaths > RESTARTS:
            raise BadInput(f"the inference process does not stay up: {self._last_words()}")
        question = _Question(request, asyncio.get_running_loop().create_future())
        if kind in self._asked:
            # One at a time: a held key must not fill the pipe with questions whose answers nobody wants any more.
            if kind in self._next:
                self._next[kind].fail(Superseded())
            self._next[kind] = question
        else:
            self._asked[kind] = question
            self._send(request)
        return await question.answer

    def _send(self, request: Frame) -> None:
        if self._process is None:
            return  # `notices` sends what waits
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(request.to_bytes())
            self._process.stdin.flush()
        except OSError:
            return  # it has died; `notices` starts another and repeats what waits

    def _settle(self, frame: Frame) -> None:
        """Hand an answer to whoever asked, and send on the question that has waited for its turn."""
        kind = frame.header["kind"]
        question = self._asked.get(kind)
        if question is None or question.request.header["number"] != frame.header["number"]:
            return  # the answer of a process that has been started again meanwhile
        self._deaths = 0
        del self._asked[kind]
        if error := frame.header.get("error"):
            question.fail(BadInput(error))
        elif not question.answer.done():  # done: its asker was cancelled
            question.answer.set_result(frame)
        if kind in self._next:
            self._asked[kind] = self._next.pop(kind)
            self._send(self._asked[kind].request)

    def _give_up(self, message: str) -> None:
        for question in (*self._asked.values(), *self._next.values()):
            question.fail(BadInput(message))
        self._asked.clear()
        self._next.clear()

    def _last_words(self) -> str:
        self._errors.seek(0)
        lines = self._errors.read().decode("utf-8", "replace").strip().splitlines()
        return printable(lines[-1], 200) if lines else "it said nothing"

    def close(self) -> None:
        """End the process. It has nothing to lose, and may be loading torch for seconds yet: nobody who leaves should wait for that."""
        if self._process is None:
            return
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):  # it may be gone already
            self._process.stdin.close()
        self._process.terminate()
        try:
            self._process.wait(1)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._errors.close()


async def _frames(process: subprocess.Popen[bytes]) -> AsyncIterator[Frame]:
    """The frames that the process sends, to its end."""
    assert process.stdout is not None
    reader = asyncio.StreamReader(limit=1 << 26)
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), process.stdout)
    try:
        while True:
            header, body = LENGTH.unpack(await reader.readexactly(LENGTH.size))
            yield Frame.from_parts(await reader.readexactly(header), await reader.readexactly(body))
    except (asyncio.IncompleteReadError, OSError):
        return
    finally:
        transport.close()
