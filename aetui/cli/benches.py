"""`aetui bench`: each command measures, and prints its figures line by line."""

from __future__ import annotations

import argparse
from functools import partial

from aetui.catalog import model_names
from aetui.processes.priority import limit_openmp_spin


def bench_train(options: argparse.Namespace) -> int:
    limit_openmp_spin()
    from aetui.bench.train import bench_train as measure

    models = (options.model,) if options.model else model_names()
    measure(options.data_dir, options.device, options.repeats, models, partial(print, flush=True))
    return 0


def bench_screen(options: argparse.Namespace) -> int:
    from aetui.bench.screen import bench_screen as measure
    from aetui.processes.trainer_options import TrainerOptions

    trainers = TrainerOptions(data_dir=options.data_dir)
    measure(options.runs, trainers, partial(print, flush=True))
    return 0


def bench_start(options: argparse.Namespace) -> int:
    from aetui.bench.start import bench_start as measure
    from aetui.processes.trainer_options import TrainerOptions

    trainers = TrainerOptions(data_dir=options.data_dir)
    measure(options.runs, trainers, partial(print, flush=True))
    return 0
