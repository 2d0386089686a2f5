"""Run directories made by hand, the same to the last pixel on every machine.

Their networks are not trained: codes are how much an image looks like a 0 rather than a 1, and like
a 4 rather than a 2; the decoder adds these differences to a mean image.
"""

from __future__ import annotations

import json
import math
from pathlib import Path

import torch
from torch import Tensor

from aetui.catalog import model_spec
from aetui.config import ImageShape, RunConfig
from aetui.ml import checkpoint
from aetui.ml.data.load import load
from aetui.ml.data.transforms import to_float
from aetui.ml.evaluate import latent_map
from aetui.ml.models.base import Autoencoder, Scores
from aetui.ml.models.registry import build
from aetui.model_spec import Value
from aetui.runs.directory import CONFIG, METRICS
from aetui.runs.latent_map import save_latent_map

STARTED = 1_700_000_000.0
GREY = ImageShape()
COLOUR = ImageShape(3, 20, 36)
LARGE = 20.0  # far on the straight part of a GELU, which then adds nothing of its own


def make_plane_run(
    runs: Path,
    *,
    shape: ImageShape = GREY,
    epochs: int = 4,
    state: str = "done",
    spread: float = 1.0,
) -> Path:
    """A run with a plane, of the digits or of pictures that are not here, with all its maps."""
    config = _config("vae", shape, epochs, hidden=(4,), decoder_hidden=(4,))
    run = _begin(runs / "vae-001", config)
    images, labels = _images(shape)
    network = build(config).eval()
    for epoch in range(1, epochs + 1):
        _set_plane(network, shape, spread * epoch / epochs)
        with torch.no_grad():
            codes = network.encode(images)[0]
        scores = Scores({}, codes, torch.tensor([2.0, 1.0]))
        save_latent_map(run, latent_map(network, scores, labels.numpy(), epoch))
    checkpoint.save(run, {"weights": network.state_dict(), "step": 40})
    losses = {"test_loss": 120.0, "test_reconstruction": 112.0, "test_kl": 8.0}
    _write_metrics(run, config, losses, state)
    return run


def make_denoising_run(runs: Path, *, state: str = "done") -> Path:
    config = _config("dae", ImageShape(), 4, hidden=(4, 4, 4))
    run = _begin(runs / "dae-001", config)
    torch.manual_seed(0)
    checkpoint.save(run, {"weights": build(config).state_dict(), "step": 40})
    _write_metrics(run, config, {"test_loss": 0.1, "test_psnr": 20.0}, state)
    return run


def make_failed_runs(runs: Path) -> None:
    """A run of each model that failed before its first save."""
    for model, widths in (("vae", (4,)), ("dae", (4, 4, 4))):
        config = _config(model, ImageShape(), 4, hidden=widths)
        run = _begin(runs / f"{model}-001", config)
        event = {"kind": "event", "time": STARTED, "event": "failed", "message": "Out of memory."}
        (run / METRICS).write_text(json.dumps(event) + "\n")


def _config(model: str, shape: ImageShape, epochs: int, **options: Value) -> RunConfig:
    data = "digits" if shape == GREY else "folder:/nowhere"
    return RunConfig(
        model=model,
        data=data,
        hyperparameters=model_spec(model).resolve({"epochs": epochs, **options}),
        image_shape=shape,
        classes=tuple("0123456789") if data == "digits" else ("cat", "dog", "frog"),
        train_images=1437,
        test_images=360,
        created=STARTED,
    )


def _begin(run: Path, config: RunConfig) -> Path:
    run.mkdir(parents=True)
    (run / CONFIG).write_text(config.to_json())
    return run


def _images(shape: ImageShape) -> tuple[Tensor, Tensor]:
    """Images float32 [N, C, H, W] and their labels: the digits, or blobs in three places."""
    if shape == GREY:
        digits = load("digits", None)
        return to_float(digits.test_images), digits.test_labels
    labels = torch.arange(300) % 3
    angles = labels * 2.1 + torch.arange(300) * 0.004
    places = torch.stack([angles.cos(), angles.sin()], 1) * 1.5
    return _blobs(shape, places).sigmoid(), labels


def _blobs(shape: ImageShape, places: Tensor) -> Tensor:
    """Logits of a soft spot at each of the `places` [N, 2], of another colour by channel."""
    directions = _directions(shape)
    return (places @ directions.flatten(1)).view(-1, *shape.sizes) + _mean(shape)


def _mean(shape: ImageShape) -> Tensor:
    if shape == GREY:
        digits = load("digits", None)
        return 8 * to_float(digits.test_images).mean(0) - 3
    y, x = torch.meshgrid(
        torch.linspace(-1, 1, shape.height), torch.linspace(-1, 1, shape.width), indexing="ij"
    )
    return torch.stack([1 - 3 * (x**2 + y**2)] * shape.channels)


def _directions(shape: ImageShape) -> Tensor:
    """What one unit along each axis adds to the logits, [2, C, H, W]."""
    if shape == GREY:
        digits = load("digits", None)
        images, labels = to_float(digits.test_images), digits.test_labels
        means = [images[labels == label].mean(0) for label in range(5)]
        return 3 * torch.stack([means[0] - means[1], means[4] - means[2]])
    y, x = torch.meshgrid(
        torch.linspace(-1, 1, shape.height), torch.linspace(-1, 1, shape.width), indexing="ij"
    )
    weights = torch.linspace(1, -1, shape.channels)[:, None, None]
    return torch.stack([2 * x + weights, 2 * y - weights])


def _set_plane(network: Autoencoder, shape: ImageShape, spread: float) -> None:
    """Linear maps to and from the plane; codes are `spread` times as far apart as at the end."""
    directions = _directions(shape).flatten(1)
    mean = _mean(shape)
    scaled = directions / directions.square().sum(1, keepdim=True) * 8 * spread
    middle = scaled @ mean.sigmoid().flatten()
    weights = {name: torch.zeros_like(value) for name, value in network.state_dict().items()}
    weights["encoder.0.weight"][:2] = scaled
    weights["encoder.0.bias"][:2] = LARGE
    weights["encoder.2.weight"][:2, :2] = torch.eye(2)
    weights["encoder.2.bias"][:2] = -LARGE - middle
    weights["encoder.2.bias"][2:] = math.log(0.1)
    weights["decoder.0.weight"][:2] = torch.eye(2)
    weights["decoder.0.bias"][:2] = LARGE
    weights["decoder.2.weight"][:, :2] = directions.T
    weights["decoder.2.bias"][:] = mean.flatten() - LARGE * directions.sum(0)
    network.load_state_dict(weights)


def _write_metrics(run: Path, config: RunConfig, scores: dict[str, float], state: str) -> None:
    """Curves that fall, and as the last line what became of the training."""
    spec, epochs = config.spec, config.hyperparameters.epochs
    lines: list[dict[str, object]] = [
        {"kind": "event", "time": STARTED, "event": "started", "message": "", "step": 0}
    ]
    for step in range(1, 10 * epochs + 1):
        falling = dict.fromkeys(spec.losses, 100 / step)
        shared = {"time": STARTED + step, "step": step, "epoch": step / 10}
        lines.append({"kind": "step", **shared, **falling, "images_per_s": 1000})
        if step % 10 == 0:
            lines.append({"kind": "epoch", **shared, **scores, "train_loss": 100 / step})
    if state != "running":
        lines.append({"kind": "event", "time": STARTED + 99, "event": state, "message": ""})
    (run / METRICS).write_text("".join(json.dumps(line) + "\n" for line in lines))
