"""Everything that reads what others wrote, fed with rubbish: it answers, or says `BadInput`."""

from __future__ import annotations

import json
import math
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aetui.catalog import check_data_name, model_names, model_spec, model_specs
from aetui.config import RunConfig
from aetui.errors import BadInput, printable
from aetui.model_spec import Setting
from aetui.processes.snapshots import RunSnapshot
from aetui.runs.directory import check_run_name, create_run, identify, read_config
from aetui.runs.history import History
from aetui.runs.latent_map import LatentMap, load_latent_map, save_latent_map
from aetui.runs.metrics import MetricsTail, last_records, parse_line
from aetui.runs.summary import summarise

thousand = settings(max_examples=1000, deadline=5000, suppress_health_check=list(HealthCheck))

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(-(10**400), 10**400)
    | st.floats()
    | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4)
    ),
    max_leaves=10,
)
RECORD_KEYS = (
    *("kind", "event", "message", "step", "epoch", "loss", "train_loss", "test_loss", "kl"),
    *("test_reconstruction", "test_kl", "test_psnr", "images_per_s", "time", "host"),
)
record_keys = st.sampled_from(RECORD_KEYS)
records = st.fixed_dictionaries(
    {"kind": st.sampled_from(["step", "epoch", "event"])},
    optional={"event": st.sampled_from(["resumed", "saved", "paused", "done"])},
).flatmap(
    lambda base: st.dictionaries(record_keys, json_values, max_size=6).map(
        lambda more: {**more, **base}
    )
)
lines = (
    st.binary(max_size=60)
    | json_values.map(lambda value: json.dumps(value).encode())
    | records.map(lambda r: json.dumps(r).encode())
)


def refusal(read: Callable[..., object], *given_to_it: Any) -> str:
    """Why `read` refuses that; "" where it does not."""
    try:
        read(*given_to_it)
    except BadInput as error:
        return str(error)
    return ""


