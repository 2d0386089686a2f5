"""Data sets: MNIST's files, the built-in digits, folders of images, and what is said when they cannot be used."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from aetui.errors import BadInput
from aetui.ml.data.load import load, load_test_images, small_affine_changes


def test_auto_falls_back_to_digits_and_says_so(tmp_path: Path) -> None:
    data = load("auto", tmp_path / "empty", download=False)
    assert data.name == "digits"
    assert "MNIST could not be had" in data.note
    assert len(data.train_images) + len(data.test_images) == 1797


def test_digits_are_the_same_every_time() -> None:
    first, second = load("digits", None), load("digits", None)
    assert torch.equal(first.train_images, second.train_images)
    assert first.train_images.dtype == torch.uint8
    assert first.train_images.shape[1:] == (1, 28, 28)
    assert set(first.test_labels.tolist()) == set(range(10))


def test_a_named_data_set_is_never_replaced(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="kmnist could not be had"):
        load("kmnist", tmp_path, download=False)


def test_mnist(mnist_dir: Path) -> None:
    data = load("mnist", mnist_dir)
    assert (data.name, len(data.train_images), len(data.test_images)) == ("mnist", 60_000, 10_000)
    assert data.train_images.shape == (60_000, 1, 28, 28)
    images = load_test_images("mnist", mnist_dir)
    assert images is not None
    assert torch.equal(images, data.test_images)


def _damaged(mnist_dir: Path, folder: Path, name: str, damage: str) -> Path:
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
    path = _damaged(mnist_dir, tmp_path, name, damage)
    for data_set in ("mnist", "auto"):
        with pytest.raises(BadInput, match="delete it and run again") as error:
            load(data_set, tmp_path)
        assert str(path) in str(error.value)


def _image(path: Path, size: tuple[int, int] = (40, 30), mode: str = "RGB") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    noise = np.random.default_rng(len(str(path))).integers(0, 255, (size[1], size[0], 4), np.uint8)
    Image.fromarray(noise, "RGBA").convert(mode).save(path)


def test_a_folder_of_images_of_any_size_and_mode(tmp_path: Path) -> None:
    for number in range(7):
        _image(
            tmp_path / "cats" / f"{number}.png",
            (20 + number, 50),
            ("RGB", "L", "RGBA", "P", "1", "LA", "I;16")[number] if number < 6 else "L",
        )
        _image(tmp_path / "dogs" / f"{number}.jpg")
    data = load(f"folder:{tmp_path}", None)
    assert data.classes == ("cats", "dogs")
    assert len(data.train_images) == 10
    assert len(data.test_images) == 4
    assert data.test_labels.tolist() == [0, 0, 1, 1]
    assert data.train_images.dtype == torch.uint8


def test_a_folder_without_sub_folders_is_one_class(tmp_path: Path) -> None:
    for number in range(3):
        _image(tmp_path / f"{number}.png")
    assert len(load(f"folder:{tmp_path}", None).classes) == 1


def test_unusable_images_are_named_and_skipped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _image(tmp_path / "good.png")
    _image(tmp_path / "fine.png")
    (tmp_path / "empty.png").touch()
    (tmp_path / "text.png").write_text("no image")
    _image(tmp_path / "torn.png", (200, 200))
    torn = (tmp_path / "torn.png").read_bytes()
    (tmp_path / "torn.png").write_bytes(torn[: len(torn) // 2])
    _image(tmp_path / "bomb.png", (300, 300))
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 250 * 250)
    data = load(f"folder:{tmp_path}", None)
    for name in ("empty.png", "text.png", "torn.png", "bomb.png"):
        assert name in data.note
    assert len(data.train_images) + len(data.test_images) == 2


def test_an_empty_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no usable images"):
        load(f"folder:{tmp_path}", None)


def test_hostile_class_names_are_shown_harmlessly(tmp_path: Path) -> None:
    _image(tmp_path / "in\x1b[31m[red]" / "a.png")
    data = load(f"folder:{tmp_path}", None)
    assert "\x1b" not in "".join(data.classes)


def test_affine_changes_are_small_and_keep_the_range() -> None:
    images = load("digits", None).train_images[:50].float() / 255
    normal = torch.randn(50, 2, 3)
    torch.testing.assert_close(small_affine_changes(images, normal, 0.0), images, atol=1e-4, rtol=0)
    moved = small_affine_changes(images, normal, 0.1)
    assert 0 <= moved.min() <= moved.max() <= 1
    assert 0.005 < float((moved - images).abs().mean()) < 0.15


def test_a_folder_may_be_a_link(tmp_path: Path) -> None:
    # as on cluster file systems
    _image(tmp_path / "real" / "a.png")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    assert load(f"folder:{tmp_path / 'link'}", None).classes == ("link",)
