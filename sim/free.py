"""A board on the real clock: it runs beside us, as a board does."""

import asyncio
import socket
import struct
from collections.abc import Callable, Sequence

from sim import interpreter
from sim.board import ops
from sim.link import BoardLink
from sim.running import READ_BYTES, Host, Running

TYPED_BYTES = 4096  # wait for a board that does not read its console


class Free(Running):
    """Its process and its console."""

    def __init__(self, host: Host) -> None:
        super().__init__(host)
        self._process: asyncio.subprocess.Process | None = None
        self._link: BoardLink | None = None
        self._ending: asyncio.Task[None] | None = None

    async def start(self, command: Callable[[int], Sequence[str]]) -> None:
        """Start the interpreter; `command` is told the descriptor of its link."""
        ours, theirs = socket.socketpair()
        with theirs:
            _, self._link = await self._loop.create_connection(
                lambda: BoardLink(self._handle, self._host.edges), sock=ours
            )
            self._process = await asyncio.create_subprocess_exec(
                *command(theirs.fileno()),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
                pass_fds=(theirs.fileno(),),
                env=interpreter.environment(),
                start_new_session=True,
                preexec_fn=interpreter.die_with_parent,
            )
        self._ending = asyncio.create_task(self._end())

    @property
    def pid(self) -> int | None:
        """Process while it runs."""
        process = self._process
        return process.pid if process is not None and process.returncode is None else None

    def type(self, data: bytes) -> None:
        """Bytes for its console; what the board has no room for is lost."""
        stdin = self._process.stdin if self._process is not None else None
        if stdin is None or stdin.is_closing():
            return
        if stdin.transport.get_write_buffer_size() < TYPED_BYTES:
            stdin.write(data)

    def kill(self) -> None:
        """End it at once."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()

    async def _end(self) -> None:
        assert self._process is not None and self._process.stdout is not None
        assert self._link is not None
        while data := await self._process.stdout.read(READ_BYTES):
            self._host.hear(data)
        self._host.hear(b"")
        self.status = await self._process.wait()
        self._stop_timer()
        self._link.close()
        await self._link.closed
        self.over.set_result(None)

    def _handle(self, operation: int, argument: int, payload: bytes) -> bytes | None:
        if operation != ops.SLEEP:
            return self._host.handle(operation, argument, payload)
        now_us, end_us = struct.unpack(ops.SLEEP_FORMAT, payload)
        at_s = self._loop.time() + (end_us - now_us) / 1e6
        self._sleep(end_us, at_s, argument)
        return None

    def _answer(self, payload: bytes) -> None:
        assert self._link is not None
        self._link.answer(0, payload)
