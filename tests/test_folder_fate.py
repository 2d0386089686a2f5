"""A run's folder that is renamed, deleted or replaced while it is trained."""

from __future__ import annotations

import shutil
import signal
from pathlib import Path

from aetui.ml.checkpoint import load_model, restore
from tests.trainers import PATIENCE, events, newest_step, records, trainer, wait_until

LONG = ("--epochs", "100000", "--save-every", "0")


def test_a_run_that_is_renamed_loses_nothing(tmp_path: Path) -> None:
    run, good, log = tmp_path / "vae-001", tmp_path / "good", tmp_path / "log"
    with trainer("vae", tmp_path, *LONG, output=log) as process:
        wait_until(lambda: newest_step(run) > 30, "steps", process)
        run.rename(good)
        step = newest_step(good)
        wait_until(lambda: newest_step(good) > step + 44, "further steps", process)
        process.terminate()
        assert process.wait(PATIENCE) == 143
    assert not run.exists()
    last = records(good)[-1]
    assert last["event"] == "stopped"
    assert restore(good)[1]["step"] == last["step"] > step
    assert max(int(path.stem) for path in (good / "latent").glob("*.npz")) > step // 22
    assert log.read_text().splitlines()[-1] == str(good)
    with trainer("vae", tmp_path, "--resume", "good") as process:
        wait_until(lambda: newest_step(good) > last["step"] + 22, "further steps", process)


def test_a_run_that_is_deleted_ends_its_training_with_a_reason(tmp_path: Path) -> None:
    run, log = tmp_path / "vae-001", tmp_path / "log"
    with trainer("vae", tmp_path, *LONG, output=log, errors=tmp_path / "errors") as process:
        wait_until(lambda: newest_step(run) > 30, "steps", process)
        while run.exists():  # a save may put a file back while they go
            shutil.rmtree(run, ignore_errors=True)
        assert process.wait(PATIENCE) == 1
    assert "failed: the folder of vae-001 was deleted" in log.read_text()
    assert (tmp_path / "errors").read_text() == ""
    assert not list(run.glob("*")), "something was written to a folder that a person deleted"


def test_a_run_that_is_replaced_is_not_written_to(tmp_path: Path) -> None:
    """The first trainer must not write its checkpoints into the run of a second one."""
    run, log = tmp_path / "vae-001", tmp_path / "log"
    with trainer("vae", tmp_path, *LONG, "--hidden", "64", output=log) as first:
        wait_until(lambda: newest_step(run) > 30, "steps", first)
        run.rename(tmp_path / "aside")
        shutil.rmtree(tmp_path / "aside")
        with trainer("vae", tmp_path, *LONG, "--name", "vae-001", "--hidden", "32") as second:
            wait_until(lambda: newest_step(run) > 44, "steps of the second", second)
            assert first.wait(PATIENCE) == 1
            assert "holds another training by now" in log.read_text()
            second.send_signal(signal.SIGTERM)
            assert second.wait(PATIENCE) == 143
    assert events(run).count("started") == 1
    assert "failed" not in events(run)
    assert load_model(run).state_dict()["encoder.0.weight"].shape == (32, 784)


def test_a_folder_that_another_trainer_has_emptied_and_taken_is_left_alone(tmp_path: Path) -> None:
    """The same folder, inode and all, but another lock in it."""
    run, log = tmp_path / "vae-001", tmp_path / "log"
    with trainer("vae", tmp_path, *LONG, output=log) as process:
        wait_until(lambda: newest_step(run) > 30, "steps", process)
        (run / "lock").rename(run / "old-lock")
        (run / "lock").touch()
        assert process.wait(PATIENCE) == 1
        left = {path.name: path.stat().st_mtime_ns for path in run.iterdir()}
    assert "holds another training by now" in log.read_text()
    assert "failed" not in events(run)
    assert left == {path.name: path.stat().st_mtime_ns for path in run.iterdir()}
