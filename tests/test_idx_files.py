"""IDX files full of rubbish: they are read, or refused by name."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aetui.errors import BadInput
from aetui.ml.data.idx import read_images, read_labels


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("idx")


@settings(max_examples=1000, deadline=5000, suppress_health_check=list(HealthCheck))
@given(
    name=st.sampled_from(["mnist", "qmnist", "emnist-letters", ""]),
    magic=st.sampled_from([0x803, 0x801, 0xC02, 0]) | st.integers(0, 2**32 - 1),
    sizes=st.lists(st.sampled_from([0, 1, 2, 8, 28, 2**31, 2**32 - 1]), min_size=0, max_size=3),
    body=st.binary(max_size=900),
    published=st.none() | st.integers(0, 2**32 - 1),
    packed=st.booleans(),
)
def test_rubbish(
    folder: Path,
    name: str,
    magic: int,
    sizes: list[int],
    body: bytes,
    published: int | None,
    *,
    packed: bool,
) -> None:
    content = struct.pack(f">{1 + len(sizes)}I", magic, *sizes) + body
    path = folder / ("file.gz" if packed else "file")
    path.write_bytes(gzip.compress(content, 0) if packed else content)
    reason = refusal(path, name, published)
    if reason:
        assert str(path) in reason
        assert "delete it and run again" in reason
    else:
        assert magic in (0x803, 0x801, 0xC02)


def refusal(path: Path, name: str, published: int | None) -> str:
    """Why the file is refused as labels of the set `name`, or as images; "" where it is not."""
    try:
        if name:
            read_labels(path, name, published)
        else:
            read_images(path, published)
    except BadInput as error:
        return str(error)
    return ""


@pytest.mark.parametrize("length", [0, 5, 15, 40])
def test_torn_archives(folder: Path, length: int) -> None:
    path = folder / "torn.gz"
    path.write_bytes(gzip.compress(bytes(10_000))[:length])
    with pytest.raises(BadInput, match="damaged"):
        read_images(path)
