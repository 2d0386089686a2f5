"""The colours and layers of Scatter as a figure, by command and by key."""

from __future__ import annotations

import re
import shutil
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from aetui.cli.main import main

Capture = pytest.CaptureFixture[str]


def draw(runs: Path, path: Path, *options: str) -> Path:
    """A scatter of vae-001."""
    places = ("--runs", str(runs), "-o", str(path), "--dpi", "50")
    assert main(["figure", "scatter", *places, "--run", "vae-001", *options]) == 0
    return path


def refused(capsys: Capture, runs: Path, *options: str) -> str:
    """The sentence of a scatter that is refused."""
    assert main(["figure", "scatter", "--runs", str(runs), "--run", "vae-001", *options]) == 2
    error = capsys.readouterr().err
    assert len(error.splitlines()) == 1
    return error


@pytest.mark.parametrize("light", [(), ("--light",)])
def test_colours_and_layers_differ(trained: Path, tmp_path: Path, light: tuple[str, ...]) -> None:
    pictures = set()
    for options in (
        ("--color-by", "cluster"),
        ("--color-by", "error"),
        ("--color-by", "density"),
        ("--layers", "decisions"),
        ("--layers", "thumbnails"),
        ("--layers", "decisions,thumbnails", "--color-by", "error"),
    ):
        with Image.open(draw(trained, tmp_path / "x.png", *options, *light)) as image:
            assert image.info["Source"].endswith(" ".join([*options, *light]))
            words = ("by " + options[-1]) if "--color-by" in options else "images"
            assert image.info["Title"].endswith(words)
            pictures.add(np.asarray(image.convert("RGB")).tobytes())
    assert len(pictures) == 6


def test_a_scale_names_its_unit_and_a_legend_what_it_lists(trained: Path, tmp_path: Path) -> None:
    chosen = ("--classes", "3,8", "--layers", "decisions")
    for options, wanted in (
        (("--color-by", "error"), "reconstruction error (nats) "),
        (("--color-by", "error", "--epoch", "1"), "(nats), with the weights after epoch 2 "),
        (("--color-by", "density"), "density (images within a square of side 0."),
        (("--color-by", "cluster"), "cluster of k-means, by"),
        (chosen, "7  (none)"),
    ):
        svg = draw(trained, tmp_path / "x.svg", *options).read_text()
        assert wanted in svg  # matplotlib writes each text as a comment, too


def test_thumbnails_lie_side_by_side(trained: Path, tmp_path: Path) -> None:
    svg = draw(trained, tmp_path / "x.svg", "--layers", "thumbnails").read_text()
    number = r'"(-?[\d.]+)"'
    found = re.findall(
        rf"translate\(.*?\)\" x={number} y={number} width={number} height={number}", svg
    )
    places = np.array(found, float)
    corners, (width, height) = places[:, :2], places[:, 2:].max(0)
    assert len(places) == svg.count("<image") > 2
    for first, second in combinations(corners, 2):
        across, down = np.abs(first - second)
        assert across > width - 2 or down > height - 2  # rounded to pixels


def test_what_a_scatter_lacks_is_a_sentence(trained: Path, tmp_path: Path, capsys: Capture) -> None:
    shutil.copytree(trained / "vae-001", tmp_path / "vae-001")
    config = tmp_path / "vae-001" / "config.json"
    config.write_text(re.sub(r'"data": "digits"', '"data": "mnist"', config.read_text()))
    out = ("-o", str(tmp_path / "x.png"), "--data-dir", str(tmp_path))
    for options in (("--color-by", "error"), ("--layers", "thumbnails")):
        assert "mnist is not on this machine" in refused(capsys, tmp_path, *options, *out)
        error = refused(capsys, trained, *options, *out, "--data", "digits")
        assert "vae-001's own images. Leave out --data." in error
    for name in ("checkpoint.pt", "previous.pt"):
        (tmp_path / "vae-001" / name).unlink()
    config.write_text((trained / "vae-001" / "config.json").read_text())
    assert "checkpoint" in refused(capsys, tmp_path, "--color-by", "error", *out)
    assert not (tmp_path / "x.png").exists()
    draw(tmp_path, tmp_path / "x.png", "--color-by", "density", "--layers", "decisions")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("scatter", "--layers", "rings"), "is not some of decisions, thumbnails, each once"),
        (("scatter", "--color-by", "age"), "age"),
        (("loss", "--color-by", "error"), "--color-by is for scatter; leave it out of loss"),
        (("film", "--epoch", "1"), "--epoch is for scatter, manifold and walk"),
    ],
)
def test_a_wrong_option_is_a_sentence(
    options: tuple[str, ...], words: str, trained: Path, capsys: Capture
) -> None:
    try:
        code = main(["figure", *options, "--runs", str(trained), "--run", "vae-001"])
    except SystemExit as stopped:
        code = int(str(stopped.code))
    assert code == 2
    assert words in capsys.readouterr().err
