"""`aetui codes`: the codes of test images as a table that other programs read."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final, TextIO

import numpy as np
import torch
from numpy.typing import NDArray

from aetui.errors import BadInput, printable
from aetui.ml.codes import codes_of, reconstruction_errors
from aetui.ml.data.dataset import Dataset
from aetui.ml.data.transforms import to_float
from aetui.ml.opened_run import OpenedRun
from aetui.runs.directory import write_atomically

BATCH: Final = 500


@dataclass(frozen=True)
class CodesTable:
    """A row for each test image, in the order of the set."""

    labels: NDArray[np.int64]  # [N]
    classes: tuple[str, ...]  # the name of each label
    z_mean: NDArray[np.float32]  # [N, ...]
    z_log_sigma: NDArray[np.float32] | None  # [N, ...]; None where a code is a point
    errors: NDArray[np.float32]  # [N], in nats: the cross-entropy of the decoded z_mean

    def columns(self) -> dict[str, NDArray[Any]]:
        """The columns of the table by name, codes flattened: z_mean_0, z_mean_1, ..."""
        names = np.array([*map(printable, self.classes)] or [""])
        columns: dict[str, NDArray[Any]] = {
            "index": np.arange(len(self.labels)),
            "label": self.labels,
            "class": names[np.minimum(self.labels, len(names) - 1)],
        }
        for name, codes in (("z_mean", self.z_mean), ("z_log_sigma", self.z_log_sigma)):
            if codes is not None:
                flat = codes.reshape(len(codes), -1)
                columns |= {f"{name}_{axis}": flat[:, axis] for axis in range(flat.shape[1])}
        return {**columns, "error": self.errors}


@torch.inference_mode()
def codes_table(run: OpenedRun, data: Dataset) -> CodesTable:
    """The codes that the run gives the test images of `data`."""
    parts = [_codes(run, images) for images in data.test_images.split(BATCH)]
    z_mean, z_log_sigma, errors = zip(*parts, strict=True)
    has_sigma = all(part is not None for part in z_log_sigma)
    return CodesTable(
        data.test_labels.numpy(),
        data.classes,
        np.concatenate(z_mean),
        np.concatenate(z_log_sigma) if has_sigma else None,
        np.concatenate(errors),
    )


def _codes(run: OpenedRun, pixels: torch.Tensor) -> tuple[Any, Any, Any]:
    images = to_float(pixels.to(run.device))
    z_mean, z_log_sigma = codes_of(run.network, images)
    errors = reconstruction_errors(run.network.decode(z_mean), images)
    sigma = None if z_log_sigma is None else z_log_sigma.cpu().numpy()
    return z_mean.cpu().numpy(), sigma, errors.cpu().numpy()


def write_table(table: CodesTable, path: Path) -> None:
    """Write `table` to `path` in the format that its ending names; `BadInput` where that fails."""
    write = WRITERS[check_table_path(path).suffix.lower()]
    try:
        write_atomically(path, lambda file: write(table, file))
    except OSError as error:
        raise BadInput(f"{path} cannot be written ({error.strerror}).") from None


def check_table_path(path: Path) -> Path:
    """`path`, if its ending names a format that can be written here; else `BadInput`."""
    suffix = path.suffix.lower()
    if suffix not in WRITERS:
        *others, last = WRITERS
        known = f"{', '.join(others)} or {last}"
        raise BadInput(f"{printable(str(path))} must end in {known}, which decides the format.")
    if suffix == ".parquet":
        try:
            import pyarrow  # noqa: F401
        except ImportError:
            cure = "install it with `uv pip install pyarrow`, or write .csv or .npz"
            raise BadInput(f"{suffix} needs pyarrow, which is not installed: {cure}.") from None
    return path


def write_csv(table: CodesTable, out: TextIO) -> None:
    """A header line, then one line per image."""
    columns = table.columns()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(_rows(columns))


def _rows(columns: Mapping[str, NDArray[Any]]) -> Iterator[tuple[Any, ...]]:
    # str() of a float32 has the digits that tell it from its neighbours, and no more. A row at a
    # time: features of a convolution are thousands of columns.
    return zip(*(map(str, column) for column in columns.values()), strict=True)


def _write_csv(table: CodesTable, file: BinaryIO) -> None:
    text = io.TextIOWrapper(file, encoding="utf-8", newline="")
    write_csv(table, text)
    text.flush()
    text.detach()  # the file is the caller's


def _write_npz(table: CodesTable, file: BinaryIO) -> None:
    """index, label, z_mean, z_log_sigma and error as arrays, and the names of the classes."""
    arrays: dict[str, Any] = {
        "index": np.arange(len(table.labels)),
        "label": table.labels,
        "classes": np.array([*map(printable, table.classes)]),
        "z_mean": table.z_mean,
        "error": table.errors,
    }
    if table.z_log_sigma is not None:
        arrays["z_log_sigma"] = table.z_log_sigma
    np.savez_compressed(file, **arrays)


def _write_parquet(table: CodesTable, file: BinaryIO) -> None:
    import pyarrow
    import pyarrow.parquet

    pyarrow.parquet.write_table(pyarrow.table(table.columns()), file)


WRITERS: Final[Mapping[str, Callable[[CodesTable, BinaryIO], object]]] = {
    ".csv": _write_csv,
    ".npz": _write_npz,
    ".parquet": _write_parquet,
}
