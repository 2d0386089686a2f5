"""Figures as files: what a person types, opened with the tools that would read them."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image
from PIL.ExifTags import Base

from aetui.cli.main import main
from tests.datasets import put
from tests.trainers import train_here

Capture = pytest.CaptureFixture[str]
STILL = ("pairs", "scatter", "manifold", "loss", "traversal", "worst")


def draw(runs: Path, path: Path, kind: str, *options: str) -> Path:
    """The figure that a command draws that succeeds."""
    arguments = ("figure", kind, "--runs", str(runs), "-o", str(path), *options)
    assert main(list(arguments)) == 0
    return path


def refused(capsys: Capture, *arguments: str) -> str:
    """The sentence of a command that is refused."""
    assert main(["figure", *arguments]) == 2
    error = capsys.readouterr().err
    assert len(error.splitlines()) == 1
    return error


@pytest.fixture(scope="module")
def coloured(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A runs folder with a model of 4 latent axes on wide pictures in colour, and a denoiser."""
    folder = tmp_path_factory.mktemp("pictures")
    rng = np.random.default_rng(0)
    for number in range(60):
        label = ("$x$", "cat & <dog>", "long" * 20)[number % 3]
        put(folder / label / f"{number}.png", rng.integers(0, 256, (16, 24, 3), np.uint8))
    runs = tmp_path_factory.mktemp("coloured")
    data = ("--data", f"folder:{folder}", "--epochs", "2")
    assert train_here("vae", runs, *data, "--name", "wide", "--latent-dim", "4") == 0
    assert train_here("dae", runs, *data, "--name", "clean") == 0
    return runs


def test_every_still_figure_says_where_it_comes_from(trained: Path, tmp_path: Path) -> None:
    for kind in STILL:
        path = draw(trained, tmp_path / f"{kind}.png", kind, "--run", "vae-001", "--dpi", "60")
        with Image.open(path) as image:
            said = image.info
            assert min(image.size) > 100
        assert said["Source"] == f"aetui figure {kind} --run vae-001"
        for part in ("vae-001", "digits", "epoch 2", "nats"):
            assert part in said["Description"]


@pytest.mark.parametrize(("kind", "frames"), [("film", 2), ("walk", 100)])
@pytest.mark.parametrize("ending", ["gif", "webp"])
def test_moving_figures(kind: str, frames: int, ending: str, trained: Path, tmp_path: Path) -> None:
    path = draw(trained, tmp_path / f"{kind}.{ending}", kind, "--run", "vae-001", "--dpi", "50")
    with Image.open(path) as image:
        assert getattr(image, "n_frames", 1) >= frames
        comment = image.info.get("comment", b"").decode()
        said = comment if ending == "gif" else image.getexif()[Base.ImageDescription]
        image.seek(frames - 1)
        last = np.asarray(image.convert("RGB"))
    assert f"aetui figure {kind} --run vae-001" in said
    assert len(np.unique(last.reshape(-1, 3), axis=0)) > 20


def test_figures_of_colour_pictures_and_more_axes(coloured: Path, tmp_path: Path) -> None:
    for kind in STILL:
        draw(coloured, tmp_path / f"{kind}.png", kind, "--run", "wide", "--dpi", "50")
    with Image.open(tmp_path / "pairs.png") as image:
        pixels = np.asarray(image.convert("RGB")).astype(int)
    assert np.abs(pixels[..., 0] - pixels[..., 2]).max() > 100  # the noise of the originals
    draw(coloured, tmp_path / "walk.gif", "walk", "--run", "wide", "--dpi", "50")
    draw(coloured, tmp_path / "clean.png", "pairs", "--run", "clean", "--dpi", "50")
    draw(coloured, tmp_path / "worst.png", "worst", "--run", "clean", "--dpi", "50")


def test_vector_figures(trained: Path, coloured: Path, tmp_path: Path) -> None:
    svg = draw(coloured, tmp_path / "scatter.svg", "scatter", "--run", "wide", "--light")
    text = svg.read_text()
    ElementTree.fromstring(text)
    assert "aetui figure scatter --run wide --light" in text
    pdf = draw(trained, tmp_path / "loss.pdf", "loss", "--run", "dae-001").read_bytes()
    assert pdf.startswith(b"%PDF")
    assert b"/Title (Losses of dae-001)" in pdf
    if shutil.which("pdftotext"):
        read = subprocess.run(
            ["pdftotext", tmp_path / "loss.pdf", "-"], capture_output=True, text=True, check=True
        )
        assert "PSNR (dB)" in read.stdout