def vae_config(**changes: Any) -> dict[str, Any]:
    """What a good config.json holds, changed."""
    hyperparameters = model_spec("vae").resolve({"epochs": 2, "hidden": (8,)}, 100)
    good: dict[str, Any] = json.loads(
        RunConfig(
            model="vae", data="digits", hyperparameters=hyperparameters, train_images=100
        ).to_json()
    )
    return {**good, **changes}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run folder to be filled with rubbish."""
    path = tmp_path_factory.mktemp("runs") / "vae-001"
    (path / "latent").mkdir(parents=True)
    (path / "config.json").write_text(json.dumps(vae_config()))
    return path


@thousand
@given(st.lists(lines, max_size=8), st.binary(max_size=20))
def test_metrics(run: Path, found: list[bytes], torn: bytes) -> None:
    (run / "metrics.jsonl").write_bytes(b"\n".join([*found, torn]))
    for line in found:
        parse_line(line)
    history = History()
    for record in MetricsTail(run / "metrics.jsonl").read():
        history.add(record)
    config = read_config(run)
    shown = RunSnapshot(identify(run, config), run, config, history.snapshot(), "running")
    assert 0 <= shown.epoch < math.inf
    assert shown.seconds_left is None or 0 <= shown.seconds_left < math.inf
    for curve in shown.history.curves.values():
        assert len(curve.x) == len(curve.y)
        assert all(map(math.isfinite, (*curve.x, *curve.y)))
    summary = summarise(run)
    assert 0 <= summary.epoch < math.inf
    assert summary.score is None or math.isfinite(summary.score)
    assert summary.settings_text == "epochs 2, hidden 8"


@thousand
@given(
    st.text(max_size=60)
    | json_values.map(json.dumps)
    | st.dictionaries(st.sampled_from([*vae_config()]), json_values, max_size=3).map(
        lambda changes: json.dumps(vae_config(**changes))
    )
    | st.dictionaries(
        st.sampled_from([*vae_config()["hyperparameters"], "other"]), json_values, max_size=3
    ).map(
        lambda changes: json.dumps(
            vae_config(hyperparameters={**vae_config()["hyperparameters"], **changes})
        )
    )
)
def test_config(text: str) -> None:
    if reason := refusal(RunConfig.from_json, text):
        assert reason.isprintable()
        assert len(reason) < 500
    else:
        config = RunConfig.from_json(text)
        assert config.model in model_names()
        assert RunConfig.from_json(config.to_json()).hyperparameters == config.hyperparameters


@thousand
@given(st.text(max_size=80) | st.text("./\\-_a1", max_size=70))
def test_run_names(run: Path, name: str) -> None:
    if reason := refusal(check_run_name, name):
        assert reason.isprintable()
    else:
        path = create_run(run.parent / "names", "vae", name)
        assert path.parent == run.parent / "names"
        assert path.resolve().parent == (run.parent / "names").resolve()
    assert refusal(check_data_name, name).isprintable()
    assert printable(name).isprintable()


@thousand
@given(
    st.sampled_from([setting for spec in model_specs() for setting in spec.settings]),
    st.text(max_size=12) | st.from_regex(r"-?[0-9]{1,5000}(e[0-9]{1,4})?", fullmatch=True),
)
def test_numbers_that_a_person_types(setting: Any, text: str) -> None:
    if reason := refusal(setting.parse, text):
        assert reason.isprintable()
        assert len(reason) < 300
    else:
        value = setting.parse(text)
        if isinstance(setting, Setting):
            assert setting.low <= value <= setting.high
        else:
            assert setting.fewest <= len(value) <= setting.most


@settings(thousand, max_examples=300)
@given(place=st.integers(0, 10**6), value=st.integers(0, 255), length=st.integers(0, 10**6))
def test_latent_maps(run: Path, place: int, value: int, length: int) -> None:
    plane = np.arange(4 * 720, dtype=np.uint8).reshape(2, 2, 1, 20, 36)
    codes, labels = np.ones((50, 2), np.float32), np.ones(50, np.int64)
    save_latent_map(run, LatentMap(2, codes, labels, (0, 1), plane, (-1.0, 1.0, -1.0, 1.0)))
    assert load_latent_map(run, 2).codes.shape == (50, 2)
    data = bytearray((run / "latent" / "0002.npz").read_bytes())
    data[place % len(data)] = value
    for spoiled in (data, data[: length % len(data)]):
        (run / "latent" / "0001.npz").write_bytes(spoiled)
        reason = refusal(load_latent_map, run, 1)
        assert not reason or "Delete it" in reason


STEP = {
    "kind": "step", "time": 1795353420.745, "elapsed": 12.3, "loss": 150.123456789,
    "reconstruction": 145.123456789, "kl": 5.123456789, "lr": 0.00123456789, "images_per_s": 12345,
}  # fmt: skip
EPOCHS, STEPS = 200, 1000


def test_a_long_file_is_sampled_and_ends_exactly(run: Path) -> None:
    path = run / "metrics.jsonl"
    with path.open("w") as file:
        for epoch in range(EPOCHS):
            for number in range(1, STEPS + 1):
                place = {"step": epoch * STEPS + number, "epoch": epoch + number / STEPS}
                file.write(json.dumps({**STEP, **place}) + "\n")
            ended = {"kind": "epoch", "epoch": epoch + 1, "test_loss": 140.0 - epoch}
            file.write(json.dumps(ended) + "\n")
    tracemalloc.start()
    tail, history = MetricsTail(path), History()
    for record in tail.read():
        history.add(record)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < path.stat().st_size
    found = history.snapshot()
    assert 1000 < len(found.curve("loss").x) <= 4096
    assert found.curve("test_loss").y == tuple(140.0 - epoch for epoch in range(EPOCHS))
    assert found.epoch["epoch"] == EPOCHS
    with path.open("a") as file:
        file.write(json.dumps({**STEP, "step": EPOCHS * STEPS + 1, "epoch": EPOCHS + 0.001}) + "\n")
    for record in tail.read():
        history.add(record)
    assert history.snapshot().step["step"] == EPOCHS * STEPS + 1
    path.unlink()


@pytest.mark.parametrize("lines_between", [0, 20, 5000])
def test_last_records_are_found_from_the_end(lines_between: int, run: Path) -> None:
    path = run / "metrics.jsonl"
    event, epoch = {"kind": "event", "event": "started"}, {"kind": "epoch", "epoch": 7}
    older = [{"kind": "event", "event": "stopped"}, {"kind": "epoch", "epoch": 6}, event, epoch]
    saved = {"kind": "event", "event": "saved"}
    lines = [*older, *[{**STEP, "step": 8}] * lines_between, saved]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines) + '{"kind": "epoch", "epo')
    assert last_records(path) == {"event": event, "epoch": epoch}
    path.unlink()
