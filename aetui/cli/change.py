"""`aetui change`: other settings for a run that is training."""

from __future__ import annotations

import argparse

from aetui.cli.setting_arguments import setting_values
from aetui.processes.changing import change_settings
from aetui.runs.directory import check_run_name, read_config


def change(options: argparse.Namespace) -> int:
    run = options.runs / check_run_name(options.name)
    print(change_settings(run, setting_values(options, read_config(run).spec)))
    return 0
