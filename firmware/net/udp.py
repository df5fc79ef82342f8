"""UDP link: datagrams in and out for the endpoint. What cannot be sent is counted, never raised.

A peer is whatever this port's `socket` calls an address: opaque, hashable, comparable.
"""

import asyncio
import socket

from protocols.paths import MAX_MESSAGE_BYTES

PAUSE_MS = 10  # after an error of the socket: one that stays must not take all the time there is
MAX_DATAGRAM_BYTES = MAX_MESSAGE_BYTES + 1  # so that an oversized message shows as such


class Link:
    """A bound, non-blocking UDP socket; `port` 0 lets the system choose."""

    def __init__(self, port: int = 0):
        self.unsent = 0
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.bind(peer("0.0.0.0", port))
        self._socket.setblocking(False)

    def send(self, datagram: bytes, to):
        """Hand the datagram to the network; one that is not there is the retries' business."""
        try:
            self._socket.sendto(datagram, to)
        except OSError:
            self.unsent += 1

    async def receive(self) -> tuple:
        """(datagram, peer) of the next one that arrives."""
        while True:
            await _readable(self._socket)
            try:
                return self._socket.recvfrom(MAX_DATAGRAM_BYTES)
            except OSError:  # EAGAIN, or an ICMP error that belongs to something sent before
                await asyncio.sleep_ms(PAUSE_MS)


def peer(host: str, port: int):
    """Address of a host; OSError while its name cannot be resolved."""
    return socket.getaddrinfo(host, port)[0][-1]


def _readable(sock):
    """Awaitable until the socket has something: MicroPython's asyncio has streams for TCP only."""
    yield asyncio.core._io_queue.queue_read(sock)  # type: ignore[attr-defined]
