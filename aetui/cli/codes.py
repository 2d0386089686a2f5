"""`aetui codes`: the codes of test images as a table."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from aetui.cli.waiting import Waiting
from aetui.ml.codes_table import check_table_path, codes_table, write_csv, write_table
from aetui.ml.opened_run import images_for, open_run
from aetui.ml.training.request import choose_device


def write_codes(run_path: Path, options: argparse.Namespace) -> int:
    """Write the table to the named file, or print it."""
    if options.output is not None:
        check_table_path(options.output)
    waiting = Waiting()
    run = open_run(run_path, choose_device(options.device), waiting.tell, best=options.best)
    data = images_for(run, options.data, options.data_dir, waiting.tell)
    table = codes_table(run, data)
    waiting.end()
    if options.output is None:
        write_csv(table, sys.stdout)
    else:
        write_table(table, options.output)
        print(f"{options.output}: {len(table.labels):,} rows")
    return 0
