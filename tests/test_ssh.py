"""A real SSH connection drops: the training goes on, and its curve has no gap."""

from __future__ import annotations

import contextlib
import getpass
import itertools
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from aetui.runs.lock import lock_holder
from tests.terminal import Terminal
from tests.trainers import newest_step, records, wait_until

SSHD = Path("/usr/sbin/sshd")

pytestmark = pytest.mark.skipif(
    not SSHD.exists() or shutil.which("ssh") is None,
    reason="needs openssh-server and openssh-client",
)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture
def ssh(tmp_path: Path) -> Iterator[list[str]]:
    """An sshd of our own, with keys of its own; the command that connects to it."""
    for name in ("host", "user"):
        subprocess.run(
            ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / name)], check=True
        )
    shutil.copy(tmp_path / "user.pub", tmp_path / "authorized")
    port = free_port()
    with contextlib.suppress(PermissionError):
        Path("/run/sshd").mkdir(exist_ok=True)
    options = {
        "ListenAddress": "127.0.0.1",
        "Port": str(port),
        "HostKey": str(tmp_path / "host"),
        "AuthorizedKeysFile": str(tmp_path / "authorized"),
        "PidFile": str(tmp_path / "pid"),
        "StrictModes": "no",
        "UsePAM": "no",
        "PasswordAuthentication": "no",
    }
    command = [str(SSHD), "-D", "-e", "-f", "/dev/null", *option_flags(options)]
    with (tmp_path / "sshd.log").open("wb") as log:
        server = subprocess.Popen(command, stderr=log)
    try:
        end = time.monotonic() + 20
        while socket.socket().connect_ex(("127.0.0.1", port)) != 0:
            assert time.monotonic() < end, (tmp_path / "sshd.log").read_text()
            time.sleep(0.05)
        known = str(tmp_path / "known")
        trust = {"StrictHostKeyChecking": "no", "UserKnownHostsFile": known, "LogLevel": "ERROR"}
        place = ["-i", str(tmp_path / "user"), "-p", str(port), f"{getpass.getuser()}@127.0.0.1"]
        yield ["ssh", "-tt", "-F", "/dev/null", *option_flags(trust), *place]
    finally:
        server.terminate()
        server.wait()


def option_flags(options: dict[str, str]) -> list[str]:
    return [part for name, value in options.items() for part in ("-o", f"{name}={value}")]


def app_processes(runs: Path) -> list[str]:
    command = ["pgrep", "-f", f"aetui launch --runs {runs}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return [pid for pid in done.stdout.split() if is_app(Path(f"/proc/{pid}/comm"))]


def is_app(name: Path) -> bool:
    try:
        return "ssh" not in name.read_text()
    except OSError:  # it has just ended
        return False


def test_a_dropped_connection_costs_nothing(ssh: list[str], tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    launch = f"{sys.executable} -m aetui launch --runs {runs} --data digits"
    remote = f"cd {Path.cwd()}; exec env COLORTERM=truecolor LANG=C.UTF-8 {launch}"
    terminal = Terminal(*ssh, remote)
    run = runs / "vae-001"
    try:
        terminal.wait("Resume")
        terminal.press("s")
        terminal.wait("images/s")
        os.kill(terminal.pid, signal.SIGKILL)  # the client is gone, as a laptop that closes
        terminal.wait_for_end()
        wait_until(lambda: not app_processes(runs), "the end of the app")
        seen = newest_step(run)
        wait_until(lambda: newest_step(run) > seen, "further steps")
        with Terminal(*ssh, remote) as again:
            again.wait("images/s")
            again.press("q")
            again.wait_for_end()
        steps = [record["step"] for record in records(run, "step")]
        gaps = {after - before for before, after in itertools.pairwise(steps)}
        assert max(gaps) <= 2, "the curve has a gap"
    finally:
        if pid := lock_holder(run):
            os.kill(pid, signal.SIGKILL)
