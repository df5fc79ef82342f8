"""The gateway as a process of its own, so that it can be killed like one."""

import asyncio
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from pathlib import Path

import msgspec

from gateway.errors import PlaceError
from sim.interpreter import die_with_parent

START_S = 20.0
STOP_S = 1.5


class Gateway:
    """`tocsin gateway run` with one configuration; start and kill it as often as you like."""

    def __init__(self, config: Path, log: Path) -> None:
        self.console_url = ""
        self._config = config
        self._log = log
        self._process: Process | None = None

    @property
    def pid(self) -> int | None:
        """Its process while it runs."""
        process = self._process
        return process.pid if process is not None and process.returncode is None else None

    async def start(self) -> None:
        """Run it and wait until it serves; PlaceError with its own words if it does not."""
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "gateway.cli", "run"),
                *("-c", str(self._config), "--json"),
                stdin=DEVNULL,
                stdout=PIPE,
                stderr=log,
                start_new_session=True,
                preexec_fn=die_with_parent,
            )
        assert self._process.stdout is not None
        line = await asyncio.wait_for(self._process.stdout.readline(), START_S)
        if not line:
            await self._process.wait()
            raise PlaceError(*self._last_words())
        self.console_url = msgspec.json.decode(line)["console"]

    async def kill(self) -> None:
        """SIGKILL: as sudden as a power cut."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()

    async def stop(self) -> None:
        """SIGTERM; SIGKILL if that takes too long."""
        if self._process is None or self._process.returncode is not None:
            return
        self._process.terminate()
        try:
            await asyncio.wait_for(self._process.wait(), STOP_S)
        except TimeoutError:
            await self.kill()

    def _last_words(self) -> tuple[str, str]:
        """(error, hint) from what the gateway wrote before it gave up."""
        text = self._log.read_text(errors="replace").strip()
        error, _, hint = text.partition("\n  try: ")
        return error.rpartition("error: ")[2] or "the gateway did not start", hint
