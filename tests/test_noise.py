"""Kinds of noise, structural similarity and the median filter, against what they are defined as."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy import ndimage
from torch import Tensor

from aetui.ml.data.noise import draw_noise, put_noise
from aetui.ml.quality.restored import best_median, median_filter, ssim
from aetui.noise import BLOCKS, BLUR, GAUSSIAN, NOISE_KINDS, SALT_AND_PEPPER, NoiseKind

SHAPES = [(1, 8, 8), (3, 13, 20), (1, 28, 28), (3, 128, 96)]


def pictures(shape: tuple[int, ...], count: int = 3) -> Tensor:
    """Smooth images, [count, *shape]."""
    generator = torch.Generator().manual_seed(5)
    noise = torch.rand((count, *shape), generator=generator).numpy()
    smooth = ndimage.gaussian_filter(noise, (0, 0, 2, 2))
    low, high = smooth.min(), smooth.max()
    return torch.from_numpy((smooth - low) / (high - low)).float()


def noisy(images: Tensor, kind: NoiseKind, strength: float, seed: int = 3) -> Tensor:
    drawn = draw_noise(kind, images.shape, torch.Generator().manual_seed(seed))
    return put_noise(images, drawn, kind, strength)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("kind", NOISE_KINDS, ids=lambda kind: kind.name)
def test_noise_is_repeated_stays_in_bounds_and_grows(
    kind: NoiseKind, shape: tuple[int, ...]
) -> None:
    images = pictures(shape)
    before = images.clone()
    strengths = [kind.strength.low, kind.usual, kind.moved(kind.usual, 2), kind.strength.high]
    found = [noisy(images, kind, strength) for strength in strengths]
    assert (images == before).all()
    assert torch.equal(found[0], images)
    for each in found:
        assert each.shape == images.shape and each.dtype == torch.float32
        assert float(each.min()) >= 0 and float(each.max()) <= 1
    distances = [float((each - images).square().mean()) for each in found]
    assert distances == sorted(distances) and distances[1] > 0
    assert torch.equal(noisy(images, kind, kind.usual), found[1])
    if kind is not BLUR:
        assert not torch.equal(noisy(images, kind, kind.usual, seed=4), found[1])


def test_gaussian_noise_is_that_of_the_training() -> None:
    images = pictures((1, 28, 28))
    noise = torch.randn(images.shape, generator=torch.Generator().manual_seed(3))
    assert torch.equal(noisy(images, GAUSSIAN, 0.5), (images + 0.5 * noise).clamp(0, 1))


def test_shares_are_shares() -> None:
    images = 0.2 + 0.6 * pictures((3, 56, 56), 20)
    dots = noisy(images, SALT_AND_PEPPER, 0.3)
    assert float((dots == 0).float().mean()) == pytest.approx(0.15, abs=0.01)
    assert float((dots == 1).float().mean()) == pytest.approx(0.15, abs=0.01)
    assert ((dots == images).all(1) | (dots == 0).all(1) | (dots == 1).all(1)).all()
    left = noisy(images, BLOCKS, 0.25)
    shares = (left == 0).float().mean((1, 2, 3))
    assert shares.tolist() == pytest.approx([round(0.25 * 49) / 49] * 20)
    assert ((left == 0) | (left == images)).all()


@pytest.mark.parametrize("sigma", [0.75, 2.0])
def test_blur_is_a_gaussian(sigma: float) -> None:
    images = pictures((3, 13, 20))
    wanted = ndimage.gaussian_filter(images.numpy(), (0, 0, sigma, sigma), mode="nearest")
    assert noisy(images, BLUR, sigma).numpy() == pytest.approx(wanted, abs=2e-4)


def ssim_by_hand(x: np.ndarray, y: np.ndarray) -> float:
    """Equations 13 and 14 to 17 of Wang et al. 2004, window by window, [C, H, W]."""
    side = min(11, *x.shape[1:])
    side -= (side + 1) % 2
    at = np.arange(side) - side // 2
    weights = np.exp(-(at[:, None] ** 2 + at[None] ** 2) / (2 * 1.5**2))
    weights /= weights.sum()
    values = []
    for first, second in zip(x, y, strict=True):
        for top in range(x.shape[1] - side + 1):
            for left in range(x.shape[2] - side + 1):
                a = first[top : top + side, left : left + side]
                b = second[top : top + side, left : left + side]
                mean_a, mean_b = (weights * a).sum(), (weights * b).sum()
                var_a, var_b = (
                    (weights * (a - mean_a) ** 2).sum(),
                    (weights * (b - mean_b) ** 2).sum(),
                )
                both = (weights * (a - mean_a) * (b - mean_b)).sum()
                values.append(
                    (2 * mean_a * mean_b + 0.01**2)
                    * (2 * both + 0.03**2)
                    / ((mean_a**2 + mean_b**2 + 0.01**2) * (var_a + var_b + 0.03**2))
                )
    return float(np.mean(values))


@pytest.mark.parametrize("shape", SHAPES[:3])
def test_ssim_is_that_of_the_paper(shape: tuple[int, ...]) -> None:
    images = pictures(shape)
    for kind in NOISE_KINDS:
        spoilt = noisy(images, kind, kind.usual)
        pairs = zip(spoilt.double().numpy(), images.double().numpy(), strict=True)
        wanted = [ssim_by_hand(*pair) for pair in pairs]
        assert ssim(spoilt, images).tolist() == pytest.approx(wanted, abs=1e-4)
    assert ssim(images, images).tolist() == pytest.approx([1, 1, 1])


def test_ssim_of_flat_images_is_a_number() -> None:
    black, white = torch.zeros(2, 1, 28, 28), torch.ones(2, 1, 28, 28)
    assert ssim(black, black).tolist() == [1, 1]
    assert all(0 <= value < 0.01 and math.isfinite(value) for value in ssim(black, white).tolist())


@pytest.mark.parametrize("side", [3, 5, 7])
@pytest.mark.parametrize("shape", SHAPES[:3])
def test_the_median_filter_is_scipys(shape: tuple[int, ...], side: int) -> None:
    images = noisy(pictures(shape), GAUSSIAN, 0.5)
    wanted = ndimage.median_filter(images.numpy(), (1, 1, side, side), mode="mirror")
    assert (median_filter(images, side).numpy() == wanted).all()


def test_the_best_window_grows_with_the_noise() -> None:
    images = pictures((1, 56, 56))
    assert best_median(noisy(images, SALT_AND_PEPPER, 0.05), images)[0] == 3
    assert best_median(noisy(images, SALT_AND_PEPPER, 0.6), images)[0] > 3
