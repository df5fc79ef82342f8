"""A UDP socket in the simulated network, for programs that run in this process."""

import os
import socket
import struct
from collections import deque
from typing import Any

from sim.net import Network
from sim.sockets import Address

_MSG_ERRQUEUE = 0x2000  # linux/socket.h


class Port:
    """What a program of ours uses in place of a dual-stack UDP socket, `recvmsg` and all."""

    def __init__(self, network: Network, address: Address) -> None:
        self._network = network
        self._address = address
        self._waiting: deque[tuple[bytes, Address]] = deque()
        self._signal = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._muted = False
        network.listen(address, self._take)

    def fileno(self) -> int:
        """Readable while a datagram waits."""
        return self._signal

    def recvmsg(
        self, bufsize: int, ancbufsize: int = 0, flags: int = 0
    ) -> tuple[bytes, list[tuple[int, int, bytes]], int, tuple[str, int, int, int]]:
        """The oldest datagram; nothing is ever in the queue of errors."""
        if flags & _MSG_ERRQUEUE or not self._waiting:
            raise BlockingIOError
        data, (ip, port) = self._waiting.popleft()
        if not self._waiting:
            os.eventfd_read(self._signal)
        here = socket.inet_pton(socket.AF_INET6, f"::ffff:{self._address[0]}")
        info = (socket.IPPROTO_IPV6, socket.IPV6_PKTINFO, here + struct.pack("I", 1))
        return data[:bufsize], [info], 0, (f"::ffff:{ip}", port, 0, 0)

    def sendmsg(self, buffers: Any, ancdata: Any, flags: int, address: tuple[Any, ...]) -> None:
        """Towards that address; a closed port sends nothing."""
        if self._signal >= 0 and not self._muted:
            to = (address[0].removeprefix("::ffff:"), address[1])
            self._network.route(b"".join(buffers), self._address, to)

    def setblocking(self, flag: bool) -> None:
        """It never blocks."""

    def setsockopt(self, *args: Any) -> None:
        """It has no options."""

    def getsockname(self) -> tuple[str, int, int, int]:
        """Its address."""
        return (f"::ffff:{self._address[0]}", self._address[1], 0, 0)

    def mute(self) -> None:
        """Its program is dead: what it may still say is not said."""
        self._muted = True

    def close(self) -> None:
        """Hear and say no more."""
        if self._signal >= 0:
            self._network.forget(self._address)
            os.close(self._signal)
            self._signal = -1

    def _take(self, data: bytes, sender: Address) -> None:
        if not self._waiting:
            os.eventfd_write(self._signal, 1)
        self._waiting.append((data, sender))