def test_light_is_white_and_dpi_is_the_size(trained: Path, tmp_path: Path) -> None:
    run = ("--run", "vae-001")
    dark = draw(trained, tmp_path / "dark.png", "scatter", *run, "--dpi", "50")
    light = draw(trained, tmp_path / "light.png", "scatter", *run, "--dpi", "100", "--light")
    with Image.open(dark) as first, Image.open(light) as second:
        assert np.asarray(first.convert("L"))[1, 1] < 40
        assert np.asarray(second.convert("L"))[1, 1] == 255
        assert second.width == pytest.approx(2 * first.width, abs=2)


def test_a_walk_through_chosen_points(trained: Path, tmp_path: Path) -> None:
    options = ("--run", "vae-001", "--dpi", "50", "--through=-1,0.5:1,-1:2,0")
    with Image.open(draw(trained, tmp_path / "walk.gif", "walk", *options)) as image:
        assert "--through=-1,0.5:1,-1:2,0" in image.info["comment"].decode()
        assert 20 < getattr(image, "n_frames", 1) < 40


def test_a_walk_of_an_earlier_epoch_shows_its_stored_images(
    trained: Path, tmp_path: Path, capsys: Capture
) -> None:
    shutil.copytree(trained / "vae-001", tmp_path / "vae-001")
    for weights in (tmp_path / "vae-001").glob("*.pt"):
        weights.unlink()
    options = ("--run", "vae-001", "--dpi", "50", "--through=-1,0:1,0", "--epoch", "1")
    with Image.open(draw(tmp_path, tmp_path / "walk.gif", "walk", *options)) as image:
        said = image.info["comment"].decode()
        assert len({frame.tobytes() for frame in _left_halves(image)}) > 1
    assert "epoch 1: the nearest of 16 x 16 stored images" in said
    assert "·  epoch 1  ·" in said
    other = ("walk", "--runs", str(tmp_path), *options, "--axes", "pca")
    error = refused(capsys, *other, "-o", str(tmp_path / "x.gif"))
    assert "as of epoch 1. Choose the last epoch, or the axes of the largest KL." in error


