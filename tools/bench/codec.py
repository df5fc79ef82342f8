"""`tocsin bench codec`: the journal block on the node against a generic CBOR codec.

Both run on the real MicroPython interpreter, ours from the `.mpy` files that ship, in one process
and in turns; see `micropython/codec.py` for what they encode.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

from tools.bench import Row, faster, share
from tools.node import build

_MICROPYTHON = Path(sys.executable).with_name("micropython")
_SCRIPT = Path(__file__).with_name("micropython") / "codec.py"
_TIMEOUT_S = 120


def run() -> list[Row]:
    """The rows `codec.encode`, `codec.decode` and `codec.alloc`."""
    found = _measure()
    return [
        faster("codec.encode", *_pair(found, "encode_us"), times=5),
        faster("codec.decode", *_pair(found, "decode_us"), times=4),
        share("codec.alloc", *_pair(found, "alloc_bytes"), most=1 / 3),
    ]


def _pair(found: dict[str, list[float]], key: str) -> tuple[float, str, float]:
    """(ours, unit, yardstick) of one measurement, whose name ends in its unit."""
    ours, yardstick = found[key]
    return ours, key.rpartition("_")[2], yardstick


def _measure() -> dict[str, list[float]]:
    if not _MICROPYTHON.exists():
        raise FileNotFoundError(f"no MicroPython interpreter at {_MICROPYTHON}; run: make setup")
    path = f"{build.compile_tree()}:{_SCRIPT.parent}:.frozen"
    done = subprocess.run(
        [str(_MICROPYTHON), "-X", "heapsize=2M", str(_SCRIPT)],
        env={**os.environ, "MICROPYPATH": path},
        check=True,
        capture_output=True,
        text=True,
        timeout=_TIMEOUT_S,
    )
    found: dict[str, list[float]] = json.loads(done.stdout)
    return found
