"""The Train screen by its keys: what its panels say, and which run each screen shows."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from textual.command import CommandPalette
from textual.pilot import Pilot

from aetui.runs.lock import lock_holder
from aetui.tui.app import AetuiApp
from aetui.tui.dialogs.run_table import RunTable
from tests.pilot import messages, opened, panel, shown, text, until
from tests.terminal import launch
from tests.trainers import events, newest_step, train_here, trainer, wait_until

PLANE_SCREENS = ("3", "4", "5")


def copy_run(trained: Path, run: Path, **changes: Any) -> Path:
    """A copy of vae-001 under another name, begun later, with `changes` to its config.json."""
    shutil.copytree(trained / "vae-001", run)
    values = json.loads((run / "config.json").read_text())
    settings = values["hyperparameters"] | changes.pop("hyperparameters", {})
    values |= {"created": time.time(), **changes, "hyperparameters": settings}
    (run / "config.json").write_text(json.dumps(values))
    return run


def rewrite_metrics(run: Path, change: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """Every line of the run's metrics, changed."""
    path = run / "metrics.jsonl"
    records = [change(json.loads(line)) for line in path.read_text().splitlines()]
    path.write_text("".join(json.dumps(record) + "\n" for record in records))


def add_event(run: Path, name: str, message: str = "") -> None:
    record = {"kind": "event", "event": name, "message": message, "time": time.time()}
    with (run / "metrics.jsonl").open("a") as file:
        file.write(json.dumps(record) + "\n")


def is_in(wanted: str, text: Callable[[], str]) -> bool:
    return wanted in text()


async def pick(app: AetuiApp, pilot: Pilot[None], name: str) -> None:
    """Choose the run `name` from the list that `o` opens."""
    await pilot.press("o")
    await until(pilot, lambda: app.screen.query("#runs"))
    await pilot.press(*name, "enter")
    await until(pilot, lambda: not app.screen.query("#runs"))


async def test_every_screen_shows_the_run_that_was_picked(trained: Path, tmp_path: Path) -> None:
    """A, then B, then A again; from a screen of the plane, then from Train."""
    for name in ("aaa", "bbb"):
        copy_run(trained, tmp_path / name)
    async with opened(tmp_path) as (app, pilot):
        for name, home in (("aaa", "5"), ("bbb", "3"), ("aaa", "1"), ("bbb", "1"), ("aaa", "4")):
            await pilot.press(home)
            await until(pilot, lambda: app.screen.query("#top-bar"))
            await pick(app, pilot, name)
            for key in PLANE_SCREENS:
                await pilot.press(key)
                await until(pilot, partial(is_in, name, partial(shown, app, "#top-bar")))
            await pilot.press("1")
            await until(pilot, partial(is_in, name, partial(panel, app, "vae")))


async def test_a_failed_try_leaves_the_screens_to_a_whole_run(
    trained: Path, tmp_path: Path
) -> None:
    copy_run(trained, tmp_path / "good")
    failed = copy_run(trained, tmp_path / "failed")
    shutil.rmtree(failed / "latent")
    for name in ("checkpoint.pt", "previous.pt", "metrics.jsonl"):
        (failed / name).unlink(missing_ok=True)
    add_event(failed, "failed", "It was in vain.")
    async with opened(tmp_path) as (app, pilot):
        await until(pilot, lambda: "It was in vain." in panel(app, "vae"))
        for key in PLANE_SCREENS:
            await pilot.press(key)
            await until(pilot, lambda: "good" in shown(app, "#top-bar"))
            await until(pilot, lambda: not app.screen.has_class("-empty"))


def test_a_long_reason_can_be_read_to_its_end(trained: Path, tmp_path: Path) -> None:
    """At 80 columns, and whatever the data set has to say."""
    run = copy_run(trained, tmp_path / "vae-001", data_note="Skipped: many files. " * 20)
    add_event(run, "failed", "The reason is long, and it goes on and on. " * 12 + "THE-END")
    with launch(tmp_path, size=(80, 24)) as terminal:
        terminal.wait("THE-END")
        terminal.wait("r resumes from the last save")
        terminal.wait("done · dae-mnist")


async def test_the_score_is_shown_as_the_sum_that_it_is(trained: Path, tmp_path: Path) -> None:
    """And the list compares runs with the KL counted once."""
    run = copy_run(trained, tmp_path / "vae-007", hyperparameters={"beta": 4.0})
    epoch = {"test_loss": 156.84, "test_reconstruction": 138.92, "test_kl": 4.48}
    rewrite_metrics(run, lambda record: record | (epoch if record["kind"] == "epoch" else {}))
    async with opened(tmp_path) as (app, pilot):
        await until(pilot, lambda: "vae-007" in panel(app, "vae"))
        assert "156.84 nats = 138.9 reconstruction + 4 × 4.5 KL" in panel(app, "vae")
        await pilot.press("o")
        await until(pilot, lambda: app.screen.query("#runs"))
        listed = app.screen.query_one(RunTable).text
        assert "143.40 nats" in listed
        assert "beta 4" in listed


def test_the_chart_of_a_training_is_there_when_one_comes_back(runs: Path) -> None:
    """A paused one says nothing more: what is not drawn at once is never drawn."""
    run = runs / "vae-001"
    with trainer("vae", runs, "--epochs", "100000") as process:
        wait_until(lambda: newest_step(run) > 100, "steps", process)
        process.send_signal(signal.SIGTSTP)
        wait_until(lambda: "paused" in events(run), "paused", process)
        for _ in range(2):
            with launch(runs) as terminal:
                terminal.wait("paused · vae-001")
                for keys in ((), ("3", "1"), ("5", "1")):
                    terminal.press(*keys)
                    terminal.wait(is_charted)


