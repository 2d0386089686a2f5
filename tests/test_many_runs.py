"""Two thousand runs: the newest are shown, the list filters and sorts, idle locks are left alone.

How quick all of it is, `aetui bench start` measures.
"""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from aetui.catalog import model_spec
from aetui.cli.main import main
from aetui.config import RunConfig
from aetui.tui.dialogs.run_table import RunTable
from tests.pilot import opened, panel, until
from tests.reads import reads_of

COUNT = 2000
BEGUN = 1_700_000_000.0  # unix seconds


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two thousand finished runs, begun a second after one another; the better, the later."""
    folder = tmp_path_factory.mktemp("many")
    settings = model_spec("vae").resolve({"epochs": 3, "hidden": (8,)})
    config = RunConfig("vae", "mnist", settings, train_images=60_000)
    for number in range(COUNT):
        run = folder / f"vae-{number:04d}"
        run.mkdir()
        text = replace(config, created=BEGUN + number).to_json()
        (run / "config.json").write_text(text)
        (run / "lock").write_text("1\n")
        os.utime(run / "lock", (BEGUN, BEGUN))
        loss = 200 - number / 100
        epoch = {"kind": "epoch", "epoch": 3, "test_loss": loss, "test_reconstruction": loss - 5}
        lines = ({**epoch, "test_kl": 5.0}, {"kind": "event", "event": "done"})
        (run / "metrics.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return folder


async def test_the_newest_is_shown_and_the_list_filters_and_sorts(many: Path) -> None:
    async with opened(many) as (app, pilot):
        await until(pilot, lambda: "vae-1999" in panel(app, "vae"))
        await pilot.press("o")
        await until(pilot, lambda: app.screen.query("#runs"))
        title = app.screen.query_one("#runs")
        await until(pilot, lambda: f"{COUNT}, newest first" in str(title.border_title))
        table = app.screen.query_one(RunTable)
        assert table.runs[0].name == "vae-1999"
        await pilot.press(*"vae 123")
        await until(pilot, lambda: f"12 of {COUNT}" in str(title.border_title))
        assert [run.name for run in table.runs][:2] == ["vae-1239", "vae-1238"]
        await pilot.press(*["backspace"] * 7, "tab")
        await until(pilot, lambda: f"{COUNT}, best score first" in str(title.border_title))
        assert table.runs[0].name == "vae-1999"
        await pilot.press("tab", "end", "pagedown", "down")
        await until(pilot, lambda: f"{COUNT}, by name" in str(title.border_title))
        chosen = table.chosen
        assert chosen is not None
        await pilot.press("enter")
        await until(pilot, lambda: chosen.name in panel(app, "vae"))


def test_the_locks_of_finished_runs_are_not_probed(
    many: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with reads_of(many) as found:
        assert main(["runs", "--runs", str(many)]) == 0
    assert capsys.readouterr().out.count(" done ") == COUNT
    assert sum(path.endswith("config.json") for path in found) == COUNT
    assert not [path for path in found if path.endswith("lock")]
