"""Settings that change while a run trains: noted in the run, repeated by whoever resumes it."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from aetui.cli.main import main
from aetui.ml import checkpoint
from aetui.ml.opened_run import open_run
from aetui.ml.training.schedule import Schedule
from aetui.runs.directory import CHANGE, read_config
from tests.pilot import messages, opened, panel, run_command, text, until
from tests.test_exact_resume import assert_equal_runs
from tests.trainers import (
    command,
    curve,
    events,
    files,
    newest_step,
    records,
    train_here,
    trainer,
    wait_until,
)

LONG = ("--epochs", "100000")


def change(run: Path, *options: str) -> int:
    return main(["change", run.name, "--runs", str(run.parent), *options])


def changed(run: Path) -> list[tuple[str, float, float]]:
    found = [record for record in records(run, "event") if record["event"] == "changed"]
    return [(record["setting"], record["old"], record["new"]) for record in found]


def test_rate_and_weight_change_between_two_steps_and_a_resumed_run_repeats_it(
    tmp_path: Path,
) -> None:
    run = tmp_path / "one" / "vae-001"
    options = ("--epochs", "80", "--seed", "7", "--lr", "0.002", "--save-every", "0")
    with trainer("vae", run.parent, *options) as process:
        wait_until(lambda: newest_step(run) >= 22, "an epoch", process)
        process.send_signal(signal.SIGTSTP)  # it may be done before it is asked
        wait_until(lambda: events(run)[-1] == "paused", "paused", process)
        shutil.copyfile(run / "previous.pt", tmp_path / "early.pt")
        assert change(run, "--lr", "5e-4", "--beta", "4") == 0
        process.send_signal(signal.SIGCONT)
        assert process.wait(60) == 0
    assert changed(run) == [("lr", 0.002, 0.0005), ("beta", 1.0, 4.0)]
    at = next(record["step"] for record in records(run, "event") if record["event"] == "changed")
    settings = read_config(run).hyperparameters
    assert settings.lr == 0.002, "config.json says how it began"
    old, new = Schedule.of(settings, 1437), Schedule.of(settings, 1437)
    object.__setattr__(new, "peaks", ((0, 5e-4),))
    for line in records(run, "step"):
        schedule = old if line["step"] <= at else new
        assert line["lr"] == pytest.approx(schedule.learning_rate(line["step"] - 1))
    for line in records(run, "epoch"):
        beta = 1 if line["step"] <= at else 4
        assert line["test_loss"] == pytest.approx(
            line["test_reconstruction"] + beta * line["test_kl"]
        )

    again = Path(shutil.copytree(run, tmp_path / "two" / run.name))
    shutil.move(tmp_path / "early.pt", again / "checkpoint.pt")
    (again / "previous.pt").unlink()
    assert checkpoint.restore(again)[1]["step"] <= at
    assert train_here("vae", again.parent, "--resume", run.name) == 0
    assert_equal_runs(again, run)
    assert open_run(again).config.hyperparameters["beta"] == 4


def test_a_change_of_a_paused_run_holds_from_its_next_step(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = tmp_path / "dae-001"
    with trainer("dae", tmp_path, *LONG) as process:
        wait_until(lambda: newest_step(run) > 0, "a step", process)
        process.send_signal(signal.SIGTSTP)
        wait_until(lambda: events(run)[-1] == "paused", "paused", process)
        assert change(run, "--sigma", "0.25") == 0
        assert "is paused; it changes when it goes on" in capsys.readouterr().out
        assert change(run, "--sigma", "0.3") == 2
        assert "is asked to change already" in capsys.readouterr().err
        process.send_signal(signal.SIGCONT)
        wait_until(lambda: changed(run), "changed", process)
        last = records(run, "event")[-1]
        assert (last["event"], last["new"]) == ("changed", 0.25)
        assert last["step"] == records(run, "event")[-2]["step"]
        wait_until(lambda: not (run / CHANGE).exists(), "taken away", process)
        process.terminate()
        process.wait(60)
    assert events(run)[-1] == "stopped"


def test_what_cannot_change_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = tmp_path / "vae-001"

    def refused(*options: str) -> str:
        assert change(run, *options) == 2
        error = capsys.readouterr().err
        assert error.startswith("aetui: ")
        assert len(error.splitlines()) == 1
        return error

    assert "vae-001 is not a run" in refused("--lr", "1e-4")
    with trainer("vae", tmp_path, *LONG) as process:
        wait_until(lambda: newest_step(run) > 0, "a step", process)
        assert "epochs cannot change while a run trains: only lr and beta" in refused(
            "--epochs", "5"
        )
        assert "--sigma is not a setting of vae" in refused("--sigma", "0.2")
        assert "lr must lie between" in refused("--lr", "7")
        assert "say what is to change: lr, beta" in refused()
        beta = read_config(run).hyperparameters["beta"]
        assert "it has these values already" in refused("--beta", f"{beta}")
        assert change(run, "--lr", "5e-4", "--beta", "4") == 0
        assert "→ 0.0005, beta 1 → 4, from epoch" in capsys.readouterr().out
        process.terminate()
        process.wait(60)
    before = files(run)
    assert "vae-001 is not training" in refused("--lr", "1e-4")
    beat = {"host": "far-away", "pid": 7, "processes": "other", "started": "1", "time": time.time()}
    (run / "heartbeat").write_text(json.dumps(beat))
    assert "trains on far-away; change it from there" in refused("--lr", "1e-4")
    (run / "heartbeat").unlink()
    assert files(run) == before


def test_a_request_that_nobody_took_is_void_and_rubbish_does_no_harm(tmp_path: Path) -> None:
    run = tmp_path / "vae-001"
    assert train_here("vae", tmp_path, "--epochs", "1") == 0
    left = {"number": "1", "settings": {"lr": 0.5}}
    (run / CHANGE).write_text(json.dumps(left))
    assert train_here("vae", tmp_path, "--resume", run.name, "--epochs", "2") == 0
    assert not changed(run)
    with trainer("vae", tmp_path, "--resume", run.name, *LONG) as process:
        wait_until(lambda: newest_step(run) > 50, "steps", process)
        for rubbish in ("{", '{"number": 1, "settings": {"lr": 1e999}}', '{"settings": 3}', "[]"):
            (run / "new").write_text(rubbish)
            (run / "new").rename(run / CHANGE)
            wait_until(lambda: not (run / CHANGE).exists(), "taken", process)
        process.terminate()
        process.wait(60)
    assert not changed(run)


def test_processes_that_train_together_change_at_one_step(tmp_path: Path) -> None:
    """What they do with it is what one process does that repeats it."""
    launcher = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    run = tmp_path / "two" / "vae-001"
    options = ("--epochs", "60", "--save-every", "0")
    process = subprocess.Popen(
        [sys.executable, *launcher, "-m", "aetui", *command("vae", run.parent, *options)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_until(lambda: newest_step(run) >= 22, "an epoch", process)
        shutil.copyfile(run / "checkpoint.pt", tmp_path / "early.pt")
        assert change(run, "--lr", "2e-4", "--beta", "3") == 0
        assert process.wait(60) == 0
    finally:
        process.kill()
        process.wait()
    again = Path(shutil.copytree(run, tmp_path / "one" / run.name))
    shutil.move(tmp_path / "early.pt", again / "checkpoint.pt")
    assert train_here("vae", again.parent, "--resume", run.name) == 0
    assert len(changed(run)) == 2
    ours, theirs = (
        [line["loss"] for line in curve(folder) if line["kind"] == "step"]
        for folder in (again, run)
    )
    assert ours == pytest.approx(theirs, rel=1e-3)


OWN = """
from torch import nn
class Own(nn.Module):
    def __init__(self, image_shape, latent_dim=2, {parameters}):
        super().__init__()
        self.image_shape = image_shape
        values = image_shape[0] * image_shape[1] * image_shape[2]
        self.into, self.out = nn.Linear(values, latent_dim), nn.Linear(latent_dim, values)
        {keeps}
    def encode(self, images):
        return self.into(images.flatten(1))
    def decode(self, codes):
        return self.out(codes).view(-1, *self.image_shape)
    def loss(self, images):
        codes = self.encode(images)
        error = (self.decode(codes).sigmoid() - images).square().mean()
        return error + self.{weight} * codes.square().mean()
