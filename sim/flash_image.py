"""The file that is one board's flash, written and read from outside while the power is off."""

import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

from sim import interpreter
from sim.errors import FlashError
from sim.wiring import Wiring

_HEAP_KIB = 2048
_TIMEOUT_S = 30


class FlashImage:
    """`path` is made, erased, when it is first needed; short runs of the interpreter read it."""

    def __init__(self, node: str, path: Path, wiring: Wiring, in_use: Callable[[], bool]) -> None:
        self.path = path.resolve()
        self._node = node
        self._wiring = wiring
        self._in_use = in_use

    def make(self) -> None:
        """An erased one, if there is none yet."""
        if not self.path.exists():
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self.path.write_bytes(b"\xff" * (self._wiring.silicon.flash_kib * 1024))

    def provision(self, files: dict[str, bytes]) -> None:
        """Write files such as `/cfg.cbor` to it, made and formatted if need be."""
        self.make()
        with tempfile.TemporaryDirectory() as folder:
            for path, content in files.items():
                target = Path(folder) / path.lstrip("/")
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(content)
            self._run("provision.py", folder)

    def extract(self, directory: str, folder: Path) -> None:
        """Copy the files of one of its directories into `folder`."""
        self._run("extract.py", directory, str(folder.resolve()))

    def _run(self, script: str, *arguments: str) -> None:
        """A script of `board/` over it, which nobody else may have open."""
        if self._in_use():
            raise FlashError(f"{self.path}: in use; switch {self._node} off first")
        page_bytes = str(self._wiring.page_bytes)
        done = subprocess.run(
            interpreter.command(script, _HEAP_KIB, str(self.path), page_bytes, *arguments),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_TIMEOUT_S,
        )
        if done.returncode:
            raise FlashError(f"{self.path}: {done.stdout}{done.stderr}")
