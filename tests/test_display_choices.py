"""The theme follows the terminal's background; what a person chose is kept in one small file."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import termios
from pathlib import Path

import pytest

from aetui.preferences import preferences_path, read_preferences
from aetui.tui.theme import DARK, LIGHT
from tests.terminal import Terminal, launch

WHITE, BLACK = "ffff/ffff/ffff", "0000/0000/0000"


@pytest.fixture(autouse=True)
def _config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A configuration folder for each test."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


def keep(**values: object) -> None:
    preferences_path().parent.mkdir(parents=True)
    preferences_path().write_text(json.dumps(values))


def ground(terminal: Terminal) -> str:
    """The background that the screen is painted with."""
    return str(terminal.screen.buffer[20][3].bg)


def colour_of(theme_background: str | None) -> str:
    return str(theme_background).removeprefix("#")


@pytest.mark.parametrize(
    ("background", "theme"), [(WHITE, LIGHT), ("fd/f6/e3", LIGHT), (BLACK, DARK), (None, DARK)]
)
def test_the_theme_follows_the_background(
    background: str | None, theme: object, runs: Path
) -> None:
    with launch(runs, background=background) as terminal:
        before = termios.tcgetattr(terminal.fd)
        terminal.wait("Navigate")
        wanted = (LIGHT if theme is LIGHT else DARK).background
        terminal.wait(lambda _: ground(terminal) == colour_of(wanted))
        terminal.press("q")
        assert terminal.wait_for_end() == 0
        assert termios.tcgetattr(terminal.fd) == before
    assert "theme" not in read_preferences()  # nobody chose one


def test_keys_typed_while_it_starts_are_kept(runs: Path) -> None:
    with launch(runs, background=WHITE) as terminal:
        terminal.receive(10)  # its question: the app is still being imported
        terminal.type(b"?")
        terminal.wait("command palette")


def test_a_late_answer_is_no_key(runs: Path) -> None:
    """In pieces, as over a slow line; the keys in it would open the palette's screens."""
    with launch(runs) as terminal:
        terminal.answers.clear()
        terminal.wait("Navigate")
        before = terminal.text()
        for piece in (b"\x1b", b"]11;rgb:ffff/ff", b"ff/ffff\x1b", b"\\\x1b[?62", b";22c"):
            terminal.type(piece)
            terminal.read(0.05)
        terminal.read(0.5)
        assert terminal.text().splitlines()[0] == before.splitlines()[0]
        terminal.press("d")
        terminal.wait("oisy")


def test_a_chosen_theme_is_kept(runs: Path) -> None:
    with launch(runs, background=BLACK) as terminal:
        terminal.wait("Navigate")
        terminal.press("f2")
        terminal.wait("Search")
        terminal.press(*"theme", "enter")
        terminal.wait(LIGHT.name)
        terminal.press(*LIGHT.name, "enter")
        terminal.wait(lambda _: ground(terminal) == colour_of(LIGHT.background))
        terminal.press("q")
        assert terminal.wait_for_end() == 0
    assert read_preferences()["theme"] == LIGHT.name
    with launch(runs, background=BLACK) as terminal:
        terminal.wait("Navigate")
        terminal.wait(lambda _: ground(terminal) == colour_of(LIGHT.background))
        assert b"]11;?" not in terminal.raw


def test_a_theme_that_is_gone_is_no_hindrance(runs: Path) -> None:
    keep(theme="a theme of next year")
    with launch(runs) as terminal:
        terminal.wait("Navigate")


def test_colours_of_the_preferences_give_way_to_the_command_line(runs: Path) -> None:
    keep(colours="none", fps=10)
    with launch(runs) as terminal:
        terminal.wait("Navigate")
        terminal.read(0.5)
        assert ground(terminal) == "default"
    with launch(runs, "--color", "256") as terminal:
        terminal.wait("Navigate")
        terminal.wait(lambda _: ground(terminal) != "default")


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"fps": 0}, '"fps" must be a number from 1 to 120, not 0'),
        ({"fps": "many"}, '"fps" must be a number from 1 to 120, not "many"'),
        ({"colours": "red"}, '"colours" must be one of auto'),
        ({"keymap": ["f5"]}, '"keymap" must be pairs of keys'),
        ({"keymap": {"f5": 6}}, '"keymap" must be pairs of keys'),
    ],
)
def test_a_value_that_cannot_be_used_is_named(
    values: dict[str, object], words: str, runs: Path
) -> None:
    keep(**values)
    with launch(runs) as terminal:
        assert terminal.wait_for_end() == 2
        assert words in terminal.text().replace("\n", "")


def test_16_colours_are_said_with_the_cure(runs: Path) -> None:
    with launch(runs, env={"TERM": "linux", "COLORTERM": None}) as terminal:
        terminal.wait("--color 256")


@pytest.fixture
def latin_1(tmp_path: Path) -> dict[str, str | None]:
    """A locale without UTF-8 in its name or behind it."""
    made = tmp_path / "locales"
    made.mkdir()
    localedef = shutil.which("localedef")
    if localedef is None:
        pytest.skip("needs localedef")
    command = [localedef, "-i", "en_US", "-f", "ISO-8859-1", str(made / "en_US")]
    if subprocess.run(command, capture_output=True, check=False).returncode > 1:
        pytest.skip("needs the sources of locales (Debian's package locales)")
    return {"LOCPATH": str(made), "LC_ALL": "en_US", "LANG": None}


def test_a_latin_1_locale_draws_ascii(latin_1: dict[str, str | None], runs: Path) -> None:
    with launch(runs, env=latin_1) as terminal:
        terminal.wait("Navigate")
        terminal.press("5")
        terminal.wait("density")
        terminal.read(1.0)
        assert terminal.text().isascii()
        assert b"\\u" not in terminal.raw


def test_runs_prints_any_name_in_a_latin_1_locale(
    latin_1: dict[str, str | None], trained: Path, tmp_path: Path
) -> None:
    run = shutil.copytree(trained / "vae-001", tmp_path / "copy" / "vae-001")
    config = json.loads((run / "config.json").read_text())
    config["data"] = "folder:/" + "x" * 60 + "/images/日本語"
    (run / "config.json").write_text(json.dumps(config))
    set_here = {name: value for name, value in latin_1.items() if value is not None}
    done = subprocess.run(
        [sys.executable, "-m", "aetui", "runs", "--runs", str(run.parent)],
        env={**os.environ, **set_here},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert b"vae-001" in done.stdout
    assert b"x/images/???" in done.stdout


def test_a_keymap_gives_keys_another_meaning_and_fields_keep_what_is_typed(runs: Path) -> None:
    """A Cyrillic keyboard, an editor that keeps ctrl+p and F2, and the question mark elsewhere."""
    keep(keymap={"т": "n", "f5": "ctrl+p", "ё": "?", "a": "5"})
    with launch(runs, size=(80, 24)) as terminal:
        terminal.wait("Ships with")
        terminal.press("т")
        terminal.wait("density")
        terminal.press("ё")
        terminal.wait("Three things to try")
        terminal.press("enter", "1")
        terminal.wait("Ships with")
        terminal.type(b"\x1b[15~")
        terminal.wait("Search")
        terminal.press("a", "т")
        terminal.wait("aт")
