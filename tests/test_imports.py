"""The walls of the house: who imports whom, and what the app's process must never load."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.conftest import ROOT


def test_import_contracts() -> None:
    done = subprocess.run(
        [Path(sys.executable).parent / "lint-imports"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_app_loads_no_torch() -> None:
    code = """
import asyncio, sys
from pathlib import Path
from aetui.processes.inference import Inference
from aetui.processes.trainer_options import TrainerOptions
from aetui.tui.app import AetuiApp
async def start():
    inference = Inference()
    app = AetuiApp(Path(sys.argv[1]), TrainerOptions(), inference)
    async with app.run_test() as pilot:
        for key in "23451":
            await pilot.press(key)
    inference.close()
asyncio.run(start())
print([name for name in ("torch", "torchvision", "sklearn", "scipy") if name in sys.modules])
"""
    done = subprocess.run(
        [sys.executable, "-c", code, "/nowhere"], capture_output=True, text=True, check=False
    )
    assert done.stdout.strip().endswith("[]"), done.stdout + done.stderr


def test_one_helper_starts_every_python() -> None:
    """Without it, a random.py in the working directory would be imported, and run."""
    asking = [
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "aetui").rglob("*.py")
        if "sys.executable" in path.read_text(encoding="utf-8")
    ]
    assert asking == ["aetui/processes/children.py"]