"""


@pytest.mark.parametrize(
    ("keeps", "weight", "can"),
    [("self.beta = beta", "beta", "lr and beta"), ("self.half = beta / 2", "half", "lr")],
)
def test_a_model_of_ones_own_changes_what_it_looks_up_each_time(
    keeps: str, weight: str, can: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "own.py"
    file.write_text(OWN.format(parameters="beta=0.5", keeps=keeps, weight=weight))
    run = tmp_path / "runs" / "own-001"
    options = ("--hidden", "", "--data", "digits", *LONG)
    words = command(f"{file}:Own", run.parent, *options)
    words = [word for word in words if word not in ("--hidden", "")]
    process = subprocess.Popen([sys.executable, "-m", "aetui", *words], stdout=subprocess.DEVNULL)
    try:
        wait_until(lambda: newest_step(run) > 0, "a step", process)
        code = change(run, "--beta", "2")
        said = capsys.readouterr()
        if can == "lr":
            assert code == 2
            assert f"beta cannot change while a run trains: only {can} can" in said.err
        else:
            assert code == 0
            assert changed(run) == [("beta", 0.5, 2.0)]
    finally:
        process.terminate()
        process.wait()


async def test_e_on_a_training_changes_it_and_the_panel_says_so(runs: Path) -> None:
    run = runs / "vae-001"
    with trainer("vae", runs, *LONG, "--lr", "0.002") as process:
        wait_until(lambda: newest_step(run) > 0, "a step", process)
        async with opened(runs) as (app, pilot):
            await until(pilot, lambda: "running · vae-001" in panel(app, "vae"))
            await pilot.press("e")
            await until(pilot, lambda: "vae-001: change while it trains" in text(app))
            assert "weight of the KL" in text(app)
            assert "latent_dim" not in text(app)
            await pilot.press(*"9", "enter")
            await until(pilot, lambda: "lr must lie between" in text(app))
            await pilot.press("backspace", *"5e-4", "tab", *"2", "enter")
            await until(pilot, lambda: len(changed(run)) == 2)
            assert changed(run) == [("lr", 0.002, 0.0005), ("beta", 1.0, 2.0)]
            await until(pilot, lambda: "beta 1 → 2 at epoch" in panel(app, "vae"))
            await until(pilot, lambda: " + 2 × " in panel(app, "vae"))
            await run_command(app, pilot, "Change settings of a training")
            await until(pilot, lambda: "change while it trains" in text(app))
            await pilot.press("escape")
        process.kill()


async def test_a_read_only_app_changes_nothing(runs: Path) -> None:
    with trainer("vae", runs, *LONG) as process:
        wait_until(lambda: newest_step(runs / "vae-001") > 0, "a step", process)
        async with opened(runs, read_only=True) as (app, pilot):
            await until(pilot, lambda: "running · vae-001" in panel(app, "vae"))
            await pilot.press("e")
            await until(pilot, lambda: any("it changes nothing" in said for said in messages(app)))
        process.kill()
