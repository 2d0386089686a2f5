"""What is made of image files: as a person sees them, in a size and colours that suit the set."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw

from aetui.config import DataOptions
from aetui.errors import BadInput
from aetui.ml.data.dataset import Dataset
from aetui.ml.data.load import load
from tests.datasets import image, images, noise, put


def read(folder: Path, **options: object) -> Dataset:
    return load(f"folder:{folder}", None, DataOptions(**options))  # type: ignore[arg-type]


def every(data: Dataset) -> torch.Tensor:
    """All images, as floats."""
    return torch.cat([data.train_images, data.test_images]).float()


def blob(number: int, size: int = 32) -> np.ndarray:
    """A soft spot in 0 to 1."""
    rng = np.random.default_rng(number)
    y, x = np.mgrid[0:size, 0:size]
    cx, cy = rng.uniform(10, 22, 2)
    spot: np.ndarray = np.exp(-((x - cx) ** 2 + (y - cy) ** 2) / 40)
    return spot


DEPTHS: dict[str, tuple[str, Callable[[np.ndarray], np.ndarray]]] = {
    "16-bit PNG": ("png", lambda v: (v * 65535).astype("u2")),
    "12 bits in a TIFF": ("tif", lambda v: (v * 4095).astype("u2")),
    "10 bits in a PNG": ("png", lambda v: (v * 1023).astype("u2")),
    "16-bit PGM": ("pgm", lambda v: (v * 65535).astype("u2")),
    "32-bit integers": ("tif", lambda v: (v * 2**30).astype("i4")),
    "floats in 0..1": ("tif", lambda v: v.astype("f4")),
    "floats in 0..255": ("tif", lambda v: (v * 255).astype("f4")),
    "floats in -1..1": ("tif", lambda v: (v * 2 - 1).astype("f4")),
    "large floats": ("tif", lambda v: (v * 40_000).astype("f4")),
    "bytes": ("png", lambda v: (v * 255).astype("u1")),
}


@pytest.mark.parametrize("depth", DEPTHS)
def test_deep_values_are_scaled_and_not_clipped(tmp_path: Path, depth: str) -> None:
    suffix, make = DEPTHS[depth]
    for number in range(12):
        put(tmp_path / f"{number:02d}.{suffix}", make(blob(number)))
    found = every(read(tmp_path))
    expected = np.mean([blob(number) for number in range(12)]) * 255
    assert float(found.mean()) == pytest.approx(expected, rel=0.08)
    assert found.max() > 240
    assert len(found.unique()) > 100


def test_folders_of_different_depths_come_out_equally_bright(tmp_path: Path) -> None:
    for name, depth in (("a", "16-bit PNG"), ("b", "10 bits in a PNG"), ("c", "floats in 0..1")):
        suffix, make = DEPTHS[depth]
        for number in range(12):
            put(tmp_path / name / f"{number}.{suffix}", make(blob(number)))
    data = read(tmp_path)
    means = [
        float(data.test_images[data.test_labels == label].float().mean()) for label in range(3)
    ]
    assert max(means) < 1.1 * min(means)


def test_a_dark_image_stays_dark_beside_a_bright_one(tmp_path: Path) -> None:
    for number in range(12):
        share = 0.1 if number % 2 else 1.0
        put(tmp_path / f"{number}.png", (blob(number) * share * 65535).astype("u2"))
    brightest = every(read(tmp_path)).amax(dim=(1, 2, 3)).sort().values
    assert brightest[5] < 40
    assert brightest[6] > 200


def test_classes_of_about_the_same_brightness_share_a_scale(tmp_path: Path) -> None:
    for name, most in (("a", 16_100), ("b", 16_700), ("c", 9_000)):  # 14 bits, 15 bits, half
        for number in range(6):
            put(tmp_path / name / f"{number}.png", (blob(number) * most).astype("u2"))
    data = read(tmp_path)
    tops = [data.test_images[data.test_labels == label].max().item() for label in range(3)]
    assert tops[0] == pytest.approx(tops[1], rel=0.06)
    assert tops[2] == pytest.approx(tops[1] * 9 / 16.7, rel=0.06)


def test_values_that_are_no_numbers_are_black(tmp_path: Path) -> None:
    for number in range(6):
        values = blob(number).astype("f4")
        values[0, 0], values[1, 1] = np.nan, np.inf
        put(tmp_path / f"{number}.tif", values)
    found = every(read(tmp_path))
    assert found[:, 0, 0, 0].max() < 10
    assert found.mean() > 10


def drawn(mode: str, ink: object, ground: object, number: int) -> Image.Image:
    picture = Image.new(mode, (32, 32), ground)  # type: ignore[arg-type]
    box = (4 + number, 6, 20 + number, 25)
    ImageDraw.Draw(picture).ellipse(box, outline=ink, width=4)  # type: ignore[arg-type]
    return picture


@pytest.mark.parametrize("ink", [0, 255, 90])
@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_ink_on_a_transparent_ground_is_visible(tmp_path: Path, mode: str, ink: int) -> None:
    for number in range(6):
        if mode == "P":
            picture = drawn("L", ink, 7, number).convert("P")
            picture.save(tmp_path / f"{number}.png", transparency=7)
        else:
            picture = drawn("LA", (ink, 255), (ink, 0), number).convert(mode)
            picture.save(tmp_path / f"{number}.png")
    found = every(read(tmp_path))
    assert found.shape[1] == 1
    assert (found.amax(dim=(1, 2, 3)) - found.amin(dim=(1, 2, 3))).min() > 80


def test_white_ink_stays_visible_in_a_set_of_black_ink(tmp_path: Path) -> None:
    for number in range(6):
        ink = 255 if number == 3 else 0
        drawn("LA", (ink, 255), (ink, 0), number).save(tmp_path / f"{number}.png")
    found = every(read(tmp_path))
    assert (found.amax(dim=(1, 2, 3)) - found.amin(dim=(1, 2, 3))).min() > 200


def test_colour_is_kept_where_there_is_any(tmp_path: Path) -> None:
    images(tmp_path / "grey", 6)
    put(tmp_path / "tinted" / "0.png", np.full((28, 28, 3), (200, 30, 30), np.uint8))
    put(tmp_path / "tinted" / "1.png", np.full((28, 28, 3), (30, 30, 200), np.uint8))
    data = read(tmp_path)
    assert data.image_shape.channels == 3
    assert "colour" in data.note
    assert read(tmp_path, channels=1).image_shape.channels == 1
    red = next(each for each in every(data) if each[0, 0, 0] == 200 and each[1, 0, 0] == 30)
    assert red[2, 14, 14] == 30


def test_grey_stored_as_colour_is_grey(tmp_path: Path) -> None:
    for number in range(6):
        grey = np.repeat(noise(number)[:, :, None] // 2 + 60, 3, axis=2)
        put(tmp_path / f"{number}.jpg", grey)
    assert read(tmp_path).image_shape.channels == 1
    assert read(tmp_path, channels=3).image_shape.channels == 3


@pytest.mark.parametrize("mode", ["CMYK", "YCbCr", "LAB", "P", "RGBA", "HSV"])
def test_a_red_image_is_red_in_every_mode(tmp_path: Path, mode: str) -> None:
    suffix = {"CMYK": "jpg", "YCbCr": "jpg", "P": "gif", "RGBA": "png"}.get(mode, "tif")
    for number in range(6):
        picture = drawn("RGB", (255, 255, 255), (200, 20, 20), number)
        if mode == "LAB":
            from PIL import ImageCms

            srgb, lab = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
            converted = ImageCms.profileToProfile(picture, srgb, lab, outputMode="LAB")
            assert converted is not None
            picture = converted
        elif mode == "HSV":
            picture = picture.convert("P", palette=Image.Palette.ADAPTIVE)
        else:
            picture = picture.convert(mode)
        picture.save(tmp_path / f"{number}.{suffix}")
    corner = every(read(tmp_path))[0, :, 0, 0]
    assert corner[0] > 150
    assert corner[1:].max() < 80


@pytest.mark.parametrize("orientation", range(1, 9))
def test_rotated_photographs_stand_upright(tmp_path: Path, orientation: int) -> None:
    upright = np.zeros((48, 32, 3), np.uint8)
    upright[:12, :16] = 255
    back = {1: None, 2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}[orientation]  # Pillow's Transpose
    for number in range(6):
        upright[40, number * 3, :] = 200
        picture = Image.fromarray(upright)
        if back is not None:
            picture = picture.transpose(Image.Transpose(back))
        exif = Image.Exif()
        exif[0x0112] = orientation
        picture.resize((picture.width * 4, picture.height * 4)).save(
            tmp_path / f"{number}.jpg", exif=exif
        )
    data = read(tmp_path)
    assert data.image_shape.sizes == (1, 64, 43)
    assert every(data)[:, 0, 3, 3].min() > 200
    assert every(data)[:, 0, 3, 40].max() < 50


@pytest.mark.parametrize("suffix", ["gif", "png", "webp", "tif"])
def test_of_several_images_in_a_file_the_first_counts(tmp_path: Path, suffix: str) -> None:
    for number in range(6):
        frames = [drawn("RGB", value, (0, 0, 0), number) for value in ("white", "red", "blue")]
        path = tmp_path / f"{number}.{suffix}"
        frames[0].save(path, save_all=True, append_images=frames[1:])
    data = read(tmp_path)
    assert data.image_shape.channels == 1
    assert every(data).max() > 200


SIZES = [
    ((28, 28), (28, 28)),
    ((40, 30), (40, 30)),
    ((96, 64), (64, 43)),
    ((640, 425), (64, 42)),
    ((425, 640), (42, 64)),
    ((300, 10), (64, 8)),
    ((5, 5), (8, 8)),
    ((64, 64), (64, 64)),
]


@pytest.mark.parametrize(("size", "expected"), SIZES)
def test_sizes_are_kept_up_to_64(
    tmp_path: Path, size: tuple[int, int], expected: tuple[int, int]
) -> None:
    for number in range(6):
        image(tmp_path / f"{number}.png", number, size)
    data = read(tmp_path)
    assert (data.image_shape.width, data.image_shape.height) == expected
    assert ("fitted" in data.note) == (size != expected)
    again = read(tmp_path, size=expected)
    assert torch.equal(data.train_images, again.train_images)


def test_one_large_image_among_many_does_not_decide_their_size(tmp_path: Path) -> None:
    for number in range(59):
        image(tmp_path / f"{number}.png", number, (16, 11))
    image(tmp_path / "sheet.png", size=(60, 60))
    data = read(tmp_path)
    assert data.image_shape.sizes == (1, 11, 16)
    assert len(data.train_images) + len(data.test_images) == 60
    assert "16x11 grey, fitted from sizes of 16x11 to 60x60" in data.note


def test_mixed_sizes_are_fitted_and_padded_with_the_colour_of_the_border(tmp_path: Path) -> None:
    for number, size in enumerate([(60, 30), (30, 60), (15, 15), (200, 200)] * 2):
        picture = Image.new("L", size, 180)
        ImageDraw.Draw(picture).ellipse((4, 4, size[0] - 5, size[1] - 5), fill=20 + number)
        picture.save(tmp_path / f"{number}.png")
    data = read(tmp_path)
    assert data.image_shape.sizes == (1, 64, 64)
    corners = every(data)[:, 0, [0, 0, -1, -1], [0, -1, 0, -1]]
    assert (corners - 180).abs().max() < 12
    assert "15x15 to 200x200" in data.note


@pytest.mark.parametrize(("size", "channels"), [((48, 32), 3), ((8, 128), 1), ((33, 33), None)])
def test_size_and_channels_can_be_asked_for(
    tmp_path: Path, size: tuple[int, int], channels: int | None
) -> None:
    for number in range(6):
        image(tmp_path / f"{number}.png", number, (100, 70), bands=3)
    shape = read(tmp_path, size=size, channels=channels).image_shape
    assert (shape.width, shape.height, shape.channels) == (*size, channels or 3)


@pytest.mark.parametrize("name", ["digits", "mnist"])
def test_they_apply_to_every_data_set(tmp_path: Path, name: str) -> None:
    from tests.datasets import mnist_files, write

    write(tmp_path, mnist_files())
    data = load(name, tmp_path, DataOptions((20, 16), 3), download=False)
    assert data.image_shape.sizes == (3, 16, 20)
    assert data.test_images.shape[1:] == (3, 16, 20)


def test_unusable_images_are_named_and_skipped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    images(tmp_path, 2)
    (tmp_path / "empty.png").touch()
    (tmp_path / "text.png").write_text("no image")
    image(tmp_path / "torn.png", 7, (200, 200))
    torn = (tmp_path / "torn.png").read_bytes()
    (tmp_path / "torn.png").write_bytes(torn[: len(torn) // 2])
    data = read(tmp_path)
    for name in ("empty.png: not an image", "text.png", "torn.png"):
        assert name in data.note
    assert len(data.train_images) + len(data.test_images) == 2
    image(tmp_path / "bomb.png", 8, (300, 300))
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 250 * 250)
    assert "could not be read: 4" in read(tmp_path).note


def test_a_postscript_file_is_not_started(tmp_path: Path) -> None:
    images(tmp_path, 2)
    script = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\nshowpage\n"
    (tmp_path / "evil.png").write_bytes(script)
    (tmp_path / "evil.eps").write_bytes(script)
    note = read(tmp_path).note
    assert "evil.png: not an image" in note
    assert "of another kind: 1 (evil.eps)" in note


def test_nothing_but_rubbish_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_text("rubbish")
    with pytest.raises(BadInput, match=r"no usable images.*a\.png: not an image"):
        read(tmp_path)


def test_masks_of_few_values_are_not_black(tmp_path: Path) -> None:
    for number in range(6):
        put(tmp_path / f"{number}.png", noise(number) // 128)
    data = read(tmp_path)
    assert set(every(data).unique().tolist()) == {0, 255}
    assert "values of 0 to 1 spread to 255" in data.note