def is_charted(text: str) -> bool:
    """Whether the left panel of a screen of 120 columns has a curve and a scale beside it."""
    left = [line[:59] for line in text.splitlines()]
    curved = [line for line in left if any("\u2800" < char <= "\u28ff" for char in line)]
    scaled = [line for line in left if re.match(r". +[\d.]+┤", line)]
    return len(curved) > 3 and len(scaled) > 2


async def test_a_start_and_a_resume_are_shown_at_once(runs: Path) -> None:
    async with opened(runs) as (app, pilot):
        await until(pilot, lambda: "Nothing trained yet" in panel(app, "vae"))
        await pilot.press("b")
        for model in ("vae", "dae"):
            await until(pilot, partial(is_in, "Starting", partial(panel, app, model)))
            assert not events(runs / f"{model}-001")
        await pilot.press("b")
        await until(pilot, lambda: any("Both are training already" in m for m in messages(app)))
        await until(pilot, lambda: "running" in panel(app, "vae"))
        await pilot.press("x")
        await until(pilot, lambda: "stopped" in panel(app, "vae"))
        await pilot.press("r")
        await until(pilot, lambda: "Starting vae-001" in panel(app, "vae"))
        assert "resumed" not in events(runs / "vae-001")
        await until(pilot, lambda: "running" in panel(app, "vae"))
        await pilot.press("e")
        await until(pilot, lambda: "vae-001: change while it trains" in text(app))


async def test_x_stops_what_is_starting(trained: Path, runs: Path) -> None:
    copy_run(trained, runs / "vae-001")
    async with opened(runs) as (app, pilot):
        await until(pilot, lambda: "done · vae-001" in panel(app, "vae"))
        await pilot.press("s", "x")
        await until(pilot, lambda: any("Stopping vae-002" in m for m in messages(app)))
        await until(pilot, lambda: "done · vae-001" in panel(app, "vae"))
        assert lock_holder(runs / "vae-002") is None
        assert not (runs / "vae-002" / "config.json").exists()


async def test_the_palette_has_what_the_letters_do(runs: Path) -> None:
    """For keyboards that have other letters: arrows and enter choose from it as well."""
    async with opened(runs) as (app, pilot):
        await until(pilot, lambda: "Nothing trained yet" in panel(app, "vae"))
        for words, state in (("start training", "running"), ("stop training", "stopped")):
            await pilot.press("f2")
            await until(pilot, lambda: isinstance(app.screen, CommandPalette))
            await pilot.press(*words)
            await until(pilot, partial(is_in, words.capitalize(), partial(text, app)))
            await pilot.press("down", "enter")
            await until(pilot, partial(is_in, f"{state} · vae-001", partial(panel, app, "vae")))


async def test_b_does_not_resume_a_run_of_other_data(trained: Path, runs: Path) -> None:
    run = copy_run(trained, runs / "vae-001", data="kmnist", data_requested="kmnist")
    add_event(run, "stopped")
    async with opened(runs) as (app, pilot):
        await until(pilot, lambda: "stopped · vae-001" in panel(app, "vae"))
        await pilot.press("b")
        await until(pilot, lambda: any("vae-001 is of kmnist" in m for m in messages(app)))
        await until(pilot, lambda: "vae-002" in panel(app, "vae"))
    assert "resumed" not in events(run)


def test_the_first_launch_says_what_to_do(runs: Path) -> None:
    with launch(runs) as terminal:
        terminal.wait("Ships with aetui. n walks its plane, b trains your own.")
        terminal.wait("Ships with aetui. d shows it at work, b trains your own.")
        terminal.wait(is_charted)


def test_the_farewell_can_be_followed(runs: Path) -> None:
    folder = runs / "my runs"
    with launch(folder, "--data", "digits") as terminal:
        terminal.wait("Ships with")
        terminal.press("s")
        terminal.wait("images/s")
        terminal.press("q")
        assert terminal.wait_for_end() == 0
        said = " ".join(terminal.raw.decode(errors="replace").split())
        assert f"still training: vae-001 aetui launch --runs '{folder}'" in said
    pid = lock_holder(folder / "vae-001")
    assert pid
    os.kill(pid, signal.SIGKILL)


async def test_a_panel_that_is_added_for_a_run_shows_all_of_it(tmp_path: Path) -> None:
    arguments = ("--data", "digits", "--epochs", "1", "--hidden", "8", "--filters", "2,2")
    assert train_here("conv-vae", tmp_path, *arguments) == 0
    async with opened(tmp_path, size=(120, 40)) as (app, pilot):
        await pilot.press("1")
        await until(pilot, lambda: app.screen.query("#panel-conv-vae .pace"))
        await until(pilot, partial(is_in, "epoch   1.00/1", partial(panel, app, "conv-vae")))
        assert "nats" in shown(app, "#panel-conv-vae .score")
        assert "=" not in shown(app, "#panel-conv-vae .score")  # no half a sum
        await pilot.resize_terminal(240, 40)
        await until(pilot, partial(is_in, "reconstruction +", partial(panel, app, "conv-vae")))
