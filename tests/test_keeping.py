"""Runs are noted about, renamed and deleted, from a shell and from the list of runs."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from aetui.cli.main import main
from aetui.runs.directory import shipped_runs
from aetui.runs.keeping import delete_run
from aetui.runs.lock import hold_lock
from aetui.tui.dialogs.run_table import RunTable
from tests.pilot import AETUI, messages, opened, panel, run_command, text, until
from tests.test_settings_form import field
from tests.trainers import events, newest_step, trainer, wait_until


@pytest.fixture
def kept(trained: Path, runs: Path) -> Path:
    """A folder with the runs good and bad; bad is the newer."""
    for number, name in enumerate(("good", "bad")):
        shutil.copytree(trained / "vae-001", runs / name)
        config = json.loads((runs / name / "config.json").read_text())
        config["created"] += number
        (runs / name / "config.json").write_text(json.dumps(config))
    return runs


def aetui(*arguments: str, runs: Path) -> int:
    return main([*arguments, "--runs", str(runs)])


def test_a_shell_notes_renames_and_deletes(kept: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert aetui("note", "good", "  the one\x1b[2J for\nthe paper ", runs=kept) == 0
    assert aetui("mv", "good", "better", runs=kept) == 0
    assert aetui("rm", "bad", "--yes", runs=kept) == 0
    capsys.readouterr()
    assert aetui("runs", "--json", runs=kept) == 0
    [listed] = json.loads(capsys.readouterr().out)
    assert listed["run"] == "better"
    assert listed["note"] == "the one\N{REPLACEMENT CHARACTER}[2J for the paper"
    assert aetui("runs", runs=kept) == 0
    assert "for the paper" in capsys.readouterr().out
    assert aetui("note", "better", "", runs=kept) == 0
    assert [path.name for path in kept.iterdir()] == ["better"]
    assert not (kept / "better" / "note.txt").exists()


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("rm", "bad"), "add --yes"),
        (("rm", "none", "--yes"), "none is not a run in"),
        (("rm", "none"), "none is not a run in"),
        (("rm", "bad", "none", "--yes"), "none is not a run in"),
        (("rm", "vae-mnist", "--yes"), "vae-mnist comes with aetui"),
        (("rm", "../good", "--yes"), "cannot name a run"),
        (("mv", "bad", "good"), "there is already a run good in"),
        (("mv", "bad", "../x"), "cannot name a run"),
        (("note", "none", "words"), "none is not a run in"),
    ],
)
def test_what_cannot_be_done_is_refused(
    arguments: tuple[str, ...], reason: str, kept: Path
) -> None:
    command = [AETUI, *arguments, "--runs", str(kept)]
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert reason in done.stderr
    assert sorted(path.name for path in kept.iterdir()) == ["bad", "good"]


def test_what_is_trained_or_comes_with_aetui_stays(
    runs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with trainer("vae", runs, "--epochs", "100000") as process:
        wait_until(lambda: newest_step(runs / "vae-001") > 0, "steps", process)
        for command in (("rm", "vae-001", "--yes"), ("mv", "vae-001", "other")):
            assert aetui(*command, runs=runs) == 2
            assert "is being trained by process" in capsys.readouterr().err
        assert aetui("note", "vae-001", "still going", runs=runs) == 0
        assert process.poll() is None
    for command in (
        ("rm", "vae-mnist", "--yes"),
        ("mv", "vae-mnist", "x"),
        ("note", "vae-mnist", "x"),
    ):
        assert aetui(*command, runs=shipped_runs()) == 2
        assert "comes with aetui" in capsys.readouterr().err


async def test_the_list_notes_renames_and_deletes(kept: Path) -> None:
    async with opened(kept) as (app, pilot):
        await until(pilot, lambda: "done · bad" in panel(app, "vae"))
        await pilot.press("o")
        await until(pilot, lambda: app.screen.query("#runs"))
        table = app.screen.query_one(RunTable)
        assert [run.name for run in table.runs] == ["bad", "good"]
        await pilot.press("f3", *"for nothing", "enter")
        await until(pilot, lambda: "for nothing" in table.text)
        await pilot.press(*"nothing")
        await until(pilot, lambda: [run.name for run in table.runs] == ["bad"])
        await pilot.press("f2", *["backspace"] * 3, *"worse", "enter")
        await until(pilot, lambda: [run.name for run in table.runs] == ["worse"])
        await pilot.press("f8", "n", "f8", "enter", "escape")
        await pilot.press(*["backspace"] * 7)
        await until(pilot, lambda: [run.name for run in table.runs] == ["worse", "good"])
        await pilot.press("home", "pageup", "f8", "y")
        await until(pilot, lambda: [run.name for run in table.runs] == ["good"])
        await pilot.press("escape")
        await until(pilot, lambda: "done · good" in panel(app, "vae"))
    assert [path.name for path in kept.iterdir()] == ["good"]


async def test_the_palette_does_the_same_to_the_run_on_the_screen(kept: Path) -> None:
    async with opened(kept, data="mnist") as (app, pilot):
        await until(pilot, lambda: "done · bad" in panel(app, "vae"))
        await run_command(app, pilot, "Note")
        await until(pilot, lambda: app.screen.query("#line"))
        await pilot.press(*"for nothing", "enter")
        await until(pilot, (kept / "bad" / "note.txt").exists)
        await run_command(app, pilot, "Rename run")
        await until(pilot, lambda: app.screen.query("#line"))
        await pilot.press(*["backspace"] * 3, *"worse", "enter")
        await until(pilot, lambda: "done · worse" in panel(app, "vae"))
        await run_command(app, pilot, "Duplicate settings")
        await until(pilot, lambda: app.screen.query("#form"))
        assert field(app, "hidden").value == "64,32"
        await pilot.press("escape", "o")
        await until(pilot, lambda: app.screen.query("#runs"))
        await run_command(app, pilot, "Delete run")
        await until(pilot, lambda: "Delete worse" in text(app))
        await pilot.press("y")
        table = app.screen.query_one(RunTable)
        await until(pilot, lambda: [run.name for run in table.runs] == ["good"])
        await run_command(app, pilot, "Duplicate settings")
        await until(pilot, lambda: app.screen.query("#form"))
    assert [path.name for path in kept.iterdir()] == ["good"]


async def test_a_run_that_stays_is_refused_before_a_question(kept: Path) -> None:
    async with opened(kept) as (app, pilot):
        await until(pilot, lambda: "done · bad" in panel(app, "vae"))
        await pilot.press("o")
        await until(pilot, lambda: app.screen.query("#runs"))
        screen = app.screen
        with hold_lock(kept / "bad"):
            await pilot.press("f8")
            await until(pilot, lambda: any("stop it first" in said for said in messages(app)))
            app.clear_notifications()
            await pilot.press("f2")
            await until(pilot, lambda: any("stop it first" in said for said in messages(app)))
            assert app.screen is screen
            await pilot.press("f3", *"kept", "enter")
            await until(pilot, (kept / "bad" / "note.txt").exists)


async def test_the_list_folds_its_columns_and_keeps_its_place(kept: Path) -> None:
    (kept / "bad" / "note.txt").write_text("a note of so many words that it needs a line\n")
    async with opened(kept, size=(80, 24)) as (app, pilot):
        await until(pilot, lambda: "done · bad" in panel(app, "vae"))
        await pilot.press("o")
        await until(pilot, lambda: app.screen.query("#runs"))
        await until(pilot, lambda: "a note of so many words that it needs a line" in text(app))
        assert "changed settings" not in text(app)
        await pilot.press("down")
        await until(pilot, lambda: "a note of" not in text(app))
        assert "epochs 2, hidden 64,32" in text(app)
        shutil.copytree(kept / "bad", kept / "newer")
        table = app.screen.query_one(RunTable)
        await until(pilot, lambda: len(table.runs) == 3)
        assert table.chosen is not None
        assert table.chosen.name == "good"
        delete_run(kept / "good")
        await until(pilot, lambda: len(table.runs) == 2)
        assert table.cursor == 1
        await pilot.resize_terminal(140, 40)
        await until(pilot, lambda: "note, changed settings" in text(app))
        assert text(app).count("a note of so many words that it needs a line") == 2


async def test_a_new_run_takes_over_settings(kept: Path) -> None:
    async with opened(kept, data="mnist") as (app, pilot):
        await until(pilot, lambda: "done · bad" in panel(app, "vae"))
        await pilot.press("o")
        await until(pilot, lambda: app.screen.query("#runs"))
        await pilot.press("f4")
        await until(pilot, lambda: app.screen.query("#form"))
        values = {name: field(app, name).value for name in ("data", "epochs", "hidden", "beta")}
        assert values == {"data": "digits", "epochs": "2", "hidden": "64,32", "beta": ""}


async def test_read_only_changes_nothing(kept: Path) -> None:
    before = sorted(path for path in kept.rglob("*"))
    async with opened(kept, read_only=True) as (app, pilot):
        await until(pilot, lambda: "done · bad" in panel(app, "vae"))
        for keys in (
            ("s",),
            ("b",),
            ("e",),
            ("x",),
            ("r",),
            ("o", "f8"),
            ("f2",),
            ("f3",),
            ("f4",),
        ):
            app.clear_notifications()
            await until(pilot, lambda: not messages(app))
            await pilot.press(*keys)
            await until(pilot, lambda: any("--read-only" in text for text in messages(app)))
    assert sorted(path for path in kept.rglob("*")) == before


def test_a_training_is_watched_as_text(runs: Path) -> None:
    with trainer("vae", runs, "--epochs", "3") as process:
        wait_until(lambda: events(runs / "vae-001"), "its beginning", process)
        command = [AETUI, "watch", "vae-001", "--runs", str(runs)]
        as_text = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        as_json = subprocess.Popen([*command, "--json"], stdout=subprocess.PIPE, text=True)
        text, lines = as_text.communicate()[0], as_json.communicate()[0].splitlines()
    assert (as_text.returncode, as_json.returncode) == (0, 0)
    assert [line.split()[1] for line in text.splitlines() if line.startswith("epoch")] == list(
        "123"
    )
    assert text.splitlines()[-1].startswith("done")
    records = [json.loads(line) for line in lines]
    assert [record["epoch"] for record in records if record["kind"] == "epoch"] == [1, 2, 3]
    assert {record["run"] for record in records} == {"vae-001"}


def test_watching_a_failure_says_so_by_its_exit_code(runs: Path) -> None:
    with trainer("vae", runs, "--epochs", "100000") as process:
        wait_until(lambda: newest_step(runs / "vae-001") > 0, "steps", process)
        command = [AETUI, "watch", "vae-001", "--runs", str(runs)]
        watcher = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        process.kill()
        assert watcher.wait(60) == 1
