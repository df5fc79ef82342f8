"""The console of one node: its newest lines, and on demand a serial port of this machine.

The port is a pseudo-terminal. It behaves as an adapter on the board's UART does: it stays when the
board restarts or loses power (silence), keeps nothing while no program has it open, and a program
that has it open and does not read loses what its buffer has no room for, counted in `lost`. The
node is never held up. Programs outside live in real time: on a virtual clock there is no port.
"""

import asyncio
import contextlib
import os
import pty
import select
import tty
from collections import deque
from collections.abc import Callable
from pathlib import Path

from sim import clock
from sim.errors import SimError

LINES = 200
_LINE_BYTES = 4096
_READ_BYTES = 4096
_LOOK_S = 0.05  # between looks whether a program has opened the port


class Console(deque[str]):
    """The newest lines, oldest first."""

    def __init__(
        self,
        maxlen: int = LINES,
        told: Callable[[str], None] = lambda line: None,
        typed: Callable[[bytes], None] = lambda data: None,
    ) -> None:
        """`told` hears every line, `typed` what a program sends to the port."""
        super().__init__(maxlen=maxlen)
        self.port: str | None = None  # such as /dev/pts/7
        self.lost = 0  # bytes that a program with the port open did not take in time
        self._told = told
        self._typed = typed
        self._rest = b""
        self._link: Path | None = None
        self._ours = -1
        self._watch = select.poll()
        self._timer: asyncio.TimerHandle | None = None

    def open(self, link: Path | None = None) -> str:
        """Path of the port, made if need be; `link` is a name for it that does not change.

        SimError on a virtual clock, or if something else has that name.
        """
        if clock.virtual() is not None:
            raise SimError(
                "console: a port needs the real clock, on which programs outside live (--real)"
            )
        if self.port is not None:
            return self.port
        self._ours, theirs = pty.openpty()
        try:
            tty.setraw(theirs)
            self.port = os.ttyname(theirs)
            if link is not None:
                self._name(link, self.port)
        except BaseException:
            self.close()
            raise
        finally:
            os.close(theirs)
        os.set_blocking(self._ours, False)
        self._watch.register(self._ours, 0)
        self._look()
        return self.port

    def close(self) -> None:
        """Take the port and its link away; nothing happens if there is none."""
        if self._ours < 0:
            return
        self._deafen()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        with contextlib.suppress(KeyError):
            self._watch.unregister(self._ours)
        os.close(self._ours)
        self._ours, self.port = -1, None
        if self._link is not None:
            self._link.unlink(missing_ok=True)
            self._link = None

    def hear(self, data: bytes) -> None:
        """Bytes that the board wrote; none: its process is over."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        if len(self._rest) > _LINE_BYTES or (not data and self._rest):
            lines.append(self._rest)
            self._rest = b""
        for line in lines:
            self.note(line.decode(errors="replace").rstrip())
        if self._ours >= 0 and data:
            self._send(data.replace(b"\n", b"\r\n"))  # as the ports of MicroPython do

    def note(self, line: str) -> None:
        """A whole line; alone, it is the bench's own, and no byte of it was on the wire."""
        self.append(line)
        self._told(line)

    def _name(self, link: Path, port: str) -> None:
        if link.is_symlink():
            link.unlink()  # of a run that was killed
        try:
            link.symlink_to(port)
        except OSError as error:
            raise SimError(f"console: no link {link}: {error.strerror}") from error
        self._link = link

    @property
    def _opened(self) -> bool:
        """Has any program the port open?"""
        return not any(events & select.POLLHUP for _, events in self._watch.poll(0))

    def _send(self, data: bytes) -> None:
        if not self._opened:
            return
        sent = 0
        with contextlib.suppress(BlockingIOError):
            sent = os.write(self._ours, data)
        self.lost += len(data) - sent

    def _look(self) -> None:
        """Until somebody opens it, look now and then: the kernel does not say when."""
        loop = asyncio.get_running_loop()
        if self._opened:
            self._timer = None
            loop.add_reader(self._ours, self._read)
        else:
            self._timer = loop.call_later(_LOOK_S, self._look)

    def _read(self) -> None:
        try:
            data = os.read(self._ours, _READ_BYTES)
        except BlockingIOError:
            return
        except OSError:  # EIO: the last program has closed it
            self._deafen()
            self._look()
            return
        self._typed(data)

    def _deafen(self) -> None:
        with contextlib.suppress(RuntimeError):  # no loop any more
            asyncio.get_running_loop().remove_reader(self._ours)
