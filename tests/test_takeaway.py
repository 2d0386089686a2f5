"""What leaves aetui: scores, codes, metrics and model cards, as other programs read them."""

from __future__ import annotations

import csv
import io
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from aetui.cli.main import main
from aetui.ml.checkpoint import load_model
from aetui.ml.codes import reconstruction_errors
from aetui.ml.data.load import load
from aetui.ml.data.transforms import to_float
from aetui.ml.quality.bound import balanced_choice
from tests.trainers import records, train_here

Capture = pytest.CaptureFixture[str]


def printed(capsys: Capture, *arguments: str) -> str:
    """What a command prints that succeeds."""
    assert main(list(arguments)) == 0
    return capsys.readouterr().out


def refused(capsys: Capture, *arguments: str) -> str:
    """The sentence of a command that is refused."""
    assert main(list(arguments)) == 2
    return capsys.readouterr().err


def test_scores_are_those_of_the_training(trained: Path, capsys: Capture) -> None:
    options = ("score", "vae-001", "--runs", str(trained), "--samples", "20", "--json")
    scores: dict[str, Any] = json.loads(printed(capsys, *options))
    recorded = records(trained / "vae-001", "epoch")[-1]
    for key in ("test_loss", "test_reconstruction", "test_kl", "knn_1", "knn_5"):
        assert scores[key] == pytest.approx(recorded[key], rel=1e-5)
    assert scores["epoch"] == 2
    assert scores["iwae"]["nats"] < scores["iwae"]["elbo"]
    assert scores["iwae"]["images"] == 100
    assert 0 < scores["iwae"]["standard_error"] < 1
    for key in ("linear_probe", "kmeans_nmi", "kmeans_purity", "reconstruction_share"):
        assert 0 < scores[key] < 1


def test_scores_as_text(trained: Path, capsys: Capture) -> None:
    options = ("--runs", str(trained), "--samples", "5", "--images", "7")
    text = printed(capsys, "score", "vae-001", *options)
    assert "vae-001: vae, epoch 2; 360 test images of digits" in text
    assert "(7 of 360 images, 5 codes each" in text
    assert "standard error" in text
    assert "kNN accuracy, k = 5" in text
    text = printed(capsys, "score", "dae-001", *options)
    assert "test_psnr" in text
    assert "bound" not in text


def test_a_bound_from_some_images_is_near_that_of_all(trained: Path, capsys: Capture) -> None:
    """Nearer than those images' own bound would be: images differ by many nats."""
    options = ("score", "vae-001", "--runs", str(trained), "--samples", "50", "--json")
    some, every = (
        json.loads(printed(capsys, *options, "--images", images))["iwae"]
        for images in ("40", "all")
    )
    assert every["images"] == 360
    assert every["standard_error"] == 0
    assert some["standard_error"] < 1.5
    assert abs(some["nats"] - every["nats"]) < 4 * some["standard_error"]
    assert abs(some["elbo"] - every["elbo"]) < 1


def test_the_chosen_images_are_of_all_classes() -> None:
    labels = load("digits", None).test_labels
    chosen = balanced_choice(labels, 40)
    assert len(set(chosen.tolist())) == 40
    assert torch.equal(chosen, balanced_choice(labels, 40))
    assert set(labels[chosen].bincount().tolist()) <= {3, 4, 5}
    assert sorted(balanced_choice(labels, 360).tolist()) == list(range(360))


@pytest.mark.parametrize(("beta", "advice"), [("100", "lower beta"), ("0", "raise beta")])
def test_a_collapsed_code_and_a_wide_one_get_a_sentence(
    beta: str, advice: str, tmp_path: Path, capsys: Capture
) -> None:
    assert train_here("vae", tmp_path, "--epochs", "20", "--beta", beta, "--lr", "0.01") == 0
    capsys.readouterr()
    options = ("score", "vae-001", "--runs", str(tmp_path), "--samples", "0", "--json")
    assert advice in json.loads(printed(capsys, *options))["advice"]


