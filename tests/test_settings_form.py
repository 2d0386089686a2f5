"""The settings form: checked while it is typed, true defaults, values down to config.json."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from textual.widgets import Input

from aetui.runs.directory import read_config
from aetui.tui.app import AetuiApp
from tests.pilot import opened, shown, until
from tests.terminal import launch
from tests.trainers import wait_until


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """A folder of forty pictures in two classes."""
    for number in range(40):
        place = tmp_path / "pictures" / "ab"[number % 2]
        place.mkdir(parents=True, exist_ok=True)
        pixels = np.random.default_rng(number).integers(0, 255, (28, 28), np.uint8)
        Image.fromarray(pixels).save(place / f"{number}.png")
    return tmp_path / "pictures"


def field(app: AetuiApp, name: str) -> Input:
    return app.screen.query_one(f"#{name}", Input)


async def test_values_are_checked_while_they_are_typed_and_kept(tmp_path: Path) -> None:
    async with opened(tmp_path) as (app, pilot):
        await pilot.press("e")
        await until(pilot, lambda: app.screen.query("#form"))
        await pilot.press("tab", *"many")
        await until(pilot, lambda: "whole number" in shown(app, "#refusal"))
        await pilot.press("tab", "enter")
        await until(pilot, lambda: field(app, "epochs").has_focus)
        await pilot.press("escape")
        await until(pilot, lambda: not app.screen.query("#form"))
        await pilot.press("e")
        await until(pilot, lambda: app.screen.query("#form"))
        assert field(app, "epochs").value == "many"
        assert field(app, "beta").value == ""
    assert not list(tmp_path.iterdir())


async def test_the_defaults_are_those_for_the_data_set(pictures: Path, tmp_path: Path) -> None:
    """Of a folder, which has to be read for it; then of a set that is known by name."""
    async with opened(tmp_path / "runs", data=f"folder:{pictures}") as (app, pilot):
        await pilot.press("e")
        await until(pilot, lambda: app.screen.query("#form"))
        await until(pilot, lambda: field(app, "batch_size").placeholder == "64")
        assert int(field(app, "epochs").placeholder) > 300
        await pilot.press(*"mnist", "tab")
        await until(pilot, lambda: field(app, "batch_size").placeholder == "256")
        await pilot.press("shift+tab", "end", *["backspace"] * 5, *"folder:/nowhere", "tab")
        await until(pilot, lambda: "/nowhere is not a folder" in shown(app, "#refusal"))


def test_values_that_were_typed_in_one_go_reach_config_json(runs: Path) -> None:
    """As a terminal may hand them over: one read, tabs between."""
    with launch(runs, "--data", "digits") as terminal:
        terminal.wait("Ships with")
        terminal.press("e")
        terminal.wait("passes over the training images")
        names = ("data", "epochs", "batch_size", "lr", "beta", "latent_dim")
        values = {"epochs": "5", "batch_size": "32", "beta": "0.5", "latent_dim": "8"}
        keys = "\t".join(values.get(name, "") for name in names)
        os.write(terminal.fd, f"{keys}\r".encode())
        wait_until((runs / "vae-001" / "config.json").exists, "config.json")
    config = read_config(runs / "vae-001")
    assert {name: f"{config.hyperparameters[name]:g}" for name in values} == values
    assert config.hyperparameters["lr"] == 2.5e-3
