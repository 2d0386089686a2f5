"""A person's own code, imported where they name it. Its errors keep their traceback."""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
import sysconfig
import traceback
from pathlib import Path
from types import ModuleType
from typing import Final

from aetui.catalog import REFERENCE_FORM, check_reference
from aetui.errors import BadInput, printable

MOST_FRAMES: Final = 8
WIDEST: Final = 200  # characters of a line
AETUI: Final = Path(__file__).resolve().parents[2]
LIBRARIES: Final = tuple(
    Path(sysconfig.get_path(name)) for name in ("purelib", "platlib", "stdlib", "platstdlib")
)
_roots: set[Path] = set()  # folders and files that are a person's own code


def import_class(reference: str) -> type:
    """The class that `reference` names, as in my_model.py:Class. `BadInput` where there is none.

    The folder of a file, and the working directory for a dotted name, become the last places where
    Python looks for modules, so that the person's code finds its neighbours and shadows no library.
    """
    where, _, name = check_reference(reference).rpartition(":")
    path = Path(where).expanduser()
    module = _import_file(path) if path.suffix == ".py" else _import_module(where)
    found = getattr(module, name, None)
    if isinstance(found, type):
        return found
    classes = [key for key, value in vars(module).items() if _is_own_class(value, module)]
    has = f"its classes are {', '.join(classes)}" if classes else "it has no classes"
    raise BadInput(f"{printable(where)} has no class {name}; {has}.")


def short_name(reference: str) -> str:
    """`reference` without folders, as messages and config.json show it."""
    return printable(reference.rsplit("/", 1)[-1], 120)


def own_traceback(error: BaseException) -> str:
    """The traceback of an error with only the person's own frames; "" where it has none."""
    told = traceback.TracebackException.from_exception(error)
    frames = [_shortened(frame) for frame in told.stack if _root_of(frame.filename)]
    if not frames and not (isinstance(error, SyntaxError) and _root_of(error.filename or "")):
        return ""
    told.stack = traceback.StackSummary.from_list(frames[-MOST_FRAMES:])
    lines = "".join(told.format(chain=False)).rstrip().splitlines()
    return "\n".join(printable(line, WIDEST) for line in lines)


def _shortened(frame: traceback.FrameSummary) -> traceback.FrameSummary:
    """`frame` with its file's name as seen from the person's folder."""
    root = _root_of(frame.filename)
    assert root is not None
    name = os.path.relpath(frame.filename, root.parent if root.is_file() else root)
    return traceback.FrameSummary(name, frame.lineno, frame.name, line=frame.line)


def _import_file(path: Path) -> ModuleType:
    path = path.resolve()
    _look_in(path.parent)
    # A name that no library has: a person's random.py must not replace the library's.
    name = f"own_model_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:  # noqa: BLE001  a person's code can
        del sys.modules[name]
        raise _import_error(str(path.name), error) from None
    return module


def _import_module(name: str) -> ModuleType:
    _look_in(Path.cwd())
    try:
        found = importlib.util.find_spec(name)
        if found is not None and found.origin is not None:
            _roots.add(_top(Path(found.origin).resolve(), name))
        return importlib.import_module(name)
    except (Exception, SystemExit) as error:  # noqa: BLE001  a person's code can
        raise _import_error(name, error) from None


def _top(file: Path, name: str) -> Path:
    """The folder of the package that the module `name` in `file` belongs to, or else the file."""
    levels = name.count(".") + (file.stem == "__init__")
    return file.parents[levels - 1] if levels else file


def _import_error(what: str, error: BaseException) -> BadInput:
    trace = own_traceback(error)
    if trace:
        return BadInput(f"{printable(what)} cannot be imported:\n{trace}")
    reason = printable(f"{type(error).__name__}: {error}", 200)
    return BadInput(f"{printable(what)} cannot be imported ({reason}); write {REFERENCE_FORM}.")


def _look_in(folder: Path) -> None:
    _roots.add(folder.resolve())
    if str(folder) not in sys.path:
        sys.path.append(str(folder))


def _root_of(filename: str) -> Path | None:
    """Which of a person's folders that file is in; None where a library is installed there."""
    if filename.startswith("<"):  # of Python's own import machinery, not a file
        return None
    path = Path(os.path.realpath(filename))
    for root in _roots:
        libraries = [place for place in (*LIBRARIES, AETUI) if place not in (root, *root.parents)]
        if path.is_relative_to(root) and not any(map(path.is_relative_to, libraries)):
            return root
    return None


def _is_own_class(value: object, module: ModuleType) -> bool:
    return isinstance(value, type) and value.__module__ == module.__name__
