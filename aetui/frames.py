"""Messages between the app and its inference process: a JSON header and numpy arrays, over a pipe."""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]
LENGTH: Final = struct.Struct("<II")  # bytes of the header, bytes of the arrays
KINDS: Final = frozenset({"uint8", "int64", "float32"})


@dataclass(frozen=True)
class Frame:
    """One message. `header["kind"]` says what it is; `arrays` travel beside it without conversion."""

    header: dict[str, Any]
    arrays: dict[str, Array] = field(default_factory=dict)

    def to_bytes(self) -> bytes:
        """The message as it goes over the pipe."""
        import numpy as np  # late: the first screen does without

        described = {name: (array.dtype.name, array.shape) for name, array in self.arrays.items()}
        header = json.dumps({**self.header, "arrays": described}).encode()
        body = b"".join(np.ascontiguousarray(array).tobytes() for array in self.arrays.values())
        return LENGTH.pack(len(header), len(body)) + header + body

    @staticmethod
    def from_parts(header: bytes, body: bytes) -> Frame:
        """The message of which `header` and `body` came over the pipe. `ValueError` where they do not fit."""
        import numpy as np

        values = json.loads(header)
        arrays, offset = {}, 0
        for name, (kind, shape) in values.pop("arrays").items():
            if kind not in KINDS:
                raise ValueError(f"arrays of {kind} do not travel")
            count = int(np.prod(shape, dtype=np.int64))
            arrays[name] = np.frombuffer(body, kind, count, offset).reshape(shape)
            offset += arrays[name].nbytes
        return Frame(values, arrays)
