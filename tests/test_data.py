"""Named data sets: MNIST and its relatives in every wrapping, and the built-in digits."""

from __future__ import annotations

import gzip
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
import torch

from aetui.config import DataOptions
from aetui.errors import BadInput
from aetui.ml.data import download
from aetui.ml.data.dataset import Dataset
from aetui.ml.data.images import balanced_order, draw_balanced
from aetui.ml.data.load import load, load_test_images
from aetui.ml.data.transforms import small_affine_changes
from tests.datasets import NOBODY, idx, mnist_files, noise, write


def here(name: str, folder: Path) -> Dataset:
    return load(name, folder, download=False)


def test_auto_falls_back_to_digits_and_says_where_it_looked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download, "SERVERS", {"MNIST": (NOBODY,)})
    told: list[str] = []
    data = load("auto", tmp_path / "empty", tell=told.append)
    assert not (tmp_path / "empty").exists()
    assert data.name == "digits"
    assert "MNIST could not be had" in data.note
    assert str(tmp_path / "empty") in data.note
    assert told == [data.note]
    assert len(data.train_images) + len(data.test_images) == 1797


@pytest.mark.parametrize("here_too", [True, False])
def test_what_is_made_of_auto_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, here_too: bool
) -> None:
    monkeypatch.setattr(download, "SERVERS", {"MNIST": (NOBODY,)})
    if here_too:
        write(tmp_path / "MNIST" / "raw", mnist_files())
    told: list[str] = []
    data = load("auto", tmp_path, DataOptions((32, 16), 3), tell=told.append)
    assert data.image_shape.sizes == (3, 16, 32)
    assert "32x16 colour, fitted from 28x28" in data.note
    assert told == [data.note]
    assert ("built-in digits" in data.note) != here_too


def test_digits_are_the_same_every_time() -> None:
    first, second = load("digits", None), load("digits", None)
    assert torch.equal(first.train_images, second.train_images)
    assert first.train_images.dtype == torch.uint8
    assert first.train_images.shape[1:] == (1, 28, 28)
    assert set(first.test_labels.tolist()) == set(range(10))


