"""What a figure is drawn from: a run, its latent maps, its weights, images to try it on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import numpy as np

from aetui.config import RunConfig
from aetui.errors import BadInput, printable
from aetui.figures.provenance import Provenance, provenance_of
from aetui.figures.theme import Theme
from aetui.ml.data.dataset import Dataset, TestImages
from aetui.ml.opened_run import OpenedRun, images_for, open_run, own_test_images
from aetui.ml.pictures import Noise
from aetui.model_spec import ModelSpec
from aetui.noise import MAIN_ROWS, Row
from aetui.runs.basis import read_axes
from aetui.runs.directory import METRICS, latent_epochs, read_config
from aetui.runs.latent_map import LatentMap, load_latent_map
from aetui.runs.map_options import ColourBy, Layer
from aetui.runs.metrics import MetricsTail, Record

Point = tuple[float, ...]
Extent = tuple[float, float, float, float]
"""left, right, bottom, top"""


@dataclass(frozen=True)
class Choices:
    """A person's choices for a figure; None leaves a choice to the kind."""

    epoch: int | None = None  # of the latent map
    axes: str = ""  # of the plane, as a person types them; "" for those of the largest KL
    data: str | None = None  # other images than the run's own
    through: tuple[Point, ...] = ()  # of a walk: points of the plane, or whole codes
    best: bool = False  # the best checkpoint in place of the last
    noise: Noise = field(default_factory=Noise)  # that is to be removed
    images: tuple[int, ...] = ()  # numbers of test images
    picture: Path | None = None  # a file in place of test images
    classes: tuple[int, ...] = ()  # whose codes are shown, by label; () for all
    view: Extent | None = None  # the part of the plane that is shown
    color_by: ColourBy = "label"  # what the colours of codes say
    layers: tuple[Layer, ...] = ()  # what else is shown on their plane
    rows: tuple[Row, ...] = MAIN_ROWS  # of a denoiser's images


@dataclass(frozen=True)
class Source:
    """A run, of which only what a figure needs is read."""

    run: Path
    theme: Theme
    command: str  # that makes the figure again
    choices: Choices = field(default_factory=Choices)
    data_dir: Path | None = None
    tell: Callable[[str], None] = lambda _: None

    @cached_property
    def config(self) -> RunConfig:
        return read_config(self.run)

    @property
    def spec(self) -> ModelSpec:
        return self.config.spec

    @cached_property
    def records(self) -> list[Record]:
        """The run's metrics; of very many steps, a sample."""
        return MetricsTail(self.run / METRICS).read()

    @cached_property
    def epochs(self) -> dict[int, Record]:
        """The epoch lines by epoch; where an epoch was trained twice, the second."""
        return {
            int(record["epoch"]): record
            for record in self.records
            if record["kind"] == "epoch" and isinstance(record.get("epoch"), (int, float))
        }

    @cached_property
    def latent(self) -> LatentMap:
        """The map after the chosen epoch, or the newest; `BadInput` where there is none."""
        kept = self.map_epochs
        chosen = self.choices.epoch
        if chosen is not None and chosen not in kept:
            listed = ", ".join(map(str, kept[:20])) + (" ..." if len(kept) > 20 else "")
            raise BadInput(f"{self.run.name} kept no map of epoch {chosen}; it has {listed}.")
        latent = load_latent_map(self.run, kept[-1] if chosen is None else chosen)
        if not self.choices.axes:
            return latent
        return replace(latent, chosen=read_axes(self.choices.axes, latent.codes.shape[1]))

    @cached_property
    def map_epochs(self) -> list[int]:
        """The epochs with a latent map; `BadInput` where there are none."""
        if "plane" not in self.spec.capabilities:
            has = f"{self.run.name} is a {self.config.model}, which has no latent plane"
            raise BadInput(f"{has}, and this figure shows one. Choose another run with --run.")
        kept = latent_epochs(self.run)
        if self.choices.best:  # its own is the newest, and fits its weights
            kept = [epoch for epoch in kept if epoch <= self.opened.epoch]
        if kept:
            return kept
        raise BadInput(f"{self.run.name} has no latent map yet; it comes after its first epoch.")

    @cached_property
    def opened(self) -> OpenedRun:
        """The run with its weights; `BadInput` where there are none that can be used."""
        return open_run(self.run, tell=self.tell, best=self.choices.best)

    @cached_property
    def images(self) -> Dataset:
        """Test images to try the run on; `BadInput` where they are not on this machine."""
        return images_for(self.opened, self.choices.data, self.data_dir, self.tell)

    def mapped_images(self, latent: LatentMap) -> TestImages:
        """The test images whose codes `latent` holds; `BadInput` where they are not here."""
        if self.choices.data is not None:
            cure = "Leave out --data"
            raise BadInput(f"the codes are those of {self.run.name}'s own images. {cure}.")
        found, count = own_test_images(self.config, self.data_dir), len(latent.labels)
        images, labels = found.images[:count], found.labels[:count]
        is_same = np.array_equal(labels.numpy(), latent.labels)
        if not is_same or tuple(images.shape[1:]) != self.config.image_shape.sizes:
            name = printable(self.config.data, 200)
            said = f"{name} has other images than those that {self.run.name} was trained on"
            raise BadInput(f"{said}. Give the folder of these with --data-dir.")
        return TestImages(images, labels)

    def provenance(self, title: str, epoch: float) -> Provenance:
        """Where a figure comes from that shows the run after `epoch`."""
        last = self.epochs.get(int(epoch), {}) if epoch == int(epoch) else {}
        return provenance_of(
            self.run.name, self.config, last, title=title, epoch=epoch, command=self.command
        )

    def class_name(self, label: int, longest: int) -> str:
        """The name of a class of the run's data set, at most so many letters of it."""
        names = self.config.classes
        return printable(names[label], longest) if label < len(names) else str(label)
