"""Places where little is as usual: no home, no temporary folder, a full disk, no working directory.

The app works there, or says in one sentence why it does not.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.pilot import AETUI
from tests.terminal import Terminal
from tests.trainers import newest_step, wait_until

NOBODY = ["setpriv", "--reuid", "54321", "--regid", "54321", "--clear-groups"]
LAUNCH = (AETUI, "launch", "--data", "digits", "--runs")
needs_root = pytest.mark.skipif(
    os.geteuid() != 0 or shutil.which("setpriv") is None or shutil.which("unshare") is None,
    reason="takes root, setpriv and unshare",
)


def may_mount() -> bool:
    return (
        subprocess.run(["unshare", "-m", "true"], check=False, capture_output=True).returncode == 0
    )


def run(*command: str, **environment: str) -> tuple[int, str]:
    """Exit code and output in an environment that holds little more than PATH."""
    env = {"PATH": os.environ["PATH"], "TERM": "xterm-256color", "LANG": "C.UTF-8", **environment}
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


@needs_root
def test_without_a_home_and_a_name(tmp_path: Path) -> None:
    tmp_path.chmod(0o777)
    for folder in tmp_path.parents:
        if folder.name.startswith("pytest-"):
            folder.chmod(0o755)
    env = ["env", "-i", f"PATH={os.environ['PATH']}", f"TMPDIR={tmp_path}", "TERM=xterm-256color"]
    command = [*env, "LANG=C.UTF-8", *NOBODY, *LAUNCH, str(tmp_path / "runs")]
    with Terminal(*command) as terminal:
        terminal.wait("Ships with")
        terminal.press("s")
        wait_until(lambda: newest_step(tmp_path / "runs" / "vae-001") > 0, "steps")
        terminal.press("x", "2")
        terminal.wait("PSNR")
        terminal.press("q")
        assert terminal.wait_for_end() == 0


def test_a_home_that_no_shell_wrote_out(tmp_path: Path) -> None:
    (tmp_path / "my").mkdir()
    code, said = run(AETUI, "runs", "--runs=~/my", HOME=str(tmp_path))
    assert (code, said.startswith(f"no runs in {tmp_path}/my yet")) == (0, True)


def test_a_home_that_no_shell_wrote_out_in_any_path(trained: Path, tmp_path: Path) -> None:
    export = (AETUI, "export", "vae-001", "--runs", str(trained))
    code, said = run(*export, "--weights=~/w.safetensors", HOME=str(tmp_path))
    assert (code, said.strip()) == (0, str(tmp_path / "w.safetensors"))
    assert (tmp_path / "w.safetensors").is_file()


@needs_root
def test_a_home_that_is_not_known(tmp_path: Path) -> None:
    code, said = run(*NOBODY, AETUI, "runs", "--runs=~/my")
    assert (code, said.count("\n")) == (2, 1)
    assert "~/my cannot be found, because no home folder is known" in said


def test_a_working_directory_that_is_gone(tmp_path: Path) -> None:
    code, said = run(
        "sh", "-c", f"mkdir {tmp_path}/a; cd {tmp_path}/a; rmdir ../a; exec {AETUI} runs"
    )
    assert (code, said.count("\n")) == (2, 1)
    assert "the working directory has been deleted" in said


def test_runs_beside_the_working_directory(runs: Path) -> None:
    (runs / "here").mkdir()
    with Terminal(*LAUNCH, "../there", cwd=runs / "here") as terminal:
        terminal.wait("Ships with")
        terminal.press("s")
        wait_until(lambda: newest_step(runs / "there" / "vae-001") > 0, "steps")
        terminal.wait("images/s")
        terminal.press("x")
        terminal.wait("stopped · vae-001")


@needs_root
@pytest.mark.skipif(not may_mount(), reason="no file system may be mounted here")
def test_a_full_disk_at_launch(tmp_path: Path) -> None:
    mount = f"mount -t tmpfs -o size=64k tmpfs {tmp_path} && mkdir {tmp_path}/runs"
    fill = f"dd if=/dev/zero of={tmp_path}/fill bs=1k count=200 2>/dev/null"
    launch = " ".join([*LAUNCH, f"{tmp_path}/runs"])
    with Terminal("unshare", "-m", "sh", "-c", f"{mount}; {fill}; exec {launch}") as terminal:
        terminal.wait("Ships with")
        terminal.press("b")
        terminal.wait("no room for a run")
        terminal.press("5")
        terminal.wait("density")
        terminal.press("q")
        assert terminal.wait_for_end() == 0


@needs_root
@pytest.mark.skipif(not may_mount(), reason="no file system may be mounted here")
def test_no_temporary_folder(trained: Path) -> None:
    """Every folder that Python tries is read-only."""
    closed = [
        f"mount --bind {place} {place} && mount -o remount,ro,bind {place}"
        for place in ("/tmp", "/var/tmp", "/usr")
    ]
    script = f"{'; '.join(closed)}; cd /usr; exec {' '.join(LAUNCH)} {trained}"
    with Terminal("unshare", "-m", "sh", "-c", script, size=(80, 24)) as terminal:
        terminal.wait("done · vae-001")
        terminal.press("5")
        terminal.wait("▀")
        terminal.press("q")
        assert terminal.wait_for_end() == 0
