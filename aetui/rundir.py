"""The run directory: the one contract between trainer and viewer. The standard library only; latentmap.py has its arrays.

`checkpoints/<run>/` holds config.json, metrics.jsonl, checkpoint.pt, previous.pt, latent/NNNN.npz, log.txt and lock.
"""

from __future__ import annotations

import fcntl
import os
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final, Literal

from aetui.config import BadInput, Model, RunConfig, printable
from aetui.metrics import last_records

State = Literal["running", "paused", "done", "stopped", "failed"]
RUN_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
TEMPORARY: Final = ".tmp-"
_LOCK_TRIES: Final = 10  # a viewer's glance at the lock lasts microseconds


def shipped_runs() -> Path:
    """The folder of the runs that come with aetui: inside an installed package, beside it in a clone."""
    package = Path(__file__).parent
    inside = package / "shipped"
    return inside if inside.is_dir() else package.parent / "checkpoints"


def check_run_name(name: str) -> str:
    """`name`, if it can name a run's folder; else `BadInput`."""
    if not RUN_NAME.fullmatch(name):
        raise BadInput(f"{printable(name)!r} cannot name a run: use up to 64 letters, digits, '.', '_' and '-', a letter or digit first.")
    return name


def create_run(runs: Path, model: Model, name: str | None = None) -> Path:
    """A new, empty run folder below `runs`: `name`, or the first free one like vae-003."""
    try:
        runs.mkdir(parents=True, exist_ok=True)
        if name is not None:
            path = runs / check_run_name(name)
            path.mkdir(exist_ok=True)
            if (path / "config.json").exists():
                raise BadInput(f"the run {name} exists already in {runs}; continue it with --resume {name}, or choose another --name.")
            return path
        for number in range(1, 1_000_000):
            path = runs / f"{model}-{number:03d}"
            try:
                path.mkdir()  # the one step that two starters cannot both win
            except FileExistsError:
                continue
            return path
    except OSError as error:
        raise BadInput(f"no run can be made in {runs}: {error.strerror}. Choose a writable folder with --runs.") from None
    raise BadInput(f"{runs} is full of runs; choose another folder with --runs.")


def read_config(run: Path) -> RunConfig:
    """The run's config.json; `BadInput` where there is none or it cannot be used."""
    try:
        text = (run / "config.json").read_text(encoding="utf-8")
    except FileNotFoundError:
        raise BadInput(f"{printable(run.name)} is not a run in {run.parent}: it has no config.json. `aetui runs` lists the runs.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{run / 'config.json'} cannot be read ({error}). Restore the file, or delete the run.") from None
    try:
        return RunConfig.from_json(text)
    except BadInput as error:
        raise BadInput(f"{printable(run.name)}: {error}") from None


def list_runs(*folders: Path) -> list[Path]:
    """The run folders below `folders`, by name; of two of one name, the first folder's."""
    found: dict[str, Path] = {}
    for folder in folders:
        try:
            entries = sorted(folder.iterdir())
        except OSError:
            continue
        for path in entries:
            if RUN_NAME.fullmatch(path.name) and os.path.isfile(path / "config.json"):  # noqa: PTH113  (Path's raises where it may not look)
                found.setdefault(path.name, path)
    return list(found.values())


def write_atomically(path: Path, write: Callable[[BinaryIO], object]) -> None:
    """Make `path` hold what `write` writes, or leave it untouched: temporary file, fsync, rename, fsync of the folder."""
    temporary = path.with_name(f"{TEMPORARY}{path.name}.{os.getpid()}")
    try:
        with temporary.open("wb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make the folder's names durable."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def remove_stale_files(run: Path) -> None:
    """Delete the temporary files that a killed trainer left. Only for the holder of the lock."""
    for folder in (run, run / "latent"):
        for path in folder.glob(f"{TEMPORARY}*"):
            path.unlink(missing_ok=True)


@contextmanager
def hold_lock(run: Path) -> Iterator[None]:
    """Hold the run's lock, with our pid in it; `BadInput` names the process that has it already."""
    try:
        file = os.open(run / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    except OSError as error:
        raise BadInput(f"{run / 'lock'} cannot be opened ({error.strerror}); choose a folder that is writable, with --runs.") from None
    try:
        for attempt in range(_LOCK_TRIES):
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if attempt == _LOCK_TRIES - 1:
                    pid = _read_pid(file)
                    holder = f"process {pid}" if pid else "another process"
                    raise BadInput(f"{run.name} is being trained by {holder} already; stop that one first, or start a new run.") from None
                time.sleep(0.02)
            except OSError as error:
                raise BadInput(
                    f"{run / 'lock'} cannot be locked ({error.strerror}); choose a file system with locks, with --runs."
                ) from None
        try:
            os.ftruncate(file, 0)
            os.pwrite(file, f"{os.getpid()}\n".encode(), 0)
        except OSError as error:
            raise BadInput(f"{run / 'lock'} cannot be written ({error.strerror}); make room there, or choose another --runs.") from None
        yield
    finally:
        os.close(file)  # and with it the lock


def lock_holder(run: Path) -> int | None:
    """The pid of the trainer that holds the run's lock, 0 where it is held but names none, None where nobody holds it."""
    try:
        file = os.open(run / "lock", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _read_pid(file)
    except OSError:
        return None
    else:
        return None
    finally:
        os.close(file)


def _read_pid(file: int) -> int:
    text = os.pread(file, 32, 0).strip()
    return int(text) if text.isdigit() and len(text) < 10 else 0  # longer than any pid: rubbish


def state_of(event: dict[str, Any], *, locked: bool) -> State:
    """A run's state from its newest telling event and whether its lock is held."""
    name = event.get("event")
    if locked:
        return "paused" if name == "paused" else "running"
    if name == "done":
        return "done"
    # Neither done nor stopped nor running: it was killed, or it failed and said so.
    return "stopped" if name == "stopped" else "failed"


@dataclass(frozen=True)
class RunSummary:
    """One line of `aetui runs`."""

    path: Path
    config: RunConfig
    state: State
    epoch: float
    test_loss: float | None
    test_psnr: float | None
    modified: float  # unix seconds


def summarise(run: Path) -> RunSummary:
    """The run in short; `BadInput` where its config.json cannot be used."""
    config = read_config(run)
    last = last_records(run / "metrics.jsonl")
    epoch, event = last.get("epoch", {}), last.get("event", {})
    state = state_of(event, locked=lock_holder(run) is not None)
    return RunSummary(
        run, config, state, _number(epoch.get("epoch")) or 0.0, _number(epoch.get("test_loss")),
        _number(epoch.get("test_psnr")), last_change(run),
    )  # fmt: skip


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, (int, float)) else None


def last_change(run: Path) -> float:
    """When the run last grew, in unix seconds."""
    times = []
    for name in ("metrics.jsonl", "checkpoint.pt", "config.json"):
        with suppress(OSError):
            times.append((run / name).stat().st_mtime)
    return max(times, default=0.0)


def checkpoint_stamp(run: Path) -> tuple[int, int]:
    """Changes whenever the run's checkpoint is replaced; zeros where there is none."""
    try:
        status = (run / "checkpoint.pt").stat()
    except OSError:
        return 0, 0
    return status.st_mtime_ns, status.st_ino


def latent_epochs(run: Path) -> list[int]:
    """The epochs after which a latent map was kept, ascending."""
    try:
        names = [entry.name for entry in os.scandir(run / "latent")]
    except OSError:
        return []
    return sorted(int(name[:-4]) for name in names if name.endswith(".npz") and name[:-4].isdigit())
