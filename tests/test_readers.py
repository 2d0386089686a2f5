"""Everything that reads what others wrote, fed with rubbish: it answers or says `BadInput`, and it does not hang."""

from __future__ import annotations

import json
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aetui.catalog import SETTINGS, check_data_name, model_names
from aetui.config import RunConfig
from aetui.errors import BadInput, printable
from aetui.model_spec import Hyperparameters
from aetui.processes.monitor import WatchedRun
from aetui.runs.directory import check_run_name, create_run, read_config
from aetui.runs.history import History
from aetui.runs.latent_map import LatentMap, load_latent_map, save_latent_map
from aetui.runs.metrics import MetricsTail, parse_line
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
record_keys = st.sampled_from(["kind", "event", "message", "step", "epoch", "loss", "train_loss", "test_loss", "test_psnr", "images_per_s",
                               "time", "host", "kl"])  # fmt: skip
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
    hyperparameters = Hyperparameters(
        epochs=2, batch_size=64, lr=1e-3, hidden=(8,), decoder_hidden=(8,)
    )
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
    watch = WatchedRun(run, read_config(run))
    watch.poll(None)
    assert watch.epoch >= 0 or watch.epoch <= 0 or watch.epoch != watch.epoch
    _ = (watch.host, watch.seconds_left, watch.cause)
    summarise(run)


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
    st.sampled_from([*SETTINGS.values()]),
    st.text(max_size=12) | st.from_regex(r"-?[0-9]{1,5000}(e[0-9]{1,4})?", fullmatch=True),
)
def test_numbers_that_a_person_types(setting: Any, text: str) -> None:
    if reason := refusal(setting.parse, text):
        assert reason.isprintable()
        assert len(reason) < 300
    else:
        assert setting.low <= setting.parse(text) <= setting.high


@settings(thousand, max_examples=300)
@given(place=st.integers(0, 10**6), value=st.integers(0, 255), length=st.integers(0, 10**6))
def test_latent_maps(run: Path, place: int, value: int, length: int) -> None:
    plane = np.arange(4 * 784, dtype=np.uint8).reshape(2, 2, 28, 28)
    save_latent_map(
        run,
        LatentMap(
            2,
            np.ones((50, 2), np.float32),
            np.ones(50, np.int64),
            (0, 1),
            plane,
            (-1.0, 1.0, -1.0, 1.0),
        ),
    )
    assert load_latent_map(run, 2).codes.shape == (50, 2)
    data = bytearray((run / "latent" / "0002.npz").read_bytes())
    data[place % len(data)] = value
    for spoiled in (data, data[: length % len(data)]):
        (run / "latent" / "0001.npz").write_bytes(spoiled)
        reason = refusal(load_latent_map, run, 1)
        assert not reason or "Delete it" in reason


def test_a_million_lines_open_quickly_in_bounded_memory(run: Path) -> None:
    steps = [
        {"kind": "step", "time": 1795353420.745, "elapsed": step / 50, "step": step, "epoch": step / 1000, "loss": 150.123456789012,
         "reconstruction": 145.123456789, "kl": 5.123456789, "lr": 0.00123456789, "images_per_s": 12345}
        for step in range(1, 1001)
    ]  # fmt: skip
    block = (
        "".join(json.dumps(step) + "\n" for step in steps)
        + '{"kind": "epoch", "epoch": 1, "step": 1000, "test_loss": 140.0}\n'
    )
    path = run / "metrics.jsonl"
    with path.open("w") as file:
        for _ in range(1000):
            file.write(block)
    start = time.perf_counter()
    watch = WatchedRun(run, read_config(run))
    assert watch.poll(None)
    took = time.perf_counter() - start
    print(f"{path.stat().st_size / 1e6:.0f} MB in {took:.2f} s")
    assert took < 6  # 2 s on a quiet machine
    assert len(watch.history.train_loss.x) + len(watch.history.test_loss.x) <= 2 * 4096
    tracemalloc.start()
    MetricsTail(path).read()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    path.unlink()
    assert peak < 150e6