def test_codes_as_csv_and_as_arrays(trained: Path, tmp_path: Path, capsys: Capture) -> None:
    runs = ("--runs", str(trained))
    printed(capsys, "codes", "vae-001", *runs, "-o", str(tmp_path / "codes.npz"))
    rows = list(csv.DictReader(io.StringIO(printed(capsys, "codes", "vae-001", *runs))))
    arrays = np.load(tmp_path / "codes.npz")
    model, data = load_model(trained / "vae-001"), load("digits", None)
    with torch.inference_mode():
        images = to_float(data.test_images)
        z_mean, z_log_sigma = model.encode(images)
        errors = reconstruction_errors(model.decode(z_mean), images)
    np.testing.assert_allclose(arrays["z_mean"], z_mean, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(arrays["z_log_sigma"], z_log_sigma, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(arrays["error"], errors, rtol=1e-4)
    assert arrays["label"].tolist() == data.test_labels.tolist()
    assert [int(row["index"]) for row in rows] == list(range(360))
    assert [int(row["label"]) for row in rows] == data.test_labels.tolist()
    for axis in (0, 1):
        column = np.array([float(row[f"z_mean_{axis}"]) for row in rows], np.float32)
        assert np.array_equal(column, arrays["z_mean"][:, axis])


def test_codes_of_a_model_without_a_plane(trained: Path, tmp_path: Path, capsys: Capture) -> None:
    path = tmp_path / "codes.npz"
    printed(capsys, "codes", "dae-001", "--runs", str(trained), "-o", str(path))
    arrays = np.load(path)
    assert arrays["z_mean"].shape == (360, 8, 4, 4)
    assert "z_log_sigma" not in arrays


def test_codes_as_parquet(trained: Path, tmp_path: Path, capsys: Capture) -> None:
    parquet = pytest.importorskip("pyarrow.parquet", reason="needs pyarrow")
    path = tmp_path / "codes.parquet"
    printed(capsys, "codes", "vae-001", "--runs", str(trained), "-o", str(path))
    table = parquet.read_table(path)
    assert table.num_rows == 360
    assert table.column_names[:4] == ["index", "label", "class", "z_mean_0"]


def test_what_cannot_be_written_leaves_nothing(
    trained: Path, tmp_path: Path, capsys: Capture
) -> None:
    runs = ("--runs", str(trained))
    nowhere = str(tmp_path / "none" / "codes.csv")
    assert "cannot be written" in refused(capsys, "codes", "vae-001", *runs, "-o", nowhere)
    excel = str(tmp_path / "codes.xlsx")
    assert "must end in .csv" in refused(capsys, "codes", "vae-001", *runs, "-o", excel)
    assert "must end in .csv" in refused(capsys, "metrics", "vae-001", *runs, "-o", excel)
    assert not list(tmp_path.iterdir())


def test_images_that_are_not_here_or_do_not_fit(
    trained: Path, tmp_path: Path, capsys: Capture
) -> None:
    shutil.copytree(trained / "vae-001", tmp_path / "moved")
    config = tmp_path / "moved" / "config.json"
    config.write_text(config.read_text().replace('"data": "digits"', '"data": "mnist"'))
    runs = ("--runs", str(tmp_path), "--data-dir", str(tmp_path))
    for command in ("score", "codes"):
        error = refused(capsys, command, "moved", *runs)
        assert "mnist is not on this machine" in error
        assert len(error.splitlines()) == 1
    assert "360 test images of digits" in printed(
        capsys, "score", "moved", *runs, "--data", "digits", "--samples", "0"
    )
    assert "is not a run" in refused(capsys, "codes", "nothing", *runs)


def test_metrics_are_every_line_once(tmp_path: Path, capsys: Capture) -> None:
    assert train_here("vae", tmp_path, "--epochs", "2", "--name", "run") == 0
    capsys.readouterr()
    path = tmp_path / "run" / "metrics.jsonl"
    lines = path.read_text().splitlines(keepends=True)
    first = [line for line in lines if json.loads(line).get("epoch", 0) <= 1]
    again = json.dumps({"kind": "event", "event": "resumed", "message": "", "epoch": 1.0}) + "\n"
    # A trainer that was killed in its second epoch and took its steps again after a resume.
    path.write_text("".join([*lines, again, *lines[len(first) :], '{"kind": "st']))
    text = printed(capsys, "metrics", "run", "--runs", str(tmp_path))
    rows = list(csv.DictReader(io.StringIO(text)))
    steps = [row["step"] for row in rows if row["kind"] == "step"]
    assert len(steps) == len(set(steps))
    assert steps == sorted(steps, key=int)
    assert [row["epoch"] for row in rows if row["kind"] == "epoch"] == ["1", "2"]
    last = [row for row in rows if row["kind"] == "epoch"][-1]
    recorded = records(tmp_path / "run", "epoch")[-1]
    assert float(last["test_loss"]) == recorded["test_loss"]


def test_an_exported_run_has_a_card_that_the_hub_reads(
    trained: Path, tmp_path: Path, capsys: Capture
) -> None:
    printed(capsys, "export", "vae-001", str(tmp_path / "shared"), "--runs", str(trained))
    card = (tmp_path / "shared" / "README.md").read_text()
    recorded = records(trained / "vae-001", "epoch")[-1]
    _, front, body = card.split("---\n", 2)
    assert "library_name: aetui" in front
    assert f"value: {recorded['test_loss']:.6g}" in front
    assert "pipeline_tag: unconditional-image-generation" in front
    assert "| latent_dim | 2 |" in body
    assert 'load_model("shared")' in body
    assert str(tmp_path) not in card
