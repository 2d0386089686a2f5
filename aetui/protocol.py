"""The contract of the pipe between the app and its inference process: a header and some arrays.

On the pipe: the lengths of header and arrays as two little-endian 32-bit numbers, the header as
JSON, the arrays' bytes one after the other. A request has "kind" and "number", and where it is
about a run "run" and perhaps "identity". Its reply has the same kind and number, and "error" or
"replaced" (another run has that name by now) where there is no answer. Images are uint8
[N, channels, height, width].
"""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]
LENGTHS: Final = struct.Struct("<II")  # bytes of the header, bytes of the arrays
DTYPES: Final = frozenset({"uint8", "int64", "float32"})


@dataclass(frozen=True)
class Packet:
    """A request, a reply or a notice. `header["kind"]` says which."""

    header: dict[str, Any]
    arrays: dict[str, Array] = field(default_factory=dict)

    def to_bytes(self) -> bytes:
        """The packet as it goes over the pipe."""
        import numpy as np  # imported late: the first frame does without numpy

        described = {name: (array.dtype.name, array.shape) for name, array in self.arrays.items()}
        header = json.dumps({**self.header, "arrays": described}).encode()
        body = b"".join(np.ascontiguousarray(array).tobytes() for array in self.arrays.values())
        return LENGTHS.pack(len(header), len(body)) + header + body

    @staticmethod
    def from_parts(header: bytes, body: bytes) -> Packet:
        """The packet of `header` and `body` from the pipe. `ValueError` for other dtypes."""
        import numpy as np

        values = json.loads(header)
        arrays, offset = {}, 0
        for name, (dtype, shape) in values.pop("arrays").items():
            if dtype not in DTYPES:
                raise ValueError(f"arrays of {dtype} are not part of the protocol")
            count = int(np.prod(shape, dtype=np.int64))
            arrays[name] = np.frombuffer(body, dtype, count, offset).reshape(shape)
            offset += arrays[name].nbytes
        return Packet(values, arrays)
