"""Save figure: by key and by name, what each screen shows, drawn by a process of its own."""

from __future__ import annotations

import os
import re
import signal
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from textual.pilot import Pilot
from textual.widgets import Input

from aetui.tui.app import AetuiApp
from aetui.tui.screens.denoise_card import DenoiseCard
from aetui.tui.widgets.explore_view import ExploreView
from tests.pilot import messages, opened, run_command, shown, text, until

LONG = 180  # seconds: a figure imports torch and matplotlib, on a machine that may be busy


def says(app: AetuiApp, words: str) -> bool:
    return any(words in message for message in messages(app))


async def save(app: AetuiApp, pilot: Pilot[None], path: str = "") -> Path:
    """Press the key, change the path that is offered, and wait for the figure; where it lies."""
    await pilot.press("S")
    await until(pilot, lambda: app.screen.query("#path"))
    field = app.screen.query_one("#path", Input)
    field.value = path or field.value
    saved = Path(field.value).absolute()
    await pilot.press("enter")
    await until(pilot, lambda: says(app, f"Saved {saved}"), LONG)
    return saved


def said_of(path: Path) -> str:
    """The command that the file says it was made by."""
    with Image.open(path) as image:
        if path.suffix == ".gif":
            return str(image.info["comment"].decode())
        return str(image.info["Source"])


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory for what is saved."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


async def test_denoise_saves_the_images_and_the_noise_that_it_shows(
    trained: Path, here: Path
) -> None:
    async with opened(trained) as (app, pilot):
        await pilot.press("2")
        await until(pilot, lambda: "PSNR dB" in text(app))
        await pilot.press("c", "+")
        await until(pilot, lambda: "25 %" in shown(app, "#label-noisy"))
        path = await save(app, pilot)
        assert path == here / "dae-001-denoise.png"
        command = said_of(path)
        assert "pairs --run dae-001 --noise salt-and-pepper --strength 0.25 --seed 0" in command
        assert not app.screen.query_one("#underway").display


async def test_denoise_saves_its_rows_with_their_scores(trained: Path, here: Path) -> None:
    async with opened(trained, (160, 60)) as (app, pilot):
        await pilot.press("2")
        await until(pilot, lambda: "best of 3 5 7" in text(app))
        scores = re.findall(r"(?:noisy|median) ([\d.]+)", app.screen.query_one(DenoiseCard).text)
        path = await save(app, pilot, "rows.svg")
    svg = path.read_text()
    assert "--rows noisy,denoised,clean,error,median" in svg
    assert len(scores) == 4
    for score in scores:
        assert (f"{float(score):.1f} dB" in svg) or (f"SSIM {float(score):.2f}" in svg)


async def test_scatter_saves_its_classes_and_its_part(trained: Path, here: Path) -> None:
    async with opened(trained) as (app, pilot):
        await pilot.press("3")
        await until(pilot, lambda: "360 images" in text(app))
        assert said_of(await save(app, pilot)) == "aetui figure scatter --run vae-001"
        await pilot.press("+", "v", "comma")
        await until(pilot, lambda: "1 of 2" in text(app))
        command = said_of(await save(app, pilot, "part.png"))
        assert "--epoch 1 --classes" in command
        view = app.screen.query_one(ExploreView).zoomed_extent
        assert view is not None
        assert command.endswith("--view=" + ",".join(f"{value:.6g}" for value in view))


async def test_scatter_saves_its_colours_and_layers(trained: Path, here: Path) -> None:
    async with opened(trained) as (app, pilot):
        await pilot.press("3")
        await until(pilot, lambda: "360 images" in text(app))
        await pilot.press("E", "p", "i")
        await until(pilot, lambda: "error in nats" in text(app))
        path = await save(app, pilot)
        assert said_of(path).endswith("--layers decisions,thumbnails --color-by error")
        with Image.open(path) as image:
            assert image.info["Title"] == "Codes of 360 test images, by error"


async def test_each_screen_saves_what_it_shows(trained: Path, here: Path) -> None:
    async with opened(trained) as (app, pilot):
        await until(pilot, lambda: "done · vae-001" in text(app))
        for key, ready, kind in (
            ("1", "test", "loss"),
            ("4", "z0", "manifold"),
            ("5", "z0", "walk"),
        ):
            await pilot.press(key)
            await until(pilot, partial(is_ready, app, ready))
            path = await save(app, pilot)
            assert path.name.startswith(f"vae-001-{app.current_mode}.")
            assert f"aetui figure {kind} --run vae-001" in said_of(path)


def is_ready(app: AetuiApp, words: str) -> bool:
    return words in text(app)


