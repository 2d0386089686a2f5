"""An image file as a small array that looks as the file does in a viewer."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from aetui.errors import printable
from aetui.ml.data.values import finite_range

Size = tuple[int, int]
"""(width, height) in pixels."""

LIMIT: Final = 64  # pixels a side, where no size is asked for
FORMATS: Final = (
    *("PNG", "JPEG", "MPO", "GIF", "BMP", "DIB", "TIFF", "WEBP", "PPM", "TGA", "ICO", "PCX"),
    *("AVIF", "JPEG2000", "SGI"),
)
"""Pillow's formats of images. Others could start programs: EPS starts Ghostscript."""
DEEP: Final = frozenset({"I;16", "I;16L", "I;16B", "I;16N", "I", "F"})  # Pillow's modes
TINT: Final = 8  # the largest difference between the channels of a grey image
WHITE_IS_ZERO: Final = (262, 0)  # a TIFF's tag PhotometricInterpretation
INVERTED: Final = " inverted"
TURNS: Final = frozenset({"exif", "xmp", "XML:com.adobe.xmp", "Raw profile type exif"})
"""Entries of Pillow's `info` that may say how an image is rotated; reading it takes 10 of 45 us."""
LANCZOS: Final = Image.Resampling.LANCZOS


@dataclass(frozen=True)
class Picture:
    """An image as it was read, in its final size or smaller; its channels are not decided yet.

    `pixels` are [H, W, bands]: 1 grey, 2 grey and alpha, 3 colour, 4 colour and alpha, as uint8; or
    1 as float32 where the file holds more than bytes.
    """

    pixels: NDArray[Any]
    size: Size  # of the original, upright
    depth: str = ""  # files of one depth share one scale; "" for bytes
    extent: tuple[float, float] = (0.0, 255.0)  # lowest and highest value, before any resizing


class Unreadable(Exception):
    """The file cannot be used; the message says why, in a few words."""


@cache
def formats() -> tuple[str, ...]:
    """Those of FORMATS that this Pillow can read."""
    Image.init()
    return tuple(each for each in FORMATS if each in Image.OPEN)


@cache
def suffixes() -> frozenset[str]:
    """The suffixes of files in those formats, in lower case."""
    known = formats()
    return frozenset(each for each, name in Image.registered_extensions().items() if name in known)


def fit(size: Size, canvas: Size) -> Size:
    """The largest size with the proportions of `size` that fits into `canvas`."""
    (width, height), (most_wide, most_high) = size, canvas
    filled = (
        (most_wide, max(1, round(height * most_wide / width))),
        (max(1, round(width * most_high / height)), most_high),
    )
    inside = [each for each in filled if each[0] <= most_wide and each[1] <= most_high]
    return max(inside, key=lambda each: each[0] * each[1])


def read_picture(path: str, canvas: Size | None, channels: int | None) -> Picture:
    """The image in `path`; of several, the first. `Unreadable` where it cannot be used.

    Fitted into `canvas`, or, where that is None, no larger than LIMIT. Large JPEGs are decoded
    small. The caller's warnings filter decides whether a suspiciously large file is an error.
    """
    try:
        with Image.open(path, formats=formats()) as image:
            full = image.size
            side = 2 * max(canvas or (LIMIT,))
            image.draft(None, (side, side))
            drafted = image.size
            image.load()
            if not TURNS.isdisjoint(image.info) or image.format == "TIFF":
                ImageOps.exif_transpose(image, in_place=True)
            size = image.size
            if drafted != full:  # the proportions of the original count
                size = full if size == drafted else full[::-1]
            return _read(image, _depth(image), size, canvas, channels)
    except UnidentifiedImageError:
        raise Unreadable("not an image") from None
    except Exception as error:  # noqa: BLE001  Pillow's decoders raise anything on damaged files
        raise Unreadable(printable(str(error) or type(error).__name__, 120)) from None


def _depth(image: Image.Image) -> str:
    """A name for the files that share a scale with this one; "" where it holds bytes."""
    if image.mode not in DEEP:
        return ""
    tag, value = WHITE_IS_ZERO
    tags: Any = getattr(image, "tag_v2", {})
    return f"{image.format} {image.mode}{INVERTED if tags.get(tag) == value else ''}"


def _read(
    image: Image.Image, depth: str, size: Size, canvas: Size | None, channels: int | None
) -> Picture:
    extent = (0.0, 255.0)
    if depth:
        image, extent = _deep(image, -1 if depth.endswith(INVERTED) else 1)
    else:
        image = _plain(image)
    wanted = size
    if canvas is not None or max(size) > LIMIT:
        wanted = fit(size, canvas or (LIMIT, LIMIT))
    if image.size != wanted:
        image = image.resize(wanted, LANCZOS, reducing_gap=2.0)
    pixels = np.asarray(image)
    if pixels.ndim == 2:
        pixels = pixels[:, :, None]
    # Lanczos overshoots at edges.
    pixels = pixels.clip(*extent) if depth else _without_needless_bands(pixels, channels)
    return Picture(pixels, size, depth, extent)


def _deep(image: Image.Image, sign: int) -> tuple[Image.Image, tuple[float, float]]:
    """`image` in mode F, and the extent of its values, times `sign`."""
    values = np.asarray(image).astype(np.float32) * sign
    low, high = finite_range(values)
    values = np.nan_to_num(values, nan=low, posinf=high, neginf=low)
    return Image.fromarray(values), (low, high)


def _plain(image: Image.Image) -> Image.Image:
    """`image` in mode L, LA, RGB or RGBA."""
    if image.mode == "LAB":
        lab, srgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
        return ImageCms.profileToProfile(image, lab, srgb, outputMode="RGB") or image
    if image.has_transparency_data:
        return image.convert("LA" if image.mode in ("LA", "La") else "RGBA")
    if image.mode not in ("L", "RGB"):
        return image.convert("L" if image.mode == "1" else "RGB")
    return image


def _without_needless_bands(pixels: NDArray[Any], channels: int | None) -> NDArray[Any]:
    """`pixels` without alpha where all is opaque, and without colours where all is grey."""
    bands = pixels.shape[2]
    if bands in (2, 4) and pixels[:, :, -1].min() == 255:
        pixels, bands = pixels[:, :, :-1], bands - 1
    if bands < 3 or channels == 3:
        return pixels
    colour = pixels[:, :, :3]
    if channels is None:
        spread = colour.max(axis=2) - colour.min(axis=2)
        if bands == 4:
            spread = spread[pixels[:, :, 3] > 0]
        if spread.max(initial=0) > TINT:
            return pixels
    grey = np.asarray(Image.fromarray(np.ascontiguousarray(colour)).convert("L"))[:, :, None]
    return np.concatenate([grey, pixels[:, :, 3:]], axis=2)
