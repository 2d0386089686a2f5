"""Run folders: their names and files, and how a file in them is written whole or not at all."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from aetui.config import RunConfig
from aetui.errors import BadInput, printable

CONFIG: Final = "config.json"
METRICS: Final = "metrics.jsonl"
CHECKPOINT: Final = "checkpoint.pt"
PREVIOUS: Final = "previous.pt"
BEST: Final = "best.pt"  # weights of the best epoch, where the last are worse by more than noise
LOG: Final = "log.txt"
LATENT: Final = "latent"
NOTE: Final = "note.txt"
CHANGE: Final = "change.json"  # what the trainer is asked to change
TEMPORARY: Final = ".tmp-"
DEFAULT_RUNS: Final = Path("checkpoints")
LONGEST_NOTE: Final = 400  # characters
RUN_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
Stamp = tuple[int, ...]


@dataclass(frozen=True)
class RunIdentity:
    """Distinguishes a run from a later one of the same name: its folder, and when it was begun.

    A file system may give a new folder the inode of a deleted one, hence the time.
    """

    device: int
    inode: int
    created: float  # unix seconds, of config.json


def identify(run: Path, config: RunConfig) -> RunIdentity:
    """The identity of the run in that folder. `OSError` where the folder is gone."""
    status = run.stat()
    return RunIdentity(status.st_dev, status.st_ino, config.created)


def shipped_runs() -> Path:
    """The folder of the runs that come with aetui, in an installed package or in a clone."""
    package = Path(__file__).parent.parent
    inside = package / "shipped"
    return inside if inside.is_dir() else package.parent / "checkpoints"


def check_run_name(name: str) -> str:
    """`name`, if it can name a run's folder; else `BadInput`."""
    if not RUN_NAME.fullmatch(name):
        allowed = "up to 64 letters, digits, '.', '_' and '-', a letter or digit first"
        raise BadInput(f"{printable(name)!r} cannot name a run: use {allowed}.")
    return name


def create_run(runs: Path, model: str, name: str | None = None) -> Path:
    """A new, empty run folder below `runs`: `name`, or the first free one like MODEL-003."""
    try:
        runs.mkdir(parents=True, exist_ok=True)
        if name is not None:
            return _create_named(runs, name)
        for number in range(1, 1_000_000):
            path = runs / f"{model}-{number:03d}"
            try:
                path.mkdir()  # the one step that two starters cannot both win
            except FileExistsError:
                continue
            return path
    except OSError as error:
        cure = "Choose a writable folder with --runs."
        raise BadInput(f"no run can be made in {runs}: {error.strerror}. {cure}") from None
    raise BadInput(f"{runs} has no free number for a run; choose another folder with --runs.")


def _create_named(runs: Path, name: str) -> Path:
    path = runs / check_run_name(name)
    path.mkdir(exist_ok=True)
    if (path / CONFIG).exists():
        cure = f"continue it with --resume {name}, or choose another --name"
        raise BadInput(f"the run {name} exists already in {runs}; {cure}.")
    return path


def read_config(run: Path) -> RunConfig:
    """The run's config.json; `BadInput` where there is none or it cannot be used."""
    name = printable(run.name)
    try:
        text = (run / CONFIG).read_text(encoding="utf-8")
    except FileNotFoundError:
        cure = "`aetui runs` lists the runs"
        raise BadInput(
            f"{name} is not a run in {run.parent}: it has no {CONFIG}. {cure}."
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        cure = "Restore the file, or delete the run."
        raise BadInput(f"{run / CONFIG} cannot be read ({error}). {cure}") from None
    try:
        return RunConfig.from_json(text)
    except BadInput as error:
        raise BadInput(f"{name}: {error}") from None


def find_run(runs: Path, name: str) -> Path:
    """The run `name` in `runs`, or else among those that come with aetui."""
    check_run_name(name)
    shipped = shipped_runs() / name
    is_shipped = not (runs / name / CONFIG).is_file() and (shipped / CONFIG).is_file()
    return shipped if is_shipped else runs / name


def read_note(run: Path) -> str:
    """What a person has noted about the run, in one line; "" where they have not."""
    try:
        with open(f"{run}/{NOTE}", "rb") as file:  # noqa: PTH123  half the time, for thousands
            text = file.read(LONGEST_NOTE)
    except OSError:
        return ""
    return printable(" ".join(text.decode("utf-8", "replace").split()), LONGEST_NOTE)


def list_runs(*folders: Path) -> list[Path]:
    """The run folders below `folders`, by name; of two of one name, the first folder's."""
    return list(run_configs(*folders))


def run_configs(*folders: Path) -> dict[Path, os.stat_result]:
    """The status of each run's config.json, by the run's folder, in the order of `list_runs`."""
    found: dict[str, tuple[Path, os.stat_result]] = {}
    for folder in folders:
        try:
            names = sorted(entry.name for entry in os.scandir(folder))
        except OSError:
            continue
        for name in filter(RUN_NAME.fullmatch, names):
            path = folder / name
            try:
                status = os.stat(f"{path}/{CONFIG}")  # noqa: PTH116  half the time, for thousands
            except OSError:
                continue
            if stat.S_ISREG(status.st_mode):
                found.setdefault(name, (path, status))
    return dict(found.values())


def write_atomically(path: Path, write: Callable[[BinaryIO], object]) -> None:
    """Make `path` hold what `write` writes, or leave it untouched.

    Temporary file, fsync, rename, fsync of the folder.
    """
    temporary = temporary_beside(path)
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


def temporary_beside(path: Path, process: int | None = None) -> Path:
    """A name beside `path` for a file that is about to take its place.

    `process` is the one that writes it; None: this one.
    """
    return path.with_name(f"{TEMPORARY}{path.name}.{process or os.getpid()}")


def sync_folder(folder: Path) -> None:
    """Make the folder's names durable."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def remove_stale_files(run: Path) -> None:
    """Delete what a killed trainer left: temporary files, a request that it did not take.

    Only for the holder of the lock.
    """
    (run / CHANGE).unlink(missing_ok=True)
    for folder in (run, run / LATENT):
        for path in folder.glob(f"{TEMPORARY}*"):
            path.unlink(missing_ok=True)


def stamp_of(status: os.stat_result) -> Stamp:
    """A value that changes when the file is written to or replaced."""
    return status.st_mtime_ns, status.st_ino, status.st_size


def file_stamp(run: Path, name: str) -> Stamp:
    """The stamp of the run's file `name`; empty where there is none."""
    try:
        return stamp_of(os.stat(f"{run}/{name}"))  # noqa: PTH116  half the time, for thousands
    except OSError:
        return ()


def checkpoint_stamp(run: Path, name: str = CHECKPOINT) -> tuple[int, int]:
    """Changes whenever the run's checkpoint is replaced; zeros where there is none."""
    stamp = file_stamp(run, name)
    return (stamp[0], stamp[1]) if stamp else (0, 0)


def latent_epochs(run: Path) -> list[int]:
    """The epochs after which a latent map was kept, ascending."""
    try:
        names = [entry.name for entry in os.scandir(run / LATENT)]
    except OSError:
        return []
    return sorted(int(name[:-4]) for name in names if name.endswith(".npz") and name[:-4].isdigit())