async def test_a_walk_on_an_epoch_that_is_held(trained: Path, here: Path) -> None:
    async with opened(trained) as (app, pilot):
        await pilot.press("5")
        await until(pilot, lambda: "z0" in text(app))
        await pilot.press("comma")
        await until(pilot, lambda: "nearest scanned image" in text(app))
        await pilot.press("a", "right", "right")
        said = said_of(await save(app, pilot))
        assert "epoch 1: the nearest of 16 x 16 stored images" in said
        assert "aetui figure walk --run vae-001 --epoch 1 --through=" in said
        await pilot.press("x")
        await until(pilot, lambda: app.screen.query(Input))
        await pilot.press(*"pca", "enter")
        await until(pilot, lambda: "pc1" in text(app))
        await pilot.press("S")
        await until(pilot, lambda: app.screen.query("#path"))
        app.screen.query_one("#path", Input).value = "other.gif"
        await pilot.press("enter")
        await until(pilot, lambda: says(app, "other axes cannot be decoded as of epoch 1"), LONG)


async def test_traversals_of_an_epoch_that_is_held_are_not_there(trained: Path, here: Path) -> None:
    async with opened(trained) as (app, pilot):
        await pilot.press("4")
        await until(pilot, lambda: "z0" in text(app))
        await pilot.press("comma", "v")
        await until(pilot, lambda: "no weights of this epoch" in text(app))
        await pilot.press("S")
        await until(pilot, lambda: says(app, "The weights of this epoch are gone"))
        assert not app.screen.query("#path")


async def test_draw_saves_the_drawing(trained: Path, here: Path) -> None:
    async with opened(trained) as (app, pilot):
        await pilot.press("6")
        await until(pilot, lambda: "Draw with" in text(app))
        await pilot.press("S")
        await until(pilot, lambda: says(app, "nothing to save yet"))
        await pilot.press("space", *["down"] * 8, "space")
        await until(pilot, lambda: "error" in text(app))
        path = await save(app, pilot)
        assert said_of(path) == "aetui figure pairs --run vae-001 --picture drawing.png"
        with Image.open(path) as image:
            assert len(np.unique(np.asarray(image.convert("L")))) > 20


async def test_a_file_is_replaced_only_when_a_person_agrees(trained: Path, here: Path) -> None:
    (here / "vae-001-train.png").write_text("mine")
    async with opened(trained) as (app, pilot):
        await until(pilot, lambda: "done · vae-001" in text(app))
        for answer in ("n", "y"):
            await run_command(app, pilot, "Save figure")
            await until(pilot, lambda: app.screen.query("#path"))
            await pilot.press("enter")
            await until(pilot, lambda: "there already" in text(app))
            assert (here / "vae-001-train.png").read_bytes() == b"mine"
            await pilot.press(answer)
        await until(pilot, lambda: says(app, "Saved"), LONG)
        with Image.open(here / "vae-001-train.png") as image:
            assert image.format == "PNG"


async def test_what_cannot_be_saved_is_said(trained: Path, here: Path) -> None:
    async with opened(trained) as (app, pilot):
        await until(pilot, lambda: "done · vae-001" in text(app))
        for path, words in (("x.txt", "must end in .png"), ("none/x.png", "cannot be written")):
            await pilot.press("S")
            await until(pilot, lambda: app.screen.query("#path"))
            app.screen.query_one("#path", Input).value = path
            await pilot.press("enter")
            await until(pilot, partial(says, app, words), LONG)
        assert not list(here.iterdir())
    async with opened(trained, read_only=True) as (app, pilot):
        await until(pilot, lambda: "done · vae-001" in text(app))
        await pilot.press("S")
        await until(pilot, lambda: says(app, "--read-only"))


async def begin_a_walk(app: AetuiApp, pilot: Pilot[None]) -> None:
    """A figure that takes its time is on its way."""
    await pilot.press("5")
    await until(pilot, lambda: "density" in text(app))
    await pilot.press("S")
    await until(pilot, lambda: app.screen.query("#path"))
    await pilot.press("enter")


async def test_a_figure_is_given_up_with_escape(trained: Path, here: Path) -> None:
    async with opened(trained) as (app, pilot):
        await begin_a_walk(app, pilot)
        await until(pilot, lambda: "gives it up" in text(app))
        await pilot.press("1")
        await until(pilot, lambda: app.current_mode == "train" and "gives it up" in text(app))
        await pilot.press("escape")
        await until(pilot, lambda: "gives it up" not in text(app))
        await until(pilot, lambda: not figures_of(here))
        assert not list(here.iterdir())


def figures_of(folder: Path) -> list[int]:
    """The processes that draw a figure into that folder."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            words = (entry / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if b"figure" in words and any(word.startswith(bytes(folder)) for word in words):
            found.append(int(entry.name))
    return found


async def test_a_figure_that_is_killed_is_an_error(trained: Path, here: Path) -> None:
    async with opened(trained) as (app, pilot):
        await begin_a_walk(app, pilot)
        await until(pilot, lambda: figures_of(here))
        os.kill(figures_of(here)[0], signal.SIGKILL)
        await until(pilot, lambda: says(app, "exit code -9"))
        assert not app.screen.query_one("#underway").display
