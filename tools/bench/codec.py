"""`tocsin bench codec`: the journal block on the node against a generic CBOR codec.

Both run in one process of the real MicroPython interpreter, in turns, ours from the `.mpy` files
that ship; see `micropython/codec.py` for what they encode.
"""

from typing import Any

from tools.bench import Row, faster, share
from tools.bench.interpreter import measure


def run() -> list[Row]:
    """The rows `codec.encode`, `codec.decode` and `codec.alloc`."""
    found = measure("codec.py")
    return [
        faster("codec.encode", *_pair(found, "encode_us"), times=5),
        faster("codec.decode", *_pair(found, "decode_us"), times=4),
        share("codec.alloc", *_pair(found, "alloc_bytes"), most=1 / 3),
    ]


def _pair(found: dict[str, Any], key: str) -> tuple[float, str, float]:
    """(ours, unit, yardstick) of one measurement, whose name ends in its unit."""
    ours, yardstick = found[key]
    return ours, key.rpartition("_")[2], yardstick
