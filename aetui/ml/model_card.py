"""README.md of an exported run: a model card in the format of the Hugging Face Hub.

Metadata in YAML front matter, as huggingface.co/docs/hub/model-cards describes it, then Markdown.
JSON strings are valid YAML, which keeps any name from breaking it.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from typing import Any, Final

from aetui.catalog import DATA_SETS, TEST_SIGMA, split_data_name
from aetui.config import RunConfig
from aetui.model_spec import Value
from aetui.runs.metrics import number_or_none

CARD: Final = "README.md"
HUB_DATA: Final[Mapping[str, str]] = {
    "mnist": "ylecun/mnist",
    "fashion-mnist": "zalando-datasets/fashion_mnist",
}
METRIC_NAMES: Final[Mapping[str, str]] = {
    "test_loss": "test loss",
    "test_reconstruction": "reconstruction",
    "test_kl": "KL divergence",
    "test_psnr": f"PSNR at noise of {TEST_SIGMA}",
    "knn_1": "kNN accuracy of the codes, k = 1",
    "knn_5": "kNN accuracy of the codes, k = 5",
}


def readme(name: str, config: RunConfig, epoch: Mapping[str, Any]) -> str:
    """The card of the run `name`; `epoch` is its last epoch line, {} where it has none."""
    metrics = dict(_metrics(epoch))
    return "\n".join([*_front_matter(name, config, metrics), *_body(name, config, metrics), ""])


def _metrics(epoch: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    for key in METRIC_NAMES:
        if (value := number_or_none(epoch.get(key))) is not None:
            yield key, value


def _front_matter(name: str, config: RunConfig, metrics: Mapping[str, float]) -> Iterator[str]:
    yield "---"
    yield "library_name: aetui"
    yield f"pipeline_tag: {_task(config)}"
    yield "tags:"
    yield from (f"- {tag}" for tag in ("aetui", "autoencoder", "pytorch", json.dumps(config.model)))
    if hub := HUB_DATA.get(config.data):
        yield from ("datasets:", f"- {hub}")
    if metrics:
        yield "model-index:"
        yield f"- name: {json.dumps(name)}"
        yield "  results:"
        yield "  - task:"
        yield f"      type: {_task(config)}"
        yield "    dataset:"
        yield f"      name: {json.dumps(_data_title(config))}"
        yield f"      type: {json.dumps(HUB_DATA.get(config.data, config.data))}"
        yield "      split: test"
        yield "    metrics:"
        for key, value in metrics.items():
            yield f"    - type: {key}"
            yield f"      value: {value:.6g}"
            yield f"      name: {json.dumps(_metric_name(key, config))}"
    yield "---"


def _task(config: RunConfig) -> str:
    capabilities = config.spec.capabilities
    if "denoise" in capabilities:
        return "image-to-image"
    has_prior = any(term.weight for term in config.spec.score.terms)
    return "unconditional-image-generation" if has_prior else "image-feature-extraction"


def _data_title(config: RunConfig) -> str:
    known = DATA_SETS.get(config.data)
    return known.title if known else split_data_name(config.data)[1] or config.data


def _metric_name(key: str, config: RunConfig) -> str:
    unit = _unit(key, config)
    return f"{METRIC_NAMES[key]} ({unit})" if unit else METRIC_NAMES[key]


def _unit(key: str, config: RunConfig) -> str:
    score = config.spec.score
    if key == score.key or key in {term.key for term in score.terms}:
        return score.unit
    return config.spec.loss_unit if key == "test_loss" else ""


def _body(name: str, config: RunConfig, metrics: Mapping[str, float]) -> Iterator[str]:
    spec, settings = config.spec, config.hyperparameters
    date = time.strftime("%Y-%m-%d", time.gmtime(config.created))
    yield ""
    yield f"# {name}"
    yield ""
    yield (
        f"{spec.title} (`{config.model}`) trained on {_data_title(config)}:"
        f" {config.train_images:,} images of {config.image_shape}, {settings.epochs:,} epochs,"
        f" seed {settings.seed}, {date}, on {config.device} in {config.precision}."
    )
    yield ""
    yield from _scores(config, metrics)
    yield from ("## Use", "", "    from aetui.ml.checkpoint import load_model")
    yield f'    model = load_model("{name}")  # this folder; images: float32 [N, C, H, W] in [0, 1]'
    yield from (f"    {line}" for line in _usage(config))
    yield ""
    yield from ("`aetui launch --runs` with the folder above this one shows the run.", "")
    yield from ("## Training", "", f"    {config.command}", "")
    yield from ("| setting | value |", "|---|---|")
    yield from (f"| {key} | {_shown(value)} |" for key, value in settings.to_object().items())
    yield ""
    versions = ", ".join(f"{key} {value}" for key, value in config.versions.items())
    yield f"Made with {versions}." if versions else "Made with aetui."


def _scores(config: RunConfig, metrics: Mapping[str, float]) -> Iterator[str]:
    if not metrics:
        return
    yield f"## Scores on the {config.test_images:,} test images"
    yield ""
    yield from ("| figure | value |", "|---|---|")
    for key, value in metrics.items():
        shown = f"{value:.5g} {_unit(key, config)}".rstrip()
        yield f"| {METRIC_NAMES[key]} | {shown} |"
    yield ""


def _usage(config: RunConfig) -> Iterator[str]:
    if "denoise" in config.spec.capabilities:
        yield "clean = model(noisy).sigmoid()"
        return
    has_prior = any(term.weight for term in config.spec.score.terms)
    yield f"{'z_mean, z_log_sigma' if has_prior else 'z_mean'} = model.encode(images)"
    yield "images = model.decode(z_mean).sigmoid()"


def _shown(value: Value) -> str:
    return ", ".join(map(str, value)) if isinstance(value, tuple) else f"{value:g}"
