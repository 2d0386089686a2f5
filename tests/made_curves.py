"""Runs that are curves and nothing else: their settings, and what their metrics say."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aetui.catalog import model_spec
from aetui.config import RunConfig
from aetui.model_spec import Value

STARTED = 1_900_000_000.0  # later than the runs that come with aetui, so that these are shown
PER_EPOCH = 4  # step lines
STEPS = 100  # of an epoch


def make_curves(
    runs: Path,
    name: str,
    *,
    model: str = "vae",
    epochs: int = 40,
    noise: float = 2.0,
    state: str = "done",
    number: int = 0,
    settings: Mapping[str, Value] | None = None,
    resumed: int = 0,
) -> Path:
    """A run whose losses fall from 560 to 130 with `noise`; begun `number` seconds later.

    With `resumed`, it was broken off after that epoch and a half, and went on from that epoch.
    """
    run = runs / name
    run.mkdir(parents=True)
    chosen = model_spec(model).resolve({"epochs": epochs, **(settings or {})})
    config = RunConfig(
        model,
        "digits",
        chosen,
        train_images=1437,
        test_images=360,
        created=STARTED + number,
    )
    (run / "config.json").write_text(config.to_json())
    chance = random.Random(number)
    lines = [event("started", epoch=0.0)]
    end = resumed + 0.5 if resumed else 0.0
    lines += _lines(model, 0, end, noise, chance)
    if resumed:
        lines.append(event("resumed", epoch=float(resumed)))
    lines += _lines(model, resumed, epochs, noise, chance)
    if state != "running":
        lines.append(event(state, message="Out of memory." if state == "failed" else ""))
    (run / "metrics.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return run


def event(name: str, **values: Any) -> dict[str, Any]:
    return {"kind": "event", "time": STARTED, "event": name, "message": "", **values}


def _lines(
    model: str, start: float, end: float, noise: float, chance: random.Random
) -> list[dict[str, Any]]:
    lines = []
    for number in range(round(start * PER_EPOCH) + 1, round(end * PER_EPOCH) + 1):
        epoch = number / PER_EPOCH
        place = {"time": STARTED + epoch, "elapsed": 15 * epoch, "step": round(STEPS * epoch)}
        loss = 130 + 430 * math.exp(-epoch) + 10 / epoch + chance.gauss(0, noise)
        lines.append({"kind": "step", **place, "epoch": epoch, **_figures(model, loss)})
        if number % PER_EPOCH == 0:
            test = _scores(model, loss + 4)
            lines.append({"kind": "epoch", **place, "epoch": epoch, "train_loss": loss, **test})
    return lines


def _figures(model: str, loss: float) -> dict[str, float]:
    parts = {"reconstruction": loss - 8, "kl": 8.0} if model_spec(model).score.terms else {}
    return {"loss": loss, **parts, "lr": 1e-3, "images_per_s": 1000}


def _scores(model: str, loss: float) -> dict[str, float]:
    if model_spec(model).score.terms:
        return {"test_loss": loss, "test_reconstruction": loss - 8, "test_kl": 8.0, "knn_5": 0.9}
    return {"test_loss": loss, "test_psnr": 30 - loss / 20}
