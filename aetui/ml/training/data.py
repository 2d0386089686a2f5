"""The images of a run that is resumed: read as they were, from where they are now."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from aetui.catalog import find_data, split_data_name
from aetui.config import DataOptions, RunConfig
from aetui.errors import BadInput
from aetui.ml.data.dataset import Dataset
from aetui.ml.data.images import Tell
from aetui.ml.data.load import load


def has_moved(config: RunConfig, asked: str | None) -> bool:
    """Whether `asked` names a person's own files of the run's kind, in another place."""
    if asked is None or asked in (config.data, config.data_requested):
        return False
    prefix, path = split_data_name(find_data(asked))
    return bool(path) and prefix == split_data_name(config.data)[0]


def load_again(
    config: RunConfig, asked: str | None, options: DataOptions, folder: Path | None, tell: Tell
) -> tuple[RunConfig, Dataset]:
    """The run's configuration, with the place where its images are now, and the images.

    `asked` and `options` are what a person gave with --resume, `folder` is that of named sets.
    """
    if options and options != config.data_options:
        problem = "--size and --channels stay as the run began"
        raise BadInput(f"{problem}; leave them out, or start a new run.")
    name = asked if asked is not None and has_moved(config, asked) else config.data
    data = load(name, folder, config.data_options, tell=tell)
    return dataclasses.replace(config, data=data.name), data
