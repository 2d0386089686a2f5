"""Draws figures beside the app: each is an `aetui figure` in a process of its own."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from aetui.errors import BadInput, printable
from aetui.processes.children import child_environment, python_command
from aetui.processes.priority import deprioritise
from aetui.runs.directory import temporary_beside

LONGEST_LINE: Final = 300  # characters of what it says that are shown
GRACE: Final = 5.0  # seconds that it has to end
SENTENCE: Final = "aetui: "  # before a refusal


async def draw_figure(arguments: Sequence[str], output: Path, tell: Callable[[str], None]) -> None:
    """Run `aetui figure` with these arguments, into `output`; `tell` is given its progress.

    `BadInput` with its own sentence where it fails. A cancelled task ends it, and leaves no file.
    """
    process = await asyncio.create_subprocess_exec(
        *python_command("aetui"),
        *("figure", *arguments, "--progress"),
        stdin=DEVNULL,
        stdout=DEVNULL,
        stderr=PIPE,
        start_new_session=True,
        env=child_environment(),
    )
    with contextlib.suppress(OSError):  # it may have ended already
        deprioritise(process.pid)
    try:
        said = await _follow(process, tell)
        code = await process.wait()
    finally:
        if process.returncode is None:
            await _end(process, output)
    if code:
        raise BadInput(said or f"the figure could not be drawn (exit code {code}).")


async def _end(process: Process, output: Path) -> None:
    """Interrupt it, so that it takes its unfinished file away; where that takes long, kill it.

    On a busy machine it may get no time at all: it runs at the lowest priority.
    """
    process.send_signal(signal.SIGINT)
    try:
        async with asyncio.timeout(GRACE):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
        unfinished = temporary_beside(output, process.pid)
        await asyncio.to_thread(unfinished.unlink, missing_ok=True)


async def _follow(process: Process, tell: Callable[[str], None]) -> str:
    """Pass on each line that it says; its refusal, else its last line."""
    assert process.stderr is not None
    said = ""
    async for line in process.stderr:
        text = printable(line.decode("utf-8", "replace").strip(), LONGEST_LINE)
        if text and not said.startswith(SENTENCE):
            said = text
            tell(text)
    return said.removeprefix(SENTENCE)


def figure_arguments(
    kind: str,
    run: Path,
    output: Path,
    options: Sequence[str] = (),
    data_dir: Path | None = None,
    own_model: str | None = None,
) -> list[str]:
    """The arguments of `aetui figure` for this figure of `run`."""
    places = ["--runs", str(run.parent.absolute()), "--run", run.name, "-o", str(output)]
    if data_dir is not None:
        places += ["--data-dir", str(data_dir.absolute())]
    if own_model is not None:
        places += ["--model", own_model]
    return [kind, *places, *options]
