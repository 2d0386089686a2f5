"""Where a figure comes from: in small print on the figure, and in the file's metadata."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from PIL import Image
from PIL.ExifTags import Base

from aetui import __version__
from aetui.catalog import split_data_name
from aetui.config import RunConfig
from aetui.errors import printable
from aetui.runs.metrics import number_or_none


@dataclass(frozen=True)
class Provenance:
    """What a reader needs to make the figure again."""

    title: str
    run: str
    data: str
    epoch: float
    score: str  # with its unit, or ""
    command: str
    drawn: float  # unix seconds

    @property
    def line(self) -> str:
        """All of it but the title, as it is printed on the figure."""
        epoch = f"epoch {round(self.epoch, 2):g}"
        parts = (self.run, self.data, epoch, self.score, self.date, self.command)
        return "  ·  ".join(filter(None, parts))

    @property
    def date(self) -> str:
        return time.strftime("%Y-%m-%d", time.localtime(self.drawn))

    def metadata(self, kind: str) -> Mapping[str, Any]:
        """The metadata of a file of `kind` (png, svg or pdf), as matplotlib takes them."""
        software = f"aetui {__version__}"
        if kind == "png":
            created = time.strftime("%Y-%m-%dT%H:%M:%S%z", time.localtime(self.drawn))
            said = {"Description": self.line, "Software": software, "Creation Time": created}
            return {"Title": self.title, **said, "Source": self.command}
        if kind == "svg":
            said = {"Description": self.line, "Creator": software, "Date": self.date}
            return {"Title": self.title, **said, "Source": self.command}
        return {"Title": self.title, "Subject": self.line, "Creator": software}

    @property
    def comment(self) -> str:
        """All of it, for formats that have one comment."""
        return f"{self.title}\n{self.line}\naetui {__version__}"

    @property
    def exif(self) -> Image.Exif:
        """All of it as EXIF, for WebP."""
        exif = Image.Exif()
        exif[Base.ImageDescription] = f"{self.title}: {self.line}".replace("·", "|")  # ASCII only
        exif[Base.Software] = f"aetui {__version__}"
        exif[Base.DateTime] = time.strftime("%Y:%m:%d %H:%M:%S", time.localtime(self.drawn))
        return exif


def provenance_of(
    run: str, config: RunConfig, last: Mapping[str, Any], *, title: str, epoch: float, command: str
) -> Provenance:
    """The provenance of a figure drawn now; `last` is the epoch line of what it shows, or {}."""
    score = _score_text(config, last)
    return Provenance(title, run, _data_text(config), epoch, score, command, time.time())


def _score_text(config: RunConfig, epoch: Mapping[str, Any]) -> str:
    """The score in an epoch line as in "129.03 nats"; "" where there is none."""
    score = number_or_none(epoch.get(config.spec.score.key))
    if score is None:
        return ""
    number = f"{score:.2f}" if abs(score) >= 1 else f"{score:.3g}"
    return f"{number} {config.spec.score.unit}"


def _data_text(config: RunConfig) -> str:
    """The data set's name, without the folders of this machine."""
    prefix, path = split_data_name(config.data)
    return printable(path.rstrip("/").rsplit("/", 1)[-1] if prefix else config.data, 40)
