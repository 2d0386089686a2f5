"""Over a real SSH connection to a real sshd on this machine: it drops, the training goes on, the curve has no gap."""

from __future__ import annotations

import contextlib
import getpass
import itertools
import json
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
        "ListenAddress": "127.0.0.1", "Port": str(port), "HostKey": str(tmp_path / "host"),
        "AuthorizedKeysFile": str(tmp_path / "authorized"),
        "PidFile": str(tmp_path / "pid"), "StrictModes": "no", "UsePAM": "no", "PasswordAuthentication": "no",
    }  # fmt: skip
    command = [
        str(SSHD),
        "-D",
        "-e",
        "-f",
        "/dev/null",
        *(part for name, value in options.items() for part in ("-o", f"{name}={value}")),
    ]
    with (tmp_path / "sshd.log").open("wb") as log:
        server = subprocess.Popen(command, stderr=log)
    try:
        end = time.monotonic() + 20
        while socket.socket().connect_ex(("127.0.0.1", port)) != 0:
            assert time.monotonic() < end, (tmp_path / "sshd.log").read_text()
            time.sleep(0.05)
        trust = [
            "-o",
            "StrictHostKeyChecking=no",
            "-o",
            f"UserKnownHostsFile={tmp_path / 'known'}",
            "-o",
            "LogLevel=ERROR",
        ]
        yield [
            "ssh",
            "-tt",
            "-F",
            "/dev/null",
            *trust,
            "-i",
            str(tmp_path / "user"),
            "-p",
            str(port),
            f"{getpass.getuser()}@127.0.0.1",
        ]
    finally:
        server.terminate()
        server.wait()


def app_processes(runs: Path) -> list[str]:
    done = subprocess.run(
        ["pgrep", "-f", f"aetui launch --runs {runs}"], capture_output=True, text=True, check=False
    )
    return [
        pid for pid in done.stdout.split() if "ssh" not in Path(f"/proc/{pid}/comm").read_text()
    ]


def test_a_dropped_connection_costs_nothing(ssh: list[str], tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    remote = f"COLORTERM=truecolor LANG=C.UTF-8 {sys.executable} -m aetui launch --runs {runs} --data digits"
    terminal = Terminal(*ssh, f"cd {Path.cwd()}; exec env {remote}")
    run = runs / "vae-001"
    try:
        terminal.wait("Both")
        terminal.press("s")
        terminal.wait("images/s", 90)
        os.kill(terminal.pid, signal.SIGKILL)  # the client is gone, as a laptop that closes
        terminal.wait_for_end()
        start = time.monotonic()
        while app_processes(runs):
            assert time.monotonic() - start < 2, "the app outlives its connection"
            time.sleep(0.05)
        seen = (run / "metrics.jsonl").stat().st_size
        end = time.monotonic() + 60
        while (run / "metrics.jsonl").stat().st_size <= seen:
            assert time.monotonic() < end, "the training stopped with the connection"
            time.sleep(0.1)
        with Terminal(*ssh, f"cd {Path.cwd()}; exec env {remote}") as again:
            again.wait("images/s")
            again.press("q")
            again.wait_for_end()
        steps = [
            record["step"]
            for line in (run / "metrics.jsonl").read_text().splitlines()
            if (record := json.loads(line))["kind"] == "step"
        ]
        gaps = {after - before for before, after in itertools.pairwise(steps)}
        assert max(gaps) <= 2, "the curve has a gap"
    finally:
        if pid := lock_holder(run):
            os.kill(pid, signal.SIGKILL)
