"""The card of the chosen image on the Denoise screen: PSNR, SSIM, its place among the others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from textual.containers import Container
from textual.widget import Widget
from textual.widgets import Digits, Static

from aetui.tui.screens.denoise_scores import ScoreTable
from aetui.tui.widgets.histogram import Histogram, histogram
from aetui.tui.widgets.readout import Line, Readout, Role

COLUMNS: Final = 28  # of the histogram
ROWS: Final = 4
SMALL_COLUMNS: Final = 16  # of the one in a line


@dataclass(frozen=True)
class ImageScores:
    """What is known of one image: by row (noisy, denoised, median) its PSNR in dB and its SSIM."""

    name: str
    psnr: Mapping[str, float]
    ssim: Mapping[str, float]


class DenoiseCard(Container):
    """Large figures and a histogram; two lines where there is no room beside the images."""

    def __init__(self, *, ascii_only: bool, id: str | None = None) -> None:
        super().__init__(id=id)
        # Digits three rows high are strokes that ASCII does not have.
        self._psnr = Static(id="card-psnr") if ascii_only else Digits(id="card-psnr")
        self._ssim = Static(id="card-ssim") if ascii_only else Digits(id="card-ssim")

    def compose(self) -> Iterable[Widget]:
        yield Readout(id="card-name")
        yield self._psnr
        yield Readout(id="card-psnr-others")
        yield self._ssim
        yield Readout(id="card-ssim-others")
        yield Readout(id="card-place")
        yield Readout(id="card-lines")

    @property
    def text(self) -> str:
        """What is shown, without the two large figures."""
        return "\n".join(readout.text for readout in self.query(Readout) if readout.display)

    def show(self, image: ImageScores, noise: str, table: ScoreTable) -> None:
        """Show the image's scores, the noise in words, and what is known of other images."""
        psnr, ssim = image.psnr["denoised"], image.ssim["denoised"]
        self._write("name", [[(image.name, "plain")], [("PSNR in dB, denoised", "muted")]])
        self._psnr.update(f"{psnr:.2f}")
        self._write("psnr-others", [_others(image.psnr, ".2f"), [], [("SSIM", "muted")]])
        self._ssim.update(f"{ssim:.3f}")
        self._write("ssim-others", [_others(image.ssim, ".3f"), []])
        self._write("place", _place(psnr, table))
        self._write("lines", _lines(image, noise, table))

    def _write(self, name: str, lines: Sequence[Line]) -> None:
        self.query_one(f"#card-{name}", Readout).show(lines)


def _others(scores: Mapping[str, float], form: str) -> Line:
    """The same figure of the other rows."""
    parts: list[tuple[str, Role | int]] = []
    for row, score in scores.items():
        if row != "denoised":
            parts += [(f"{row} ", "muted"), (f"{score:{form}}   ", "plain")]
    return parts


def _progress(table: ScoreTable) -> str:
    if not table.wanted:
        return ""
    return f"{len(table.psnr):,} of {table.wanted:,} … esc stops"


def _judgement(psnr: float, table: ScoreTable) -> str:
    return f"better than {_percent(psnr, table)} of {len(table.psnr):,} test images"


def _percent(psnr: float, table: ScoreTable) -> str:
    return f"{100 * table.share_below(psnr):.0f} %"


def _place(psnr: float, table: ScoreTable) -> list[Line]:
    """The histogram of all, with the image's place."""
    if not table.is_complete:
        return [[("its place among others", "muted")], [(_progress(table), "muted")]]
    found = histogram(table.psnr, psnr, COLUMNS, ROWS)
    ends = f"{found.low:.1f}", f"{found.high:.1f} dB"
    axis = f"{ends[0]}{ends[1]:>{COLUMNS - len(ends[0])}}"
    share = f"better than {_percent(psnr, table)}"
    title: Line = [(f"PSNR of {len(table.psnr):,} test images", "muted")]
    return [title, *_bars(found), [(axis, "muted")], [(share, "plain")]]


def _bars(found: Histogram) -> list[Line]:
    """The bars, that with the image in the accent, and a mark below it."""
    at = found.column
    lines: list[Line] = [
        [(line[:at], "muted"), (line[at], "strong"), (line[at + 1 :], "muted")]
        for line in found.lines
    ]
    return [*lines, [(" " * at + "▲", "strong")]]


def _lines(image: ImageScores, noise: str, table: ScoreTable) -> list[Line]:
    """The whole card in two lines."""
    before, after = image.psnr["noisy"], image.psnr["denoised"]
    first: Line = [
        (f" {image.name}, {noise}   PSNR {before:.1f} → ", "muted"),
        (f"{after:.2f} dB", "strong"),
        (f"   SSIM {image.ssim['noisy']:.2f} → ", "muted"),
        (f"{image.ssim['denoised']:.3f}", "strong"),
    ]
    if not table.is_complete:
        return [first, [(f" {_progress(table)}", "muted")]]
    (bars, *_) = _bars(histogram(table.psnr, after, SMALL_COLUMNS, 1))
    return [first, [(" ", "muted"), *bars, (f"   {_judgement(after, table)}", "plain")]]
