"""The guard on the CoAP socket: aiocoap sees well-formed messages of a bounded size only.

What is malformed is counted and answered per RFC 7252 §4.2: a Reset for a confirmable message,
silence for anything else. It is not logged, because whoever sends rubbish could fill the disk.
"""

import asyncio
import contextlib
import logging
import socket
from collections.abc import Callable
from typing import Any

import aiocoap
from aiocoap.message import Direction
from aiocoap.transports.udp6 import (
    MessageInterfaceUDP6,
    UDP6EndpointAddress,
)

from protocols import coap
from protocols.errors import DecodeError
from protocols.paths import MAX_MESSAGE_BYTES

# RFC 7252 §4.6: what a peer may assume to fit if it knows nothing. Ours send MAX_MESSAGE_BYTES.
MAX_DATAGRAM_BYTES = 1152

_REQUEST, _SUCCESS, _CLIENT_ERROR, _SERVER_ERROR = 0, 2, 4, 5
_LOG = logging.getLogger("coap-server")


def is_message(data: bytes) -> bool:
    """Is this datagram a CoAP message of a kind that §4.2 and §4.3 do not tell us to reject?"""
    if len(data) > MAX_DATAGRAM_BYTES:
        return False
    try:
        # Header and options stand at the front; cutting off some payload changes nothing there.
        message = coap.decode(data[:MAX_MESSAGE_BYTES])
    except DecodeError:
        return False
    if message.code == coap.EMPTY:
        return bool(message.type != coap.NON)
    kind = message.code >> 5
    if message.type == coap.RST or kind not in (_REQUEST, _SUCCESS, _CLIENT_ERROR, _SERVER_ERROR):
        return False
    return kind != _REQUEST or message.type in (coap.CON, coap.NON)


class GuardedUDP(MessageInterfaceUDP6):  # type: ignore[misc]
    """aiocoap's UDP interface behind `is_message`."""

    on_malformed: Callable[[], None] = staticmethod(lambda: None)

    def datagram_msg_received(
        self, data: bytes, ancdata: list[tuple[int, int, bytes]], flags: int, address: Any
    ) -> None:
        """A datagram: to aiocoap if it is a message, to the counter if not."""
        pktinfo = next((value for _, kind, value in ancdata if kind == socket.IPV6_PKTINFO), None)
        remote = UDP6EndpointAddress(address, self, pktinfo=pktinfo)
        message = None
        if not flags & socket.MSG_TRUNC and is_message(data):
            # Text options that are not UTF-8 (§5.4.1) come to light here.
            with contextlib.suppress(aiocoap.error.UnparsableMessage, ValueError):
                message = aiocoap.Message.decode(data, remote)
        if message is None:
            self._reject(data, remote)
        else:
            message.direction = Direction.INCOMING
            self._ctx.dispatch_message(message)

    def _reject(self, data: bytes, remote: Any) -> None:
        self.on_malformed()
        reset = coap.reset_for(data)
        if reset is not None and not remote.is_multicast_locally:
            control = []
            if remote.pktinfo is not None:
                control.append((socket.IPPROTO_IPV6, socket.IPV6_PKTINFO, remote.pktinfo))
            self.transport.sendmsg(reset, control, 0, remote.sockaddr)


async def serve(sock: socket.socket, on_malformed: Callable[[], None]) -> Any:
    """aiocoap context, server and client, on a bound socket; set its `serversite`."""
    # aiocoap warns of every misbehaved peer, at any peer's pace; its errors are our own mistakes.
    _LOG.setLevel(logging.ERROR)
    loop = asyncio.get_running_loop()
    context = aiocoap.Context(loop=loop, serversite=None, loggername=_LOG.name)

    async def listen(manager: Any) -> Any:
        guarded = await GuardedUDP._create_transport_endpoint(sock, manager, _LOG, loop)
        guarded.on_malformed = on_malformed
        return guarded

    await context._append_tokenmanaged_messagemanaged_transport(listen)
    return context
