"""Runs one script of `micropython/` on the real interpreter, over the `.mpy` files that ship."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

from sim import interpreter
from tools.node import build

_SCRIPTS = Path(__file__).with_name("micropython")
_HEAP = "2M"  # times are wanted, not the collector's part in them
_TIMEOUT_S = 120


def measure(script: str) -> dict[str, Any]:
    """The JSON object that the script prints; MissingInterpreter if there is nothing to run it."""
    path = f"{build.compile_tree()}:{_SCRIPTS}:.frozen"
    done = subprocess.run(
        [str(interpreter.find()), "-X", f"heapsize={_HEAP}", str(_SCRIPTS / script)],
        env={**os.environ, "MICROPYPATH": path},
        check=True,
        capture_output=True,
        text=True,
        timeout=_TIMEOUT_S,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found
