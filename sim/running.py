"""A running board: its process, its console and its sleep, on the real clock or a virtual one.

`Free` runs beside us, as a board does. `Stepped` runs only while it holds the baton: within
`_turn` nothing else in the world happens, until the board sleeps, asks for time to pass, or ends.
A kill in its own turn takes effect at its next question, where it stands still: what it had told
and written by then does not depend on how fast the host is.
"""

import asyncio
import contextlib
import os
import signal
import socket
import struct
import subprocess
import time
from collections.abc import Callable, Sequence
from typing import Protocol

from sim import interpreter
from sim.board import ops
from sim.errors import SimError
from sim.link import BoardLink
from sim.ticks import Ticks

HANG_CPU_S = 5.0  # of processor time without sleep: this board will not sleep any more
TYPED_BYTES = 4096  # wait for a board that does not read its console
HANG_WALL_S = 120.0  # no processor time either: something is wrong with the host

_WAKE = {ops.WAKE_NONE: 0, ops.WAKE_ALL: 0xFFFF, ops.WAKE_EVENTS: ops.EVENTS | ops.BREAK}
_LAST = (ops.RESET, ops.FLASH_CUT)  # after these the board waits for its end
_LOOK_S = 0.05  # of the host's time: between looks at a board that says nothing
_READ_BYTES = 65536


class Host(Protocol):
    """What stands around the board."""

    ticks: Ticks

    def handle(self, operation: int, argument: int, payload: bytes) -> bytes:
        """Carry out one operation; OSError carries an errno."""

    def hear(self, data: bytes) -> None:
        """Bytes on the console; none: the process is over."""

    def arrived(self) -> int:
        """What waits for the board, as in `ops.AWAKE_FORMAT`."""


class Running:
    """What both kinds have in common."""

    def __init__(self, host: Host) -> None:
        self.status: int | None = None
        self.over: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._host = host
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.Handle | None = None
        self._wakeable = 0  # asleep, and any of these arrivals ends it

    def wake(self) -> None:
        """Something arrived: a sleep that this may end ends."""
        if self._wakeable & self._host.arrived():
            self._wakeable = 0
            self._stop_timer()
            self._timer = self._loop.call_soon(self._awake, 0)

    def _sleep(self, end_us: int, at_s: float, ends: int) -> None:
        self._wakeable = _WAKE[ends]
        if self._wakeable & self._host.arrived():
            self.wake()
        elif end_us < ops.FOREVER:
            self._timer = self._loop.call_at(at_s, self._awake, end_us)

    def _awake(self, end_us: int) -> None:
        self._timer, self._wakeable = None, 0
        now_us = max(end_us, self._host.ticks.us(self._loop.time()))
        self._answer(struct.pack(ops.AWAKE_FORMAT, now_us, self._host.arrived()))

    def _answer(self, payload: bytes) -> None:
        raise NotImplementedError

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


class Free(Running):
    """On the real clock."""

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
                lambda: BoardLink(self._handle), sock=ours
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
        while data := await self._process.stdout.read(_READ_BYTES):
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


