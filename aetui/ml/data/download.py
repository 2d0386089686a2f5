"""Downloads of named data sets with torchvision, which is imported for nothing else."""

from __future__ import annotations

import socket
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from filelock import FileLock

from aetui.catalog import DATA_SETS
from aetui.ml.data.images import DataUnavailable, Tell
from aetui.ml.data.search import find_set

SERVERS: Final[Mapping[str, tuple[str, ...]]] = {  # torchvision's own
    "MNIST": ("https://ossci-datasets.s3.amazonaws.com/", "http://yann.lecun.com/"),
    "FashionMNIST": ("http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",),
    "KMNIST": ("http://codh.rois.ac.jp/",),
    "EMNIST": ("https://biometrics.nist.gov/",),
    "QMNIST": ("https://raw.githubusercontent.com/",),
}
TIMEOUT: Final = 4.0  # seconds; nobody should wait long on a machine without internet


def download(name: str, folder: Path, tell: Tell) -> None:
    """Fetch the data set `name` into `folder`. `DataUnavailable` says why that failed."""
    spec = DATA_SETS[name]
    before = socket.getdefaulttimeout()
    try:
        lock = folder / ".download-lock"
        is_first = not lock.exists()
        if is_first:  # nothing is to be written without internet
            _reach_any(SERVERS[spec.folder])
        folder.mkdir(parents=True, exist_ok=True)
        tell(f"downloading {spec.title} to {folder}")  # or waiting for a training that downloads it
        with _one_at_a_time(lock):
            if find_set(name, folder).found:  # another training fetched it meanwhile
                return
            if not is_first:
                _reach_any(SERVERS[spec.folder])
            # Imported late: it takes about 3 s, in vain on a machine without internet.
            from torchvision import datasets

            kind: Any = getattr(datasets, spec.folder)
            socket.setdefaulttimeout(TIMEOUT)  # torchvision sets none of its own
            for part in _parts(name):
                kind(folder, download=True, **part)
    except (OSError, RuntimeError, EOFError) as error:
        # urllib's errors are OSErrors; torchvision raises RuntimeErrors.
        cause = getattr(error, "reason", error)  # a URLError wraps the socket's own error
        reason = getattr(cause, "strerror", None) or (str(cause).splitlines() or ["no reason"])[0]
        raise DataUnavailable(f"no download: {reason}") from None
    finally:
        socket.setdefaulttimeout(before)


def _parts(name: str) -> list[dict[str, object]]:
    """The parameters with which torchvision downloads all of the set, a part each."""
    if name.startswith("emnist-"):
        return [{"split": name.removeprefix("emnist-")}]
    return [{"train": True}, {"train": False}] if name == "qmnist" else [{}]


@contextmanager
def _one_at_a_time(path: Path) -> Iterator[None]:
    """Two trainings that start together share one download."""
    try:
        lock = FileLock(path)
        lock.acquire()
    except NotImplementedError:  # a file system without locks
        yield
        return
    try:
        yield
    finally:
        lock.release()


def _reach_any(servers: tuple[str, ...]) -> None:
    """Ask the servers, briefly, before torchvision tries each file on each of them."""
    reason: OSError | None = None
    for server in servers:
        try:
            # The addresses are torchvision's own.
            request = urllib.request.Request(server, method="HEAD")  # noqa: S310
            urllib.request.urlopen(request, timeout=TIMEOUT).close()  # noqa: S310
            return
        except urllib.error.HTTPError:
            return  # any answer shows that the server can be reached
        except OSError as error:
            reason = error
    assert reason is not None
    raise reason
