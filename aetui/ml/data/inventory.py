"""Which named data sets are on this machine, and whether they can be read. Imports no torch."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from aetui.catalog import DATA_SETS
from aetui.errors import BadInput
from aetui.ml.data.idx import read_set
from aetui.ml.data.search import Search, find_set


@dataclass(frozen=True)
class Stock:
    """A data set, looked for as `load` does."""

    name: str
    search: Search
    problem: str = ""  # why `load` would refuse the files that are there

    @property
    def usable(self) -> bool:
        return self.search.found and not self.problem


def take_stock(data_dir: Path) -> Iterator[Stock]:
    """Every named data set that consists of files, each read as a training would read it."""
    data_dir = Path(os.path.expanduser(data_dir))  # noqa: PTH111  (as the loader does)
    for spec in DATA_SETS.values():
        if not spec.folder:
            continue
        search = find_set(spec.name, data_dir)
        problem = ""
        if search.idx:
            try:
                read_set(search)
            except BadInput as error:
                problem = str(error)
        yield Stock(spec.name, search, problem)
