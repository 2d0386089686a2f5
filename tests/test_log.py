"""The log of a run, followed from its last 64 KiB on, and harmless whatever is in it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from aetui.bench.pseudoterminal import WHEEL_DOWN, WHEEL_UP
from aetui.runs.log_tail import LogTail
from tests.pilot import messages, opened, panel, run_command, text, until
from tests.terminal import launch
from tests.test_train_screen import add_event

HOSTILE = b"\x1b[2J\x1b]0;HOSTILE\x07\x1b[31mred\x9b31m"


@pytest.fixture
def logged(trained: Path, runs: Path) -> Path:
    """A folder with the run vae-001 and a log of 200,000 lines."""
    shutil.copytree(trained / "vae-001", runs / "vae-001")
    lines = b"".join(b"line %06d\n" % number for number in range(200_000))
    (runs / "vae-001" / "log.txt").write_bytes(lines)
    return runs


def append(runs: Path, added: bytes) -> None:
    with (runs / "vae-001" / "log.txt").open("ab") as log:
        log.write(added)


def test_a_log_is_read_from_near_its_end_and_then_as_it_grows(logged: Path) -> None:
    tail = LogTail(logged / "vae-001")
    lines = tail.read()
    assert lines is not None
    assert tail.restarted
    assert lines[-1] == "line 199999"
    assert len(lines) == (1 << 16) // len(b"line 000000\n")
    assert lines[0] == f"line {200_000 - len(lines)}"
    append(logged, b"new\r\n\nand ha")
    assert (tail.read(), tail.restarted) == (["new", ""], False)
    append(logged, b"lf\n")
    assert tail.read() == ["and half"]
    append(logged, b"no end")
    assert [tail.read(), tail.read(), tail.read()] == [[], ["no end"], []]
    append(logged, b"x" * 100_000 + b"\nlast\n")
    assert (tail.read(), tail.restarted) == (["last"], True)
    (logged / "vae-001" / "log.txt").write_bytes(b"another\n")
    assert (tail.read(), tail.restarted) == (["another"], True)
    assert LogTail(logged).read() is None


@pytest.mark.parametrize(
    "rubbish",
    [
        HOSTILE * 5000,
        bytes(range(256)) * 4096,
        b"\r" * 1_000_000,
        b"\xe2\x80\xae\xf0\x9f" * 200_000,
    ],
)
def test_a_hostile_log_is_short_and_printable(rubbish: bytes, tmp_path: Path) -> None:
    (tmp_path / "log.txt").write_bytes(b"first\n" + rubbish + b"\n")
    lines = LogTail(tmp_path).read()
    assert lines is not None
    assert len(lines) <= 10_000
    for line in lines:
        assert len(line) <= 2000
        assert line.isprintable()


def test_a_log_is_followed_in_a_terminal_until_one_scrolls_up(logged: Path) -> None:
    with launch(logged, size=(80, 24)) as terminal:
        terminal.wait("done")
        terminal.press("L")
        terminal.wait("line 199999")
        append(logged, HOSTILE + b"\n[b]tail[/b]\n")
        shown = terminal.wait("[b]tail[/b]")
        assert "�[2J�]0;HOSTILE�" in shown
        assert "line 199999" in shown
        assert "following" in shown
        for _ in range(3):
            terminal.turn_wheel(WHEEL_UP, 30, 10)
        terminal.wait("follow again")
        top = terminal.wait(lambda text: "[b]tail[/b]" not in text).splitlines()[2]
        append(logged, b"unseen\n")
        terminal.read(1.5)
        assert terminal.text().splitlines()[2] == top
        for _ in range(5):
            terminal.turn_wheel(WHEEL_DOWN, 30, 10)
        terminal.wait("unseen")
        terminal.wait("following")
        append(logged, b"seen\n")
        terminal.wait("\n│ seen")
        terminal.press("home")
        terminal.wait(lambda text: "seen" not in text)
        terminal.press("end")
        terminal.wait("\n│ seen")
        terminal.press("esc")
        terminal.wait(lambda text: "Log of" not in text)
        assert b"\x1b]0;HOSTILE" not in terminal.raw
        assert b"\x1b[2J\x1b" not in terminal.raw.partition(b"line 199999")[2]


async def test_the_palette_opens_the_log_and_a_run_without_one_says_so(logged: Path) -> None:
    (logged / "vae-001" / "log.txt").unlink()
    async with opened(logged) as (app, pilot):
        await until(pilot, lambda: "done · vae-001" in panel(app, "vae"))
        await run_command(app, pilot, "Log")
        await until(pilot, lambda: "vae-001 has no log" in text(app))
        append(logged, b"now there is one\n")
        await until(pilot, lambda: "now there is one" in text(app))
        await pilot.press("escape", "right", "L")
        await until(pilot, lambda: any("no dae run yet" in said for said in messages(app)))


async def test_a_failed_panel_names_the_key_of_the_log(logged: Path) -> None:
    add_event(logged / "vae-001", "failed", "Out of memory.")
    append(logged, b"Traceback: the reason\n")
    async with opened(logged) as (app, pilot):
        await until(pilot, lambda: "L shows the log" in panel(app, "vae"))
        await pilot.press("L")
        await until(pilot, lambda: "Traceback: the reason" in text(app))
