"""Images in arrays: npz, npy and csv files of all the shapes and names that people give them."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

from aetui.config import DataOptions
from aetui.errors import BadInput
from aetui.ml.data.dataset import Dataset
from aetui.ml.data.load import load
from tests.datasets import noise

GREY = np.stack([noise(number) for number in range(12)])
COLOUR = np.stack([noise(number, bands=3) for number in range(12)])
LABELS = np.arange(12) % 3


def read(path: Path, **options: object) -> Dataset:
    prefix = "csv" if ".csv" in path.name else path.suffix[1:]
    return load(f"{prefix}:{path}", None, DataOptions(**options))  # type: ignore[arg-type]


def saved(folder: Path, **arrays: np.ndarray) -> Path:
    np.savez(folder / "set.npz", **arrays)  # type: ignore[arg-type]
    return folder / "set.npz"


def test_the_names_of_medmnist(tmp_path: Path) -> None:
    column = LABELS[:, None]
    data = read(
        saved(
            tmp_path,
            train_images=COLOUR,
            train_labels=column,
            val_images=COLOUR[:6],
            val_labels=column[:6],
            test_images=COLOUR[:9],
            test_labels=column[:9],
        )
    )
    assert data.image_shape.sizes == (3, 28, 28)
    assert (len(data.train_images), len(data.test_images)) == (12, 9)
    assert data.classes == ("0", "1", "2")
    assert np.bincount(data.test_labels[:6]).tolist() == [2, 2, 2]
    assert data.note == "28x28 colour, its own test images, val images not used"


def test_the_names_of_keras(tmp_path: Path) -> None:
    data = read(saved(tmp_path, x_train=GREY, y_train=LABELS, x_test=GREY[:6], y_test=LABELS[:6]))
    assert (len(data.train_images), len(data.test_images)) == (12, 6)
    for image, label in zip(data.test_images, data.test_labels, strict=True):
        (where,) = np.flatnonzero((GREY[:6] == image[0].numpy()).all(axis=(1, 2)))
        assert LABELS[where] == label


@pytest.mark.parametrize("names", [("images", "labels"), ("X", "y"), ("arr_0", "arr_1")])
def test_without_test_images_one_in_six_is_kept(tmp_path: Path, names: tuple[str, str]) -> None:
    data = read(saved(tmp_path, **{names[0]: GREY, names[1]: LABELS}))
    assert (len(data.train_images), len(data.test_images)) == (9, 3)
    assert sorted(data.test_labels.tolist()) == [0, 1, 2]


SHAPES = {
    "grey": (GREY, (1, 28, 28)),
    "grey with an axis": (GREY[..., None], (1, 28, 28)),
    "channels first": (COLOUR.transpose(0, 3, 1, 2), (3, 28, 28)),
    "rows": (GREY.reshape(12, -1), (1, 28, 28)),
    "with alpha": (np.concatenate([COLOUR, COLOUR[..., :1] * 0 + 255], axis=3), (3, 28, 28)),
    "large": (GREY.repeat(4, axis=1).repeat(8, axis=2), (1, 32, 64)),
    "tiny": (GREY[:, :4, :4], (1, 8, 8)),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_shapes(tmp_path: Path, shape: str) -> None:
    array, sizes = SHAPES[shape]
    np.save(tmp_path / "set.npy", array)
    data = read(tmp_path / "set.npy")
    assert data.image_shape.sizes == sizes
    assert data.classes == ("set",)


@pytest.mark.parametrize("planar", [True, False])
def test_rows_of_colours_are_rolled_up_in_the_right_order(tmp_path: Path, *, planar: bool) -> None:
    y, x = np.mgrid[0:32, 0:32]
    ramps = np.stack([x * 8, y * 8, 255 - x * 4], axis=2).astype(np.uint8)
    many = np.stack([np.roll(ramps, number, axis=0) for number in range(12)])
    rows = (many.transpose(0, 3, 1, 2) if planar else many).reshape(12, -1)
    np.save(tmp_path / "set.npy", rows)
    image = read(tmp_path / "set.npy").train_images[0].numpy().transpose(1, 2, 0)
    assert any(np.array_equal(image, each) for each in many)


def test_rows_that_are_no_squares_need_a_size(tmp_path: Path) -> None:
    np.save(tmp_path / "set.npy", GREY[:, :20].reshape(12, -1))
    with pytest.raises(BadInput, match="--size WxH"):
        read(tmp_path / "set.npy")
    assert read(tmp_path / "set.npy", size=(28, 20)).image_shape.sizes == (1, 20, 28)


VALUES = {
    "bool": GREY > 127,
    "0 and 1": (GREY > 127).astype(np.uint8),
    "0 to 16": GREY // 15,
    "floats": GREY.astype(np.float32) / 255,
    "half precision": (GREY / 255).astype(np.float16),
    "-1 to 1": GREY.astype(np.float64) / 127.5 - 1,
    "64-bit": GREY.astype(np.int64),
    "16-bit": GREY.astype(np.uint16) * 257,
    "standardised": (GREY - GREY.mean()) / GREY.std(),
}


@pytest.mark.parametrize("kind", VALUES)
def test_values_of_every_type_use_the_whole_range(tmp_path: Path, kind: str) -> None:
    np.save(tmp_path / "set.npy", VALUES[kind])
    images = read(tmp_path / "set.npy").train_images
    assert (int(images.min()), int(images.max())) == (0, 255)
    assert float(images.float().mean()) == pytest.approx(127.5, abs=12)


LABELLINGS: dict[str, tuple[np.ndarray, tuple[str, ...]]] = {
    "one-hot": (np.eye(3)[LABELS], ("0", "1", "2")),
    "floats": (LABELS.astype(np.float32), ("0", "1", "2")),
    "words": (np.array(["cat", "dog", "eel"])[LABELS], ("cat", "dog", "eel")),
    "bytes": (np.array([b"cat", b"dog", b"eel"])[LABELS], ("cat", "dog", "eel")),
    "from 5, with gaps": (np.array([5, 10, 300])[LABELS], ("5", "10", "300")),
    "negative": (LABELS - 1, ("-1", "0", "1")),
    "many columns": (np.ones((12, 14)), ("set",)),
}


@pytest.mark.parametrize("kind", LABELLINGS)
def test_labels_of_every_type(tmp_path: Path, kind: str) -> None:
    labels, classes = LABELLINGS[kind]
    data = read(saved(tmp_path, images=GREY, labels=labels))
    assert data.classes == classes
    assert int(data.test_labels.max()) == len(classes) - 1
    assert ("labels not used" in data.note) == (kind == "many columns")


def test_what_an_archive_holds_is_named_where_it_is_not_understood(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"weights \(3, 3\)"):
        read(saved(tmp_path, weights=np.ones((3, 3)), bias=np.ones(3)))
    with pytest.raises(BadInput, match="12 images and 5 labels"):
        read(saved(tmp_path, images=GREY, labels=LABELS[:5]))


@pytest.mark.parametrize("damage", ["missing", "empty", "half", "objects", "text", "flat"])
def test_unusable_arrays_are_refused_with_the_reason(tmp_path: Path, damage: str) -> None:
    path = saved(tmp_path, images=GREY)
    whole = path.read_bytes()
    match damage:
        case "missing":
            path.unlink()
        case "empty":
            path.write_bytes(b"")
        case "half":
            path.write_bytes(whole[: len(whole) // 2])
        case "objects":
            np.savez(path, images=np.array([{"run": "code"}], dtype=object))
        case "text":
            np.savez(path, images=np.array([["a", "b"]]))
        case "flat":
            np.savez(path, images=np.ones(100))
    with pytest.raises(BadInput, match=r"set\.npz is not usable") as error:
        read(path)
    assert len(str(error.value).splitlines()) == 1


def lines(labels: list[str], separator: str = ",", label_last: bool = False) -> list[str]:
    rows = []
    for label, image in zip(labels, GREY.reshape(12, -1), strict=True):
        values = [str(value) for value in image]
        rows.append(separator.join([*values, label] if label_last else [label, *values]))
    return rows


NUMBERS = [str(label) for label in LABELS]
PIXELS = [f"pixel{number}" for number in range(784)]
TEXTS = {
    "label first": (lines(NUMBERS), ("0", "1", "2")),
    "header": ([",".join(["label", *PIXELS]), *lines(NUMBERS)], ("0", "1", "2")),
    "label last": (
        [",".join([*PIXELS, "class"]), *lines(NUMBERS, label_last=True)],
        ("0", "1", "2"),
    ),
    "words": (lines([f"kind {label}" for label in NUMBERS]), ("kind 0", "kind 1", "kind 2")),
    "semicolons": (lines(NUMBERS, ";"), ("0", "1", "2")),
    "counted header": ([",".join(map(str, range(785))), *lines(NUMBERS)], ("0", "1", "2")),
    "no labels": ([line.split(",", 1)[1] for line in lines(NUMBERS)], ("set",)),
    "index": (
        [
            ",".join(["", "label", *PIXELS]),
            *(f"{at},{row}" for at, row in enumerate(lines(NUMBERS))),
        ],
        ("0", "1", "2"),
    ),
    "quoted": ([",".join(f'"{cell}"' for cell in row.split(",")) for row in lines(NUMBERS)],
               ("0", "1", "2")),
}  # fmt: skip


@pytest.mark.parametrize("kind", TEXTS)
def test_csv(tmp_path: Path, kind: str) -> None:
    rows, classes = TEXTS[kind]
    path = tmp_path / "set.csv"
    path.write_text("\n".join(rows) + "\n")
    data = read(path)
    assert data.image_shape.sizes == (1, 28, 28)
    assert data.classes == classes
    for image, label in zip(data.test_images, data.test_labels, strict=True):
        (where,) = np.flatnonzero((image[0].numpy() == GREY).all(axis=(1, 2)))
        assert label == (LABELS[where] if len(classes) > 1 else 0)


def test_packed_csv(tmp_path: Path) -> None:
    path = tmp_path / "set.csv.gz"
    path.write_bytes(gzip.compress("\n".join(lines(NUMBERS)).encode()))
    assert len(read(path).train_images) == 9
    assert load(str(path), None).name == f"csv:{path}"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "has no images"),
        ("a,b\n1,2\n", "has no images"),
        ("\n".join(lines(NUMBERS)) + "\n1,2,3\n", "is not usable"),
        ("\n".join([*lines(NUMBERS)[:3], "5," + ",".join(["x"] * 784)]) + "\n", "is not usable"),
    ],
)
def test_unusable_csv_is_refused_with_the_reason(tmp_path: Path, text: str, reason: str) -> None:
    (tmp_path / "set.csv").write_text(text)
    with pytest.raises(BadInput, match=reason) as error:
        read(tmp_path / "set.csv")
    assert len(str(error.value).splitlines()) == 1
