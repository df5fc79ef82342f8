"""The sockets of one board, and the frames in which it speaks of them."""

import asyncio
import contextlib
import socket
import struct
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING

from sim.board import ops

if TYPE_CHECKING:
    from sim.station import Station

Address = tuple[str, int]


class Socket:
    """One socket of a board, on the real clock with one of the host's beneath."""

    def __init__(self) -> None:
        self.port = 0
        self.waiting: deque[tuple[bytes, Address]] = deque()
        self.host: socket.socket | None = None

    def attach(self, port: int, receive: Callable[[bytes, Address], None]) -> None:
        """Take the host's port of that number."""
        host = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            host.setblocking(False)
            host.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            host.bind(("0.0.0.0", port))
        except OSError:
            host.close()
            raise
        self.host, self.port = host, host.getsockname()[1]

        def readable() -> None:
            with contextlib.suppress(OSError):  # ICMP, about something sent before
                receive(*host.recvfrom(65536))

        asyncio.get_running_loop().add_reader(host, readable)

    def to_host(self, data: bytes, to: Address) -> None:
        """Send, unless the board is gone by now."""
        if self.host is not None:
            self.host.sendto(data, to)

    def close(self) -> None:
        """Give the port back."""
        self.waiting.clear()
        host, self.host, self.port = self.host, None, 0
        if host is not None:
            asyncio.get_running_loop().remove_reader(host)
            host.close()


class SocketFrames:
    """Carries out what the board asks of the network; `arrived` says what waits for it."""

    def __init__(self, station: "Station", arrived: Callable[[], int]) -> None:
        self._station = station
        self._arrived = arrived
        self.operations: dict[int, Callable[[int, bytes], bytes]] = {
            ops.SOCKET_OPEN: self._open,
            ops.SOCKET_BIND: self._bind,
            ops.SOCKET_SEND: self._send,
            ops.SOCKET_RECEIVE: self._receive,
            ops.SOCKET_CLOSE: self._close,
            ops.LINK: self._link,
            ops.LAN_SET: self._switch,
        }

    def _open(self, argument: int, payload: bytes) -> bytes:
        return bytes((self._station.open(),))

    def _bind(self, argument: int, payload: bytes) -> bytes:
        self._station.bind(argument, int.from_bytes(payload, "little"))
        return b""

    def _send(self, argument: int, payload: bytes) -> bytes:
        size = struct.calcsize(ops.PEER_FORMAT)
        ip, port = struct.unpack(ops.PEER_FORMAT, payload[:size])
        self._station.send(argument, (".".join(map(str, ip)), port), payload[size:])
        return b""

    def _receive(self, argument: int, payload: bytes) -> bytes:
        data, (host, port) = self._station.receive(argument)
        ip = bytes(map(int, host.split(".")))
        return struct.pack(ops.FROM_FORMAT, ip, port, self._arrived()) + data

    def _link(self, argument: int, payload: bytes) -> bytes:
        address = map(int, self._station.address.split("."))
        return bytes((self._station.link, *address))

    def _switch(self, argument: int, payload: bytes) -> bytes:
        if self._station.ethernet is not None:
            self._station.ethernet.switch(argument == 1)
        return b""

    def _close(self, argument: int, payload: bytes) -> bytes:
        self._station.close(argument)
        return b""
