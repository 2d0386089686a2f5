"""How many cores a process may use: its affinity, OMP_NUM_THREADS, and control groups."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from aetui.cli.main import main
from aetui.machine import cpu_quota, usable_cores

CPU_GROUPS = (Path("/sys/fs/cgroup/cpu"), Path("/sys/fs/cgroup"), Path("/sys/fs/cgroup/unified"))
COUNT = "from aetui.machine import usable_cores; print(usable_cores())"


def fake_root(root: Path, groups: str, files: dict[str, str]) -> Path:
    for name, text in {"proc/self/cgroup": groups, **files}.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


@pytest.mark.parametrize(
    ("groups", "files", "quota"),
    [
        ("0::/\n", {}, None),
        ("0::/\n", {"sys/fs/cgroup/cpu.max": "max 100000\n"}, None),
        ("0::/\n", {"sys/fs/cgroup/cpu.max": "150000 100000\n"}, 1.5),
        # A job within a slice: the tighter limit holds, whichever of the two has it.
        (
            "0::/slice/job\n",
            {
                "sys/fs/cgroup/slice/cpu.max": "50000 100000\n",
                "sys/fs/cgroup/slice/job/cpu.max": "200000 100000\n",
            },
            0.5,
        ),
        # Version 1, as a container sees it: the path is the host's, the files are its own.
        (
            "4:cpu,cpuacct:/docker/abc\n0::/\n",
            {
                "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "300000\n",
                "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000\n",
            },
            3.0,
        ),
        (
            "1:cpu:/\n",
            {
                "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1\n",
                "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
            },
            None,
        ),
        ("0::/\n", {"sys/fs/cgroup/cpu.max": "rubbish\n"}, None),
    ],
)
def test_the_quota_of_control_groups(
    groups: str, files: dict[str, str], quota: float | None, tmp_path: Path
) -> None:
    assert cpu_quota(fake_root(tmp_path, groups, files)) == quota


def test_without_control_groups_there_is_no_quota(tmp_path: Path) -> None:
    assert cpu_quota(tmp_path) is None


@pytest.fixture
def half_a_core() -> Iterator[Path]:
    """A real control group that may use half a core."""
    group = Path()
    for base in CPU_GROUPS:
        group = base / f"aetui-test-{os.getpid()}"
        try:
            group.mkdir()
        except OSError:
            continue
        try:
            if (group / "cpu.max").exists():
                (group / "cpu.max").write_text("50000 100000")
            else:
                (group / "cpu.cfs_quota_us").write_text("50000")
            break
        except OSError:
            group.rmdir()
    else:
        pytest.skip("this user may not make control groups with a CPU quota")
    yield group
    group.rmdir()


def test_in_a_real_group_with_half_a_core_one_is_used(half_a_core: Path) -> None:
    enter = f'echo $$ > "{half_a_core}/cgroup.procs" && exec "$@"'
    counted = subprocess.run(
        ["sh", "-c", enter, "sh", sys.executable, "-c", COUNT],
        capture_output=True,
        text=True,
        check=True,
    )
    assert counted.stdout == "1\n"


@pytest.mark.parametrize(("value", "expected"), [("1", 1), ("1,4", 1), ("100000", None)])
def test_omp_num_threads_is_honoured(
    value: str, expected: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    unlimited = usable_cores()
    monkeypatch.setenv("OMP_NUM_THREADS", value)
    assert usable_cores() == (expected or unlimited)


@pytest.mark.parametrize("value", ["", "0", "-3", "many"])
def test_an_omp_num_threads_that_is_no_number_counts_for_nothing(
    value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    unlimited = usable_cores()
    monkeypatch.setenv("OMP_NUM_THREADS", value)
    assert usable_cores() == unlimited


def test_a_training_takes_as_many_threads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    command = ["train", "vae", "--runs", str(tmp_path), "--data", "digits", "--epochs", "1"]
    assert main([*command, "--hidden", "32"]) == 0
    assert json.loads((tmp_path / "vae-001" / "config.json").read_text())["threads"] == 1
