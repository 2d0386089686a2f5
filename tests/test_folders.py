"""Folders of images: what their sub-folders mean, what is passed over, and what is said of it."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from aetui.errors import BadInput
from aetui.ml.data.dataset import Dataset
from aetui.ml.data.load import load
from tests.datasets import image, images


def read(folder: Path) -> Dataset:
    return load(f"folder:{folder}", None)


def counts(data: Dataset) -> dict[str, int]:
    """Test images by class."""
    numbers = np.bincount(data.test_labels.numpy(), minlength=len(data.classes)).tolist()
    return dict(zip(data.classes, numbers, strict=True))


def test_sub_folders_are_classes_and_one_image_in_six_is_for_testing(tmp_path: Path) -> None:
    images(tmp_path / "cats", 7)
    images(tmp_path / "dogs", 12, 50)
    data = read(tmp_path)
    assert counts(data) == {"cats": 2, "dogs": 2}
    assert len(data.train_images) == 15


def test_a_folder_without_sub_folders_is_one_class(tmp_path: Path) -> None:
    images(tmp_path / "digits", 3)
    assert read(tmp_path / "digits").classes == ("digits",)


def test_wrappers_around_the_classes_are_passed(tmp_path: Path) -> None:
    for kind in ("cats", "dogs"):
        images(tmp_path / "archive" / "images" / kind, 7)
    assert read(tmp_path).classes == ("cats", "dogs")


def test_folders_below_a_class_belong_to_it(tmp_path: Path) -> None:
    images(tmp_path / "cats" / "monday" / "morning", 6)
    images(tmp_path / "cats" / "tuesday", 6, 20)
    images(tmp_path / "dogs", 6, 40)
    assert counts(read(tmp_path)) == {"cats": 2, "dogs": 1}


SPLITS = [
    ("train", "test"),
    ("training", "testing"),
    ("TRAIN", "Val"),
    ("seg_train/seg_train", "seg_test/seg_test"),
    ("Training Set", "Validation Set"),
    ("train2017", "val2017"),
    ("data/train", "data/valid"),
]


@pytest.mark.parametrize(("train", "test"), SPLITS)
def test_a_split_above_the_classes_is_used(tmp_path: Path, train: str, test: str) -> None:
    for kind, first in (("a", 0), ("b", 100)):
        images(tmp_path / train / kind, 5, first)
        images(tmp_path / test / kind, 3, first + 50)
    data = read(tmp_path)
    assert counts(data) == {"a": 3, "b": 3}
    assert len(data.train_images) == 10
    assert "its own test images" in data.note


def test_a_split_without_classes(tmp_path: Path) -> None:
    images(tmp_path / "train", 9)
    images(tmp_path / "test", 4, 50)
    data = read(tmp_path)
    assert (len(data.train_images), len(data.test_images)) == (9, 4)
    assert data.classes == (tmp_path.name,)


def test_of_test_and_validation_the_former_is_tested_on(tmp_path: Path) -> None:
    for part, count in (("train", 8), ("val", 2), ("test", 3)):
        for kind in ("a", "b"):
            images(tmp_path / part / kind, count, 10 * count)
    data = read(tmp_path)
    assert counts(data) == {"a": 3, "b": 3}
    assert len(data.train_images) == 16
    assert "for validation: 4" in data.note


def test_test_images_without_classes_are_left_out(tmp_path: Path) -> None:
    for kind in ("a", "b"):
        images(tmp_path / "train" / kind, 6)
    images(tmp_path / "test", 5, 50)
    data = read(tmp_path)
    assert counts(data) == {"a": 1, "b": 1}
    assert "for testing, without classes: 5" in data.note


@pytest.mark.parametrize("names", [("train", "car"), ("test tube", "flask"), ("valley", "trainer")])
def test_classes_that_sound_like_a_split_stay_classes(
    tmp_path: Path, names: tuple[str, str]
) -> None:
    for number, name in enumerate(names):
        images(tmp_path / name, 6, number * 10)
    assert set(read(tmp_path).classes) == set(names)


def test_leftovers_of_programs_are_passed_over_and_counted(tmp_path: Path) -> None:
    for kind in ("cats", "dogs"):
        images(tmp_path / kind, 6)
        image(tmp_path / "__MACOSX" / kind / "000.png")
    image(tmp_path / "cats" / ".ipynb_checkpoints" / "000-checkpoint.png")
    image(tmp_path / "dogs" / ".hidden.png")
    image(tmp_path / "dogs" / "@eaDir" / "thumbnail.png")
    (tmp_path / "Thumbs.db").write_bytes(b"x")
    (tmp_path / "cats" / ".DS_Store").write_bytes(b"x")
    data = read(tmp_path)
    assert data.classes == ("cats", "dogs")
    assert len(data.train_images) + len(data.test_images) == 12
    assert "left by other programs: 6" in data.note


def test_the_rest_is_counted_by_reason(tmp_path: Path) -> None:
    images(tmp_path / "cats", 6)
    images(tmp_path / "dogs", 6)
    (tmp_path / "empty").mkdir()
    (tmp_path / "labels.csv").write_text("name,label\n")
    image(tmp_path / "loose.png")
    (tmp_path / "cats" / "torn.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    (tmp_path / "cats" / "away.png").symlink_to(tmp_path / "nowhere.png")
    note = read(tmp_path).note
    for part in (
        "of another kind: 1 (labels.csv)",
        "without images: 1 (empty)",
        "beside the class folders: 1 (loose.png)",
        "neither file nor folder: 1 (cats/away.png)",
        "could not be read: 1 (cats/torn.png",
    ):
        assert part in note


def test_many_loose_images_are_the_set_and_a_small_folder_is_not(tmp_path: Path) -> None:
    images(tmp_path, 12)
    images(tmp_path / "thumbnails", 2, 50)
    data = read(tmp_path)
    assert len(data.train_images) + len(data.test_images) == 12
    assert "below the images: 2 (thumbnails)" in data.note


def test_files_without_a_suffix_are_told_by_their_content(tmp_path: Path) -> None:
    images(tmp_path, 6)
    for number, path in enumerate(sorted(tmp_path.glob("*.png"))):
        path.rename(tmp_path / f"{number}")
    (tmp_path / "LICENSE").write_text("free")
    data = read(tmp_path)
    assert len(data.train_images) == 5
    assert "of another kind: 1 (LICENSE)" in data.note


def test_three_hundred_classes_keep_their_numbers(tmp_path: Path) -> None:
    for label in range(300):
        images(tmp_path / f"class {label}", 2, 2 * label)
    data = read(tmp_path)
    assert data.classes[:3] == ("class 0", "class 1", "class 2")
    assert data.classes[299] == "class 299"
    assert sorted(data.test_labels.tolist()) == list(range(300))


def test_test_images_come_in_a_balanced_order_however_the_folder_is_sorted(tmp_path: Path) -> None:
    for kind, count in (("a", 60), ("b", 30), ("c", 6)):
        images(tmp_path / kind, count, ord(kind))
    labels = read(tmp_path).test_labels
    assert np.bincount(labels[:3], minlength=3).tolist() == [1, 1, 1]
    assert np.bincount(labels[:11], minlength=3).tolist() == [5, 5, 1]
    assert labels.tolist() == read(tmp_path).test_labels.tolist()


def test_links_are_followed_but_not_in_circles(tmp_path: Path) -> None:
    images(tmp_path / "real" / "cats", 6)
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "cats").symlink_to(tmp_path / "real" / "cats")
    (tmp_path / "real" / "cats" / "again").symlink_to(tmp_path / "set")
    (tmp_path / "link").symlink_to(tmp_path / "set")
    data = read(tmp_path / "link")
    assert len(data.train_images) == 5
    assert "a link to a folder around it" in data.note


def test_paths_are_kept_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    images(tmp_path / "imgs", 6)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("folder:imgs", "folder:./imgs", "./imgs", "imgs", "folder:~/imgs", "~/imgs"):
        assert load(name, None).name == f"folder:{tmp_path / 'imgs'}"


def test_an_empty_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no usable images"):
        read(tmp_path)
    (tmp_path / "train-images-idx3-ubyte").touch()
    (tmp_path / "notes.txt").touch()
    with pytest.raises(BadInput, match=r"notes\.txt"):
        read(tmp_path)


def test_a_folder_that_cannot_be_listed_is_named(tmp_path: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may list every folder")
    images(tmp_path / "cats", 6)
    images(tmp_path / "dogs", 6)
    (tmp_path / "dogs").chmod(0)
    try:
        assert "not readable" in read(tmp_path).note
    finally:
        (tmp_path / "dogs").chmod(0o700)


@pytest.mark.parametrize("values", [[0] * 12, [200] * 12, list(range(12))])
def test_images_that_are_all_alike_are_refused(tmp_path: Path, values: list[int]) -> None:
    same = len(set(values)) == 1
    for number, value in enumerate(values):
        Image.new("L", (16, 16), value).save(tmp_path / f"{number}.png")
    if same:
        with pytest.raises(BadInput, match="all alike, a single flat value"):
            read(tmp_path)
    else:
        assert len(read(tmp_path).train_images) == 10
    for number in range(12):
        image(tmp_path / f"{number}.png", seed=5)
    with pytest.raises(BadInput, match="one and the same image"):
        read(tmp_path)


def test_hostile_class_names_are_shown_harmlessly(tmp_path: Path) -> None:
    image(tmp_path / "in\x1b[31m[red]" / "a.png", 1)
    image(tmp_path / "b" / "a.png", 2)
    assert "\x1b" not in "".join(read(tmp_path).classes)


def test_a_split_below_the_classes(tmp_path: Path) -> None:
    for kind, first in (("cable", 0), ("bottle", 100)):
        images(tmp_path / kind / "train" / "good", 5, first)
        images(tmp_path / kind / "test" / "good", 2, first + 40)
        images(tmp_path / kind / "test" / "broken", 1, first + 60)
    data = read(tmp_path)
    assert counts(data) == {"bottle": 3, "cable": 3}
    assert len(data.train_images) == 10


def test_single_folders_in_a_split_are_no_classes(tmp_path: Path) -> None:
    images(tmp_path / "train" / "train", 8)
    images(tmp_path / "test1" / "test1", 4, 20)
    data = read(tmp_path)
    assert counts(data) == {tmp_path.name: 4}
    assert len(data.train_images) == 8


def test_an_archive_is_to_be_unpacked(tmp_path: Path) -> None:
    (tmp_path / "imgs.zip").touch()
    with pytest.raises(BadInput, match="unpack it first"):
        read(tmp_path / "imgs.zip")