def test_digits_are_kept_as_an_array(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    code = (
        "import sys; from aetui.ml.data.load import load; load('digits', None);"
        "print([name for name in ('sklearn', 'torchvision', 'PIL') if name in sys.modules])"
    )
    first, second = (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        for _ in range(2)
    )
    assert "sklearn" in first.stdout
    assert second.stdout.strip() == "[]"


def test_a_damaged_cache_is_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    whole = load("digits", None)
    (kept,) = (tmp_path / "aetui" / "arrays").glob("digits-*.npz")
    kept.write_bytes(kept.read_bytes()[:-2000])
    assert torch.equal(load("digits", None).train_images, whole.train_images)
    assert len(kept.read_bytes()) > 1_000_000


def test_a_named_data_set_is_never_replaced(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="kmnist could not be had") as error:
        here("kmnist", tmp_path)
    assert str(tmp_path / "KMNIST" / "raw") in str(error.value)


def test_mnist(mnist_dir: Path) -> None:
    data = load("mnist", mnist_dir)
    assert (data.name, len(data.train_images), len(data.test_images)) == ("mnist", 60_000, 10_000)
    assert data.train_images.shape == (60_000, 1, 28, 28)
    images = load_test_images("mnist", mnist_dir)
    assert images is not None
    assert torch.equal(images.images, data.test_images)
    assert data.test_labels[:5].tolist() == [7, 2, 1, 0, 4]  # the published order


def packed(files: dict[str, bytes]) -> dict[str, bytes]:
    return {f"{name}.gz": gzip.compress(content, 1) for name, content in files.items()}


def dotted(files: dict[str, bytes]) -> dict[str, bytes]:
    return {name.replace("-idx", ".idx"): content for name, content in files.items()}


@pytest.mark.parametrize(
    "inside", ["MNIST/raw", "MNIST", "raw", ".", "mnist", "a/MNIST/raw", "a/b"]
)
@pytest.mark.parametrize("wrapped", [dict, packed, dotted])
def test_files_are_found_however_they_lie(tmp_path: Path, inside: str, wrapped: object) -> None:
    assert callable(wrapped)
    write(tmp_path / inside, wrapped(mnist_files()))
    data = here("mnist", tmp_path)
    assert (len(data.train_images), len(data.test_images)) == (30, 20)
    assert here("auto", tmp_path).name == "mnist"


@pytest.mark.parametrize("given", ["MNIST", "MNIST/raw", "FashionMNIST", "FashionMNIST/raw"])
def test_a_folder_that_is_too_deep_is_understood(tmp_path: Path, given: str) -> None:
    write(tmp_path / "MNIST" / "raw", mnist_files(30))
    write(tmp_path / "FashionMNIST" / "raw", mnist_files(40))
    assert len(here("mnist", tmp_path / given).train_images) == 30
    assert len(here("fashion-mnist", tmp_path / given).train_images) == 40


def test_a_file_in_a_folder_of_its_name(tmp_path: Path) -> None:
    for name, content in mnist_files().items():
        write(tmp_path / name, {name: content})
    assert len(here("mnist", tmp_path).train_images) == 30


def test_the_files_of_another_set_are_not_taken_for_this_one(tmp_path: Path) -> None:
    write(tmp_path / "FashionMNIST" / "raw", mnist_files())
    with pytest.raises(BadInput, match="the files of FashionMNIST"):
        here("mnist", tmp_path / "FashionMNIST" / "raw")


def test_what_is_lacking_is_named(tmp_path: Path) -> None:
    files = mnist_files()
    del files["t10k-labels-idx1-ubyte"]
    write(tmp_path / "MNIST" / "raw", files)
    with pytest.raises(BadInput, match="lacks t10k-labels-idx1-ubyte"):
        here("mnist", tmp_path)


@pytest.mark.parametrize("zipped", [True, False])
def test_files_of_an_old_torchvision(tmp_path: Path, *, zipped: bool) -> None:
    folder = tmp_path / "MNIST" / "processed"
    folder.mkdir(parents=True)
    for name, count in (("training.pt", 30), ("test.pt", 20)):
        pixels = torch.from_numpy(np.stack([noise(number) for number in range(count)]))
        labels = torch.arange(count) % 10
        torch.save((pixels, labels), folder / name, _use_new_zipfile_serialization=zipped)
    data = here("mnist", tmp_path)
    assert (len(data.train_images), data.test_labels[:3].tolist()) == (30, [0, 1, 2])
    (folder / "test.pt").write_bytes(b"no tensors")
    with pytest.raises(BadInput, match=r"test\.pt is damaged"):
        here("mnist", tmp_path)


def emnist(folder: Path, split: str, labels: np.ndarray) -> np.ndarray:
    """Files of that split; its test images as they lie in the file, [N, 28, 28]."""
    pixels = np.stack([noise(number) for number in range(len(labels))])
    for part in ("train", "test"):
        write(
            folder,
            {
                f"emnist-{split}-{part}-images-idx3-ubyte": idx(pixels),
                f"emnist-{split}-{part}-labels-idx1-ubyte": idx(labels.astype(np.uint8)),
            },
        )
    return pixels


def test_emnist_is_upright_with_its_own_classes(tmp_path: Path) -> None:
    labels = np.repeat(np.arange(1, 27), 3)  # sorted, from 1, as the published file is
    pixels = emnist(tmp_path / "EMNIST" / "raw", "letters", labels)
    data = here("emnist-letters", tmp_path)
    assert data.classes == tuple("abcdefghijklmnopqrstuvwxyz")
    assert sorted(data.test_labels[:26].tolist()) == list(range(26))
    lying = torch.from_numpy(pixels).transpose(1, 2)
    assert torch.equal(data.train_images[:, 0], lying)
    where = int((data.test_images[:, 0] == lying[0]).all(dim=(1, 2)).nonzero()[0, 0])
    assert data.test_labels[where] == 0


@pytest.mark.parametrize(("split", "classes"), [("byclass", 62), ("balanced", 47), ("digits", 10)])
def test_the_splits_of_emnist(tmp_path: Path, split: str, classes: int) -> None:
    emnist(tmp_path / "gzip", split, np.arange(classes))
    data = here(f"emnist-{split}", tmp_path)
    assert len(data.classes) == len(set(data.test_labels.tolist())) == classes
    assert data.classes[10:11] == (("A",) if classes > 10 else ())


def test_qmnist_has_a_row_of_labels_for_each_image(tmp_path: Path) -> None:
    for part in ("train", "test"):
        pixels = np.stack([noise(number) for number in range(12)])
        labels = np.stack([np.arange(12) % 10, *np.full((7, 12), 99)], axis=1).astype(np.int32)
        write(
            tmp_path / "QMNIST" / "raw",
            {
                f"qmnist-{part}-images-idx3-ubyte": idx(pixels),
                f"qmnist-{part}-labels-idx2-int": idx(labels),
            },
        )
    assert here("qmnist", tmp_path).test_labels[:4].tolist() == [0, 1, 2, 3]


def damaged(mnist_dir: Path, folder: Path, name: str, damage: str) -> Path:
    raw = folder / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for file in (mnist_dir / "MNIST" / "raw").iterdir():
        (raw / file.name).symlink_to(file)
    data = bytearray((raw / name).read_bytes())
    (raw / name).unlink()
    match damage:
        case "half":
            data = data[: len(data) // 2]
        case "empty":
            data = bytearray()
        case "header":
            data[3] ^= 0xFF
        case "pixel":
            data[-1000] ^= 0x40
    (raw / name).write_bytes(data)
    return raw / name


@pytest.mark.parametrize("name", ["t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"])
@pytest.mark.parametrize("damage", ["half", "empty", "header", "pixel"])
def test_damaged_mnist_is_refused_with_the_file_and_the_cure(
    mnist_dir: Path, tmp_path: Path, name: str, damage: str
) -> None:
    path = damaged(mnist_dir, tmp_path, name, damage)
    for data_set in ("mnist", "auto"):
        with pytest.raises(BadInput, match="delete it and run again") as error:
            load(data_set, tmp_path)
        assert str(path) in str(error.value)


def test_a_torn_archive_is_named(tmp_path: Path) -> None:
    files = packed(mnist_files())
    torn = files["t10k-images-idx3-ubyte.gz"]
    write(tmp_path, {**files, "t10k-images-idx3-ubyte.gz": torn[: len(torn) // 2]})
    with pytest.raises(BadInput, match=r"t10k-images-idx3-ubyte\.gz is damaged or half-downloaded"):
        here("mnist", tmp_path)


def test_any_beginning_of_the_order_holds_each_class_equally_often() -> None:
    labels = np.repeat(np.arange(5), [100, 100, 50, 3, 100])
    ordered = labels[balanced_order(labels)]
    assert np.bincount(ordered[:15]).tolist() == [3, 3, 3, 3, 3]
    assert np.bincount(ordered[:203]).tolist() == [50, 50, 50, 3, 50]
    assert sorted(ordered) == sorted(labels)


def test_a_draw_is_balanced_and_depends_on_its_seed_alone() -> None:
    labels = np.repeat(np.arange(300), 4)
    drawn = [draw_balanced(labels, 12, seed) for seed in (1, 1, 2)]
    assert drawn[0].tolist() == drawn[1].tolist() != drawn[2].tolist()
    assert len(set(labels[drawn[0]])) == 12
    assert labels[drawn[0]].max() > 50


def test_affine_changes_are_small_and_keep_the_range() -> None:
    images = load("digits", None).train_images[:50].float() / 255
    normal = torch.randn(50, 2, 3)
    torch.testing.assert_close(small_affine_changes(images, normal, 0.0), images, atol=1e-4, rtol=0)
    moved = small_affine_changes(images, normal, 0.1)
    assert 0 <= moved.min() <= moved.max() <= 1
    assert 0.005 < float((moved - images).abs().mean()) < 0.15


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


def test_a_set_that_is_not_here_is_downloaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from torchvision import datasets

    write(tmp_path / "web", packed(mnist_files()))
    handler = partial(Quiet, directory=str(tmp_path / "web"))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}/"
        monkeypatch.setattr(download, "SERVERS", {"MNIST": (address,)})
        monkeypatch.setattr(datasets.MNIST, "mirrors", [address])
        files = [(name, None) for name, _ in datasets.MNIST.resources]
        monkeypatch.setattr(datasets.MNIST, "resources", files)
        told: list[str] = []
        data = load("auto", tmp_path / "data", tell=told.append)
        server.shutdown()
    assert (data.name, len(data.train_images)) == ("mnist", 30)
    assert told == [f"downloading MNIST to {tmp_path / 'data'}"]
    assert (tmp_path / "data" / "MNIST" / "raw" / "train-images-idx3-ubyte").is_file()


def test_a_home_that_no_shell_wrote_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    write(tmp_path / "d", mnist_files())
    assert here("mnist", Path("~/d")).name == "mnist"


@pytest.mark.skipif(
    os.geteuid() != 0 or shutil.which("setpriv") is None,
    reason="takes root and setpriv to become a user without a home",
)
def test_a_user_without_a_home_has_data() -> None:
    # Not tmp_path: another user may not look into pytest's folder.
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o777)
        _load_as_nobody(Path(folder))


def _load_as_nobody(tmp_path: Path) -> None:
    environment = {"PATH": os.environ["PATH"], "TMPDIR": str(tmp_path)}
    code = "from aetui.ml.data.load import load; print(len(load('auto', None).train_images))"
    become = ["setpriv", "--reuid", "54321", "--clear-groups"]
    done = subprocess.run(
        [*become, sys.executable, "-c", code],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "1437\n", done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["aetui-54321"]