class Stepped(Running):
    """On a virtual clock."""

    def __init__(self, host: Host) -> None:
        super().__init__(host)
        self._link: socket.socket | None = None
        self._pending = bytearray()
        self._in_turn = self._doomed = self._asked = False

    async def start(self, command: Callable[[int], Sequence[str]]) -> None:
        """Start the interpreter; its first turn comes when everything ready has run."""
        self._link, theirs = socket.socketpair()
        timeout = struct.pack("ll", 0, int(_LOOK_S * 1e6))
        self._link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, timeout)
        with theirs:
            self._process = subprocess.Popen(
                command(theirs.fileno()),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                pass_fds=(theirs.fileno(),),
                env=interpreter.environment(),
                start_new_session=True,
                preexec_fn=interpreter.die_with_parent,
            )
        assert self._process.stdout is not None
        self._console = self._process.stdout.fileno()
        os.set_blocking(self._console, False)
        self._timer = self._loop.call_soon(self._turn)

    @property
    def pid(self) -> int | None:
        """Process while it runs."""
        return self._process.pid if self.status is None else None

    def kill(self) -> None:
        """End it at once, or at the next question of the turn that it has."""
        if self._in_turn:
            self._doomed = True
        else:
            self._end()

    def _answer(self, payload: bytes) -> None:
        self._send(0, payload)
        self._turn()

    def _turn(self) -> None:
        """Let the board run."""
        if self.status is not None:
            return
        self._timer = None
        self._in_turn = True
        goes_on = None
        try:
            while (frame := self._frame()) is not None:
                if not (goes_on := self._one(*frame)):
                    break
        except _Hung:
            goes_on = False
            self._drain()
        finally:
            self._in_turn = False
        if goes_on is not False:  # its process is over
            self._end()

    def _one(self, operation: int, argument: int, payload: bytes) -> bool:
        """Carry out one operation: does the board run on?"""
        if operation == ops.SLEEP:
            self._drain()
            _, end_us = struct.unpack(ops.SLEEP_FORMAT, payload)
            self._sleep(end_us, self._host.ticks.at_s(end_us), argument)
        elif operation == ops.AT:
            at_s = self._host.ticks.at_s(int.from_bytes(payload, "little"))
            self._timer = self._loop.call_at(at_s, self._answer, b"")
        elif operation == ops.SOON:
            at_s = self._host.ticks.at_s(int.from_bytes(payload, "little"))
            self._timer = self._loop.call_at(at_s, self._turn)
        else:
            status, answer = 0, b""
            try:
                answer = self._host.handle(operation, argument, payload)
            except OSError as error:
                status = error.errno or 5
            if self._doomed and (operation in _LAST or operation >= ops.FIRST_QUESTION):
                self._in_turn = False
                self._end()
                return False
            if operation >= ops.FIRST_QUESTION:
                self._send(status, answer)
            return True
        if self._doomed:
            self._in_turn = False
            self._end()
        return False

    def _frame(self) -> tuple[int, int, bytes] | None:
        """The next frame; None if there will be none."""
        pending, header = self._pending, ops.HEADER_BYTES
        while True:
            if len(pending) >= header:
                end = header + (pending[2] | pending[3] << 8)
                if len(pending) >= end:
                    frame = pending[0], pending[1], bytes(pending[header:end])
                    del pending[:end]
                    return frame
            data = self._receive()
            if not data:
                return None
            pending += data

    def _receive(self) -> bytes:
        assert self._link is not None
        looks, cpu_s = 0, 0.0
        while True:
            try:
                return self._link.recv(_READ_BYTES)
            except BlockingIOError:
                self._drain()
            except ConnectionError:
                return b""
            if self._doomed:
                return b""
            looks += 1
            if looks == 1:
                cpu_s = self._cpu_s()
            if self._cpu_s() - cpu_s > HANG_CPU_S:
                os.kill(self._process.pid, signal.SIGSTOP)
                raise _Hung
            if looks * _LOOK_S > HANG_WALL_S:
                raise SimError("a board says nothing and does nothing")

    def _cpu_s(self) -> float:
        """Processor time that the board has used (linux/posix-timers.h, a process clock)."""
        return time.clock_gettime(~self._process.pid << 3 | 2)

    def _send(self, status: int, payload: bytes) -> None:
        assert self._link is not None
        size = len(payload).to_bytes(2, "little")
        with contextlib.suppress(
            ConnectionError
        ):  # it died while it waited: its next turn says so
            self._link.sendall(bytes((status, 0)) + size + payload)

    def _drain(self) -> None:
        while True:
            try:
                data = os.read(self._console, _READ_BYTES)
            except BlockingIOError:
                return
            if not data:
                return
            self._host.hear(data)

    def _end(self) -> None:
        if self.status is not None:
            return
        assert self._link is not None and self._process.stdout is not None
        self._stop_timer()
        self._process.kill()
        self.status = self._process.wait()
        self._drain()
        self._host.hear(b"")
        self._process.stdout.close()
        self._link.close()
        self.over.set_result(None)


class _Hung(Exception):
    """The board computes for ever."""