def _left_halves(image: Image.Image) -> Iterator[Image.Image]:
    for number in range(getattr(image, "n_frames", 1)):
        image.seek(number)
        yield image.convert("L").crop((0, 20, image.width // 3, image.height - 40))


def test_a_denoiser_is_drawn_with_any_noise(
    trained: Path, coloured: Path, tmp_path: Path, capsys: Capture
) -> None:
    chosen = ("--images", "5,0,8", "--seed", "3", "--dpi", "60")
    pictures = {}
    for kind in ("gaussian", "salt-and-pepper", "blocks", "blur"):
        options = ("--run", "dae-001", "--noise", kind, *chosen)
        path = draw(trained, tmp_path / f"{kind}.png", "pairs", *options)
        with Image.open(path) as image:
            assert "--seed 3 --images 5,0,8" in image.info["Source"]
            pictures[kind] = np.asarray(image.convert("L"))
    assert len({picture.tobytes() for picture in pictures.values()}) == 4
    run = ("--run", "clean", "--noise", "blocks", "--strength", "0.5", "--dpi", "50")
    for kind in ("pairs", "worst"):
        draw(coloured, tmp_path / f"coloured-{kind}.png", kind, *run)
    known = ("--runs", str(trained), "--run", "dae-001")
    blocks = ("pairs", *known, "--noise", "blocks")
    assert "between 0 and 1, not 1.5" in refused(capsys, *blocks, "--strength", "1.5")
    assert "the last one is #359" in refused(capsys, "pairs", *known, "--images", "360")
    assert "--noise is for pairs and worst" in refused(capsys, "loss", *known, "--noise", "blur")


def test_the_rows_of_a_denoiser(
    trained: Path, coloured: Path, tmp_path: Path, capsys: Capture
) -> None:
    every = ("--rows", "noisy,denoised,clean,error,median")
    svg = draw(trained, tmp_path / "x.svg", "pairs", "--run", "dae-001", *every).read_text()
    for row in ("of denoised", "red: ≥ 0.6", "median", "SSIM 0."):
        assert row in svg  # matplotlib writes each line as a comment, too
    run, some = ("--run", "dae-001", "--dpi", "60"), ("--rows", "median,error")
    with Image.open(draw(trained, tmp_path / "x.png", "worst", *run, *some)) as image:
        assert image.info["Source"].endswith("--rows median,error")
        red, green, _ = np.moveaxis(np.asarray(image.convert("RGB")).astype(int), 2, 0)
        assert (red - green).max() > 40
    draw(coloured, tmp_path / "x.png", "pairs", "--run", "clean", "--dpi", "50", *every)
    other = ("pairs", "--runs", str(trained), "--run", "vae-001", *some)
    assert "vae-001 removes no noise; leave out --rows" in refused(capsys, *other)
    own = (
        "pairs",
        "--runs",
        str(trained),
        "--run",
        "dae-001",
        *some,
        "--picture",
        str(tmp_path / "x.png"),
    )
    assert "leave out --rows" in refused(capsys, *own)


def test_a_picture_of_ones_own(trained: Path, tmp_path: Path, capsys: Capture) -> None:
    given = tmp_path / "mine.png"
    Image.new("L", (40, 40), 200).save(given)
    for run in ("vae-001", "dae-001"):
        options = ("--run", run, "--picture", str(given), "--dpi", "60")
        with Image.open(draw(trained, tmp_path / "pairs.png", "pairs", *options)) as image:
            assert image.info["Source"].endswith("--picture mine.png")
    away = ("--runs", str(trained), "--run", "vae-001", "--picture", str(tmp_path / "none.png"))
    assert "there is no file" in refused(capsys, "pairs", *away, "-o", str(tmp_path / "x.png"))


def test_a_part_of_the_codes(trained: Path, tmp_path: Path, capsys: Capture) -> None:
    run = ("--run", "vae-001", "--dpi", "60")
    every = draw(trained, tmp_path / "every.png", "scatter", *run)
    some = ("--classes", "3,8", "--view=-1,1,-0.5,0.5")
    part = draw(trained, tmp_path / "part.png", "scatter", *run, *some)
    with Image.open(every) as first, Image.open(part) as second:
        assert second.info["Source"].endswith("--classes 3,8 --view=-1,1,-0.5,0.5")
        assert "2 classes" in second.info["Title"] and "2 classes" not in first.info["Title"]
    none = ("scatter", "--runs", str(trained), *run, "--classes", "11")
    assert "no codes of the classes 11" in refused(capsys, *none)


def test_what_a_figure_lacks_is_a_sentence(
    trained: Path, coloured: Path, tmp_path: Path, capsys: Capture
) -> None:
    runs = ("--runs", str(trained))
    gif, png = str(tmp_path / "x.gif"), str(tmp_path / "x.png")
    assert "must end in .png" in refused(capsys, "pairs", *runs, "--run", "vae-001", "-o", gif)
    assert "must end in .gif" in refused(capsys, "film", *runs, "--run", "vae-001", "-o", png)
    for kind in ("scatter", "manifold", "traversal"):
        error = refused(capsys, kind, *runs, "--run", "dae-001", "-o", png)
        assert "no latent plane" in error
    epoch = ("--run", "vae-001", "--epoch", "7")
    assert "it has 1, 2" in refused(capsys, "scatter", *runs, *epoch, "-o", png)
    nowhere = str(tmp_path / "none" / "x.png")
    assert "cannot be written" in refused(capsys, "loss", *runs, "--run", "vae-001", "-o", nowhere)
    wide = ("pairs", "--runs", str(coloured), "--run", "wide", "--data", "digits")
    assert "takes images of 3x16x24" in refused(capsys, *wide, "-o", png)
    assert not list(tmp_path.iterdir())


def test_without_its_images_a_run_is_drawn_as_far_as_it_can_be(
    trained: Path, tmp_path: Path, capsys: Capture
) -> None:
    shutil.copytree(trained / "vae-001", tmp_path / "moved")
    config = tmp_path / "moved" / "config.json"
    config.write_text(re.sub(r'"data": "digits"', '"data": "mnist"', config.read_text()))
    run = ("--run", "moved", "--data-dir", str(tmp_path), "--dpi", "50")
    for kind in ("scatter", "manifold", "loss", "traversal"):
        draw(tmp_path, tmp_path / f"{kind}.png", kind, *run)
    draw(tmp_path, tmp_path / "film.gif", "film", *run)
    for kind in ("pairs", "worst"):
        out = str(tmp_path / f"{kind}.png")
        error = refused(capsys, kind, "--runs", str(tmp_path), *run, "-o", out)
        assert "mnist is not on this machine" in error
        assert not Path(out).exists()
    draw(tmp_path, tmp_path / "pairs.png", "pairs", *run, "--data", "digits")


def test_the_newest_run_that_fits_is_drawn_where_none_is_named(
    trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["figure", "manifold", "--runs", str(trained), "--dpi", "50"]) == 0
    assert capsys.readouterr().out == "vae-001-manifold.png\n"
    assert (tmp_path / "vae-001-manifold.png").is_file()


def test_the_app_does_without_matplotlib() -> None:
    code = "import sys, aetui.tui.app, aetui.cli.main; print('matplotlib' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
