"""A board on a virtual clock: it runs only while it holds the baton.

Within `_turn` nothing else in the world happens, until the board sleeps, asks for time to pass, or
ends. A kill in its own turn takes effect at its next question, where it stands still: what it had
told and written by then does not depend on how fast the host is.
"""

import contextlib
import os
import signal
import socket
import struct
import subprocess
import time
from collections.abc import Callable, Sequence

from sim import interpreter
from sim.board import ops
from sim.errors import SimError
from sim.running import READ_BYTES, Host, Running

HANG_CPU_S = 5.0  # of processor time without sleep: this board will not sleep any more
HANG_WALL_S = 120.0  # no processor time either: something is wrong with the host

_LAST = (ops.RESET, ops.FLASH_CUT)  # after these the board waits for its end
_LOOK_S = 0.05  # of the host's time: between looks at a board that says nothing


class Stepped(Running):
    """Its process, its console and its turns."""

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
                return self._link.recv(READ_BYTES)
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
            self._link.sendall(bytes((status, self._host.edges())) + size + payload)

    def _drain(self) -> None:
        while True:
            try:
                data = os.read(self._console, READ_BYTES)
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
