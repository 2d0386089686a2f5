"""A person's own module: README's example as it stands, what others offer, and what is refused."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from aetui.catalog import model_spec
from aetui.cli.main import main
from aetui.errors import BadInput
from aetui.ml.checkpoint import load_model
from aetui.ml.models.registry import load_reference
from aetui.runs.directory import read_config
from tests.conftest import ROOT
from tests.trainers import curve, events, records

QUICK = ("--data", "digits", "--epochs", "2", "--threads", "1", "--device", "cpu")
MODULES = '''
import torch
from torch import nn


class Points(nn.Module):
    """Codes that are points, of a constructor that takes nothing."""

    def __init__(self):
        super().__init__()
        self.down, self.up = nn.Linear(784, 3), nn.Linear(3, 784)

    def encode(self, images):
        return self.down(images.flatten(1))

    def decode(self, codes):
        return self.up(codes)  # flat logits


class Pixels(Points):
    """Ends in a sigmoid."""

    def decode(self, codes):
        return super().decode(codes).sigmoid()


class Measured(Points):
    """Has a loss of its own, which draws noise."""

    def loss(self, images):
        codes = self.encode(images)
        decoded = self.decode(codes + 0.1 * torch.randn_like(codes))
        return (decoded.view_as(images) - images).abs().mean()


class Noisy(nn.Module):
    """Takes sigma; its codes are maps."""

    def __init__(self, *, image_shape, sigma=0.25):
        super().__init__()
        self.down = nn.Conv2d(image_shape[0], 4, 4, 4)
        self.up = nn.ConvTranspose2d(4, image_shape[0], 4, 4)

    def encode(self, images):
        return self.down(images).relu()

    def decode(self, codes):
        return self.up(codes)


class Eager(nn.Module):
    """Takes whatever it is given, and normalises a batch."""

    def __init__(self, **options):
        super().__init__()
        self.width = options["latent_dim"]
        self.norm = nn.BatchNorm2d(options["image_shape"][0])
        self.down = nn.LazyLinear(2 * self.width)
        self.up = nn.Linear(self.width, 784)

    def encode(self, images):
        return self.down(self.norm(images).flatten(1)).chunk(2, 1)

    def decode(self, codes):
        return self.up(codes)


class Late(Points):
    """Fails in the middle of a training."""

    def encode(self, images):
        is_step = self.training and torch.is_grad_enabled()
        if is_step and self.up.bias.detach().abs().sum() != self.first:
            return helper(images)
        return super().encode(images)

    def __init__(self):
        super().__init__()
        self.first = self.up.bias.detach().abs().sum()


def helper(images):
    return images @ torch.ones(5, 7)


class Small(nn.Module):
    """Made for 16x16 alone; its one parameter has no name that one may use."""

    def __init__(self, latent_dim=2, /):
        super().__init__()
        self.down, self.up = nn.Linear(256, latent_dim), nn.Linear(latent_dim, 256)

    def encode(self, images):
        return self.down(images.flatten(1))

    def decode(self, codes):
        return self.up(codes).view(-1, 1, 16, 16)


class Undefined(Points):
    """Makes no number of any image."""

    def decode(self, codes):
        return super().decode(codes) / 0


class Frozen(Points):
    def __init__(self):
        super().__init__()
        self.requires_grad_(False)


class Halved(Points):
    def decode(self, codes):
        return super().decode(codes)[:, ::2]


class Triple(Points):
    def encode(self, images):
        return super().encode(images), 1, 2


class Blind(nn.Module):
    def decode(self, codes):
        return codes


class Greedy(Points):
    def __init__(self, depth):
        super().__init__()


class List(Points):
    def loss(self, images):
        return images.flatten(1).mean(1)


class VAE(Points):
    pass


NOT_A_CLASS = Points
ANSWER = 42


class Plain:
    pass
'''


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "modules.py"
    path.write_text(MODULES)
    return path


def aetui(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-P", "-m", "aetui", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )


def readme_example() -> str:
    section = (ROOT / "README.md").read_text().split("### Your own model", 1)[1]
    found = re.search(r"```python\n(.*?)```", section, re.DOTALL)
    assert found is not None
    return found[1]


def test_the_example_in_readme_trains_and_resumes_as_it_stands(tmp_path: Path) -> None:
    example = readme_example()
    assert len(example.splitlines()) <= 25
    (tmp_path / "my_model.py").write_text(example)
    (tmp_path / "random.py").write_text("raise SystemExit('a file of mine, not Python\\'s')")
    done = aetui(tmp_path, "train", "my_model.py:Small", *QUICK, "--save-every", "0")
    assert done.returncode == 0, done.stderr
    run = tmp_path / "checkpoints" / "small-001"
    config = read_config(run)
    assert config.spec.capabilities == {"plane"}
    assert config.spec.reference == "my_model.py:Small"
    before = curve(run)
    (run / "checkpoint.pt").unlink()  # previous.pt is of an epoch before
    done = aetui(tmp_path, "train", "my_model.py:Small", "--resume", "small-001")
    assert done.returncode == 0, done.stderr
    assert events(run)[-1] == "done"
    assert curve(run) == before
    load_reference(f"{tmp_path / 'my_model.py'}:Small")
    model = load_model(run)
    z_mean, z_log_sigma = model.encode(torch.rand(3, 1, 28, 28))
    assert z_mean.shape == z_log_sigma.shape == (3, 2)
    assert model.decode(z_mean).shape == (3, 1, 28, 28)


def test_a_class_in_a_package_of_the_working_directory(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "__init__.py").touch()
    (tmp_path / "mine" / "net.py").write_text("from mine.parts import Points as Net\n")
    (tmp_path / "mine" / "parts.py").write_text(MODULES)
    done = aetui(tmp_path, "train", "mine.net:Net", *QUICK)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "checkpoints" / "points-001" / "latent" / "0002.npz").exists()


@pytest.mark.parametrize(
    ("name", "capabilities", "settings", "score"),
    [
        ("Points", {"plane"}, set(), "test_loss"),
        ("Pixels", {"plane"}, set(), "test_loss"),
        ("Measured", {"plane"}, set(), "test_loss"),
        ("Noisy", {"denoise"}, {"sigma"}, "test_psnr"),
        ("Eager", {"plane"}, {"beta"}, "test_loss"),
    ],
)
def test_what_a_module_offers_decides_how_it_is_trained(
    file: Path, name: str, capabilities: set[str], settings: set[str], score: str
) -> None:
    runs = file.parent / "runs"
    assert main(["train", f"{file}:{name}", "--runs", str(runs), *QUICK]) == 0
    (run,) = runs.iterdir()
    spec = read_config(run).spec
    assert spec.capabilities == capabilities
    assert spec.score.key == score
    assert {s.name for s in spec.settings} - {
        s.name for s in model_spec("vae").settings
    } <= settings
    assert settings <= {setting.name for setting in spec.settings}
    first, last = (line["train_loss"] for line in records(run, "epoch"))
    assert last < first
    model = load_model(run)
    images = torch.rand(2, 1, 28, 28)
    codes = model.encode(images)
    logits = model.decode(codes[0] if isinstance(codes, tuple) else codes)
    assert logits.shape == images.shape
    assert next(iter(model.weights_module.state_dict())).split(".")[0] in ("down", "norm")


def test_pixels_after_a_sigmoid_are_not_taken_for_logits(file: Path) -> None:
    load_reference(f"{file}:Pixels")
    from aetui.ml.models.registry import build

    runs = file.parent / "runs"
    assert main(["train", f"{file}:Pixels", "--runs", str(runs), *QUICK]) == 0
    config = read_config(runs / "pixels-001")
    torch.manual_seed(0)
    network = build(config).eval()
    codes = torch.randn(4, 3)
    own = network.weights_module.decode(codes)  # type: ignore[operator]
    torch.testing.assert_close(network.decode(codes).sigmoid().flatten(1), own)


def test_a_name_of_aetuis_gets_the_files_before_it(file: Path) -> None:
    assert load_reference(f"{file}:VAE").spec.name == "modules-vae"


def test_an_error_is_told_as_ones_own_traceback(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    runs = file.parent / "runs"
    assert main(["train", f"{file}:Late", "--runs", str(runs), *QUICK]) == 1
    (failed,) = [
        record for record in records(runs / "late-001", "event") if record["event"] == "failed"
    ]
    told = failed["message"].splitlines()
    assert told[0] == "Traceback (most recent call last):"
    assert [line.strip() for line in told if line.startswith("  File")] == [
        f'File "modules.py", line {line}, in {name}'
        for line, name in ((_line("return helper"), "encode"), (_line("images @"), "helper"))
    ]
    assert told[-1].startswith("RuntimeError: ")
    assert "return images @ torch.ones(5, 7)" in capsys.readouterr().out


def test_a_module_for_one_size_of_images_alone(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = (f"{file}:Small", "--runs", str(file.parent / "runs"), *QUICK, "--latent-dim", "3")
    assert main(["train", *options, "--size", "16"]) == 0
    run = file.parent / "runs" / "small-001"
    assert load_model(run).encode(torch.rand(2, 1, 16, 16)).shape == (2, 3)
    capsys.readouterr()
    assert main(["train", *options]) == 1
    assert "return self.down(images.flatten(1))" in capsys.readouterr().out


def test_of_numbers_that_are_none_from_the_start_the_code_is_the_cause(file: Path) -> None:
    assert main(["train", f"{file}:Undefined", "--runs", str(file.parent / "runs"), *QUICK]) == 1
    message = records(file.parent / "runs" / "undefined-001")[-1]["message"]
    assert "Possible cause: the model's own code, where it divides" in message
    assert "learning rate" not in message


def _line(text: str) -> int:
    return next(n for n, line in enumerate(MODULES.splitlines(), 1) if text in line)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Halved", r"decode of Halved returns \(8, 392\)"),
        ("Triple", "encode of Triple returns"),
        ("Blind", "Blind has no method encode"),
        ("Frozen", "Frozen cannot be trained: the images that it decodes depend on no weight"),
        ("Greedy", "needs 'depth'"),
        ("Plain", "is not a torch.nn.Module"),
        ("ANSWER", "has no class ANSWER"),
        ("Nothing", "has no class Nothing; its classes are Points, Pixels"),
    ],
)
def test_what_cannot_be_a_model_is_refused(file: Path, name: str, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        load_reference(f"{file}:{name}")


def test_a_loss_of_more_than_one_number_is_refused(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    runs = file.parent / "runs"
    assert main(["train", f"{file}:List", "--runs", str(runs), *QUICK]) == 2
    assert "must be a tensor of one number" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("class Net(:\n", "SyntaxError"),
        ("import no_such_module\n", "No module named 'no_such_module'"),
        ("import sys\nsys.exit(3)\n", "SystemExit: 3"),
        ("x = 1 / 0\n", 'File "net.py", line 1, in <module>'),
    ],
)
def test_a_file_that_cannot_be_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.py").write_text(source)
    with pytest.raises(BadInput) as caught:
        load_reference(f"{tmp_path / 'net.py'}:Net")
    assert said in str(caught.value)
    assert "importlib" not in str(caught.value)
    assert "own_code" not in str(caught.value)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["train", "nofile.py:Net"], "there is no file nofile.py"),
        (["train", "my_model.py"], "names no class"),
        (["train", "vea"], "there is no model 'vea'"),
        (["launch", "--model", "nofile.py:Net"], "there is no file nofile.py"),
    ],
)
def test_a_reference_that_names_nothing(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(arguments)
    assert said in capsys.readouterr().err


def test_a_run_whose_code_was_not_named(file: Path) -> None:
    runs = file.parent / "runs"
    done = aetui(file.parent, "train", "modules.py:Points", "--runs", "runs", *QUICK)
    assert done.returncode == 0, done.stderr
    code = f"from aetui.ml.checkpoint import load_model; load_model({str(runs / 'points-001')!r})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "start with --model modules.py:Points" in done.stderr
    done = aetui(file.parent, "train", "vae", "--resume", "points-001", "--runs", "runs")
    assert done.returncode == 2
    assert "`aetui train modules.py:Points --resume points-001`" in done.stderr
    done = aetui(file.parent, "runs", "--runs", "runs")
    assert re.search(r"points-001 +points +digits +2/2", done.stdout)
