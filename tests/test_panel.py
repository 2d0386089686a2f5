"""What goes wrong with a training stands in its panel, with the keys that help."""

from __future__ import annotations

import os
import re
import signal
from pathlib import Path

import pytest

from aetui.runs.lock import lock_holder
from tests.terminal import Terminal, launch
from tests.trainers import events, newest_step, records, train_here, trainer, wait_until

resource = pytest.importorskip("resource")
needs_prlimit = pytest.mark.skipif(
    not hasattr(resource, "prlimit"), reason="only Linux changes another process's limits"
)
ENDLESS = ("--epochs", "100000")


def in_a_line(text: str) -> str:
    """The words of the left panel, or of a whole narrow screen, wherever a line was broken."""
    lines = text.splitlines()
    width = max(map(len, lines), default=0)
    shown = [line[: width // 2] if width > 80 else line for line in lines]
    return " ".join(re.sub("[│┃]", " ", "\n".join(shown)).split())


def wait_for_words(terminal: Terminal, words: str, patience: float = 60) -> None:
    terminal.wait(lambda text: words in in_a_line(text), patience)


def holder(run: Path) -> int:
    """The trainer's pid, once it has the lock."""
    wait_until(lambda: lock_holder(run), "a trainer")
    pid = lock_holder(run)
    assert pid is not None
    return pid


def test_a_killed_trainer_is_told_and_resumed(runs: Path) -> None:
    run = runs / "vae-001"
    with launch(runs, "--data", "digits", size=(80, 24)) as terminal:
        terminal.wait("done")
        terminal.press("s")
        terminal.wait("images/s")
        pid = holder(run)
        # Where a trainer's output goes: a megabyte of what would clear the screen.
        with (run / "log.txt").open("ab") as log:
            log.write(b"\x1b[2J\x1b[31mHOSTILE\x1b]0;HOSTILE\x07\n" * 40_000)
        terminal.read(1.5)
        os.kill(pid, signal.SIGKILL)
        wait_for_words(terminal, "SIGKILL")
        wait_for_words(terminal, "r resumes from the last save")
        terminal.wait(lambda text: "log.txt" in in_a_line(text).replace(" ", ""))
        assert not Path(f"/proc/{pid}").exists(), "a zombie"
        assert lock_holder(run) is None
        assert b"HOSTILE" not in terminal.raw
        terminal.press("r")
        wait_until(lambda: "resumed" in events(run), "resumed")
        step = newest_step(run)
        wait_until(lambda: newest_step(run) > step, "further steps")
        terminal.wait("running")


@needs_prlimit
def test_a_refused_save_is_told_for_as_long_as_it_lasts_and_a_death_too(runs: Path) -> None:
    """The trainer is not this app's child: of its death it sees only a lock that nobody holds."""
    run = runs / "vae-001"
    with trainer("vae", runs, *ENDLESS, "--save-every", "0") as process, launch(runs) as terminal:
        wait_until(lambda: "saved" in events(run), "a save", process)
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (100_000, resource.RLIM_INFINITY))
        wait_for_words(terminal, "could not be saved (File too large); it goes on, and tries again")
        terminal.wait("running")
        resource.prlimit(
            process.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
        )
        terminal.wait(lambda text: "could not" not in text)
        process.kill()
        process.wait()
        wait_for_words(terminal, "It ended without giving a reason (killed, or out of memory?).")


def test_a_divergence_is_told_with_its_cure(runs: Path) -> None:
    assert train_here("vae", runs, "--lr", "1", "--hidden", "512,256,128", "--epochs", "12") == 1
    with launch(runs) as terminal:
        wait_for_words(terminal, "start again with less than --lr 1")
        wait_for_words(terminal, "the loss")
        wait_for_words(terminal, "e starts a new run with other settings")


def test_a_killed_inference_process_is_told_and_the_walk_goes_on(trained: Path) -> None:
    with launch(trained, size=(80, 24)) as terminal:
        terminal.wait("done")
        terminal.press("n")
        terminal.wait("density")
        terminal.wait("▀")
        children = Path(f"/proc/{terminal.pid}/task/{terminal.pid}/children").read_text().split()
        served = [
            int(pid)
            for pid in children
            if b"aetui.ml.serve" in Path(f"/proc/{pid}/cmdline").read_bytes()
        ]
        assert len(served) == 1
        os.kill(served[0], signal.SIGKILL)
        wait_for_words(terminal, "was started again")
        before = terminal.text()
        terminal.press("L")
        terminal.wait("+0.50")
        terminal.wait(lambda text: digit(text) != digit(before))


def digit(text: str) -> list[str]:
    return [line[:60] for line in text.splitlines()[1:30]]


def test_bad_checkpoints_are_told_and_the_app_stays_up(runs: Path) -> None:
    assert train_here("vae", runs, "--epochs", "1") == 0
    for name in ("checkpoint.pt", "previous.pt"):
        (runs / "vae-001" / name).write_bytes(b"rubbish")
    with launch(runs, size=(80, 24)) as terminal:
        terminal.wait("done")
        terminal.press("n")
        wait_for_words(terminal, "vae-001 has no usable checkpoint")
        terminal.press("t")
        terminal.wait("Denoising autoencoder")
        terminal.press("q")
        assert terminal.wait_for_end() == 0


def test_two_apps_on_one_folder_agree(runs: Path) -> None:
    with (
        launch(runs, "--data", "digits") as one,
        launch(runs, "--data", "digits", size=(80, 24)) as two,
    ):
        for terminal in (one, two):
            terminal.wait("done")
        one.press("s")
        one.wait("images/s")
        two.wait("images/s")
        two.press("s")
        two.wait("vae-001 is still training")
        two.press("x")
        for terminal in (two, one):
            terminal.wait("stopped")
        one.press("r")
        for terminal in (one, two):
            terminal.wait("running")
    assert len(list(runs.glob("vae-*"))) == 1
    taken = [record["step"] for record in records(runs / "vae-001", "step")]
    assert taken == sorted(set(taken)), "two wrote to one run"


def resident(pid: int) -> int:
    """The memory of a process, in bytes."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def test_a_frozen_viewer_holds_up_nothing_and_catches_up(runs: Path) -> None:
    """How little it costs the training is measured by `aetui bench screen`."""
    run = runs / "vae-001"
    with trainer("vae", runs, *ENDLESS) as process, launch(runs) as terminal:
        terminal.wait("images/s")
        memory = resident(terminal.pid)
        os.kill(terminal.pid, signal.SIGSTOP)
        before = len(records(run, "epoch"))
        wait_until(lambda: len(records(run, "epoch")) >= before + 20, "20 epochs", process)
        os.kill(terminal.pid, signal.SIGCONT)
        epochs = len(records(run, "epoch"))
        terminal.wait(lambda text: shown_epoch(text) >= epochs)
        assert resident(terminal.pid) - memory < 30e6


def shown_epoch(text: str) -> float:
    return max(map(float, re.findall(r"epoch +([\d.]+)/", in_a_line(text))), default=0.0)
