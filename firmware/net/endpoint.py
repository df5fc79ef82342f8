"""One CoAP endpoint, client and server: `protocols.exchange` with a link and a clock.

A handler is `handler(message, rest) -> (code, content_format, payload)`, where `rest` is what
follows its route in the path. A route that is observable (RFC 7641) also gets its observers
notified, each with the representation of that moment.
"""

import asyncio
import os

from protocols import blockwise, coap, exchange
from protocols.errors import DecodeError
from protocols.exchange import Exchanges

POLL_MS = 100  # retransmission timers are seconds long; ten looks a second are plenty
MAX_OBSERVERS = 4
# Every so many notifications one is confirmable: an observer that is gone is noticed by it.
CONFIRM_EVERY = 16

# Critical options (odd numbers) that a message may carry here: Uri-Host, Uri-Port, Uri-Path,
# Uri-Query, Accept and Block2.
_ACCEPT = 17
_CRITICAL = (3, 7, coap.URI_PATH, coap.URI_QUERY, _ACCEPT, blockwise.BLOCK2)
_NOT_ACCEPTABLE = 0x86


class Unanswered(Exception):
    """A request that got no answer: the peer is silent, or does not know what it was asked."""


class Endpoint:
    """`link` offers send(datagram, peer) and receive(); requests and handlers share its port."""

    def __init__(self, link, clock):
        self._link = link
        self._clock = clock
        seed = os.urandom(6)
        self._exchanges = Exchanges(
            int.from_bytes(seed[:2], "big"), int.from_bytes(seed[2:], "big")
        )
        self._routes: "list[tuple]" = []
        self._waiting: "dict[bytes, list]" = {}
        self._observers: "list[list]" = []  # [peer, token, route, notifications sent]
        self._sequence = 0  # of notifications, for every observer the same
        self.faults = 0  # datagrams that found a fault of ours, or no memory

    def route(self, path: str, handler, observable: bool = False, below: bool = False):
        """Serve `path` and, with `below`, everything under it."""
        self._routes.append((path, handler, observable, below))

    def counters(self) -> dict:
        """What went wrong on the link, counted since the boot."""
        exchanges = self._exchanges
        return {
            "malformed": exchanges.malformed,
            "duplicates": exchanges.duplicates,
            "retransmissions": exchanges.retransmissions,
            "timeouts": exchanges.timeouts,
            "unsent": self._link.unsent,
            "faults": self.faults,
        }

    async def request(self, peer, code: int, path: str, payload=b"", content_format=None):
        """The peer's answer (a Message, whatever its code) to a confirmable request."""
        options = coap.path_options(path)
        if content_format is not None:
            options += (coap.uint_option(coap.CONTENT_FORMAT, content_format),)
        now_ms = self._clock.now_ms()
        token, actions = self._exchanges.request(
            peer, code, options, payload, now_ms, os.urandom(1)[0]
        )
        waiting = self._waiting[token] = [asyncio.Event(), None]
        self._act(actions)
        try:
            await waiting[0].wait()
        finally:
            self._exchanges.cancel(token)
            self._waiting.pop(token, None)
        if waiting[1] is None:
            raise Unanswered(path)
        return waiting[1]

    async def serve(self):
        """Receive and act, for ever. A datagram that finds no memory is a lost one."""
        while True:
            try:
                datagram, peer = await self._link.receive()
                self._act(self._exchanges.receive(peer, datagram, self._clock.now_ms()))
            except MemoryError:
                self.faults += 1

    async def retransmit(self, report):
        """Drive the timers, for ever; `report(now_ms)` tells the watchdog."""
        while True:
            now_ms = self._clock.now_ms()
            self._act(self._exchanges.poll(now_ms))
            report(now_ms)
            await asyncio.sleep_ms(POLL_MS)

    def notify(self, path: str):
        """Send the representation of this moment to everybody who observes `path`."""
        observers = [one for one in self._observers if one[2][0] == path]
        if not observers:
            return
        self._sequence = self._sequence + 1 & 0xFFFFFF
        code, options, payload = self._represent(observers[0][2][1], None, "")
        options = _with(options, coap.OBSERVE, self._sequence)
        for observer in observers:
            observer[3] += 1
            self._act(
                self._exchanges.notify(
                    observer[0], code, observer[1], options, payload,
                    observer[3] % CONFIRM_EVERY == 0, self._clock.now_ms(), os.urandom(1)[0],
                )
            )  # fmt: skip

    def _act(self, actions):
        for action in actions:
            kind = action[0]
            if kind == exchange.SEND:
                self._link.send(action[2], action[1])
            elif kind == exchange.REQUEST:
                self._answer(action[1], action[2])
            elif kind == exchange.RESPONSE:
                self._wake(action[1], None if _foreign(action[2]) else action[2])
            elif kind == exchange.FAILED:
                self._wake(action[1], None)
            elif kind == exchange.REJECTED:
                self._forget(action[1], action[2])

    def _wake(self, token, message):
        waiting = self._waiting.get(token)
        if waiting is not None:
            waiting[1] = message
            waiting[0].set()

    def _answer(self, peer, message):
        foreign = _foreign(message)
        if foreign and message.type == coap.NON:
            return  # RFC 7252 §5.4.1: rejected, in silence
        try:
            code, options, payload = self._handle(peer, message, foreign)
        except Exception:  # whatever was asked, the instrument goes on measuring
            self.faults += 1
            code, options, payload = coap.INTERNAL_SERVER_ERROR, (), b""
        now_ms = self._clock.now_ms()
        self._act(self._exchanges.respond(peer, message, code, options, payload, now_ms))

    def _handle(self, peer, message, foreign):
        if foreign:
            return coap.BAD_OPTION, (), "option {} is not understood".format(foreign).encode()
        try:
            path = coap.path(message)
        except DecodeError as error:
            return coap.BAD_REQUEST, (), error.reason.encode()
        route = self._find(path)
        if route is None:
            return coap.NOT_FOUND, (), b""
        rest = path[len(route[0]) + 1 :]
        code, options, payload = self._represent(route[1], message, rest)
        if code == coap.CONTENT and not rest and self._observes(peer, message, route):
            options = _with(options, coap.OBSERVE, self._sequence)
        return code, options, payload

    def _represent(self, handler, message, rest):
        """`message` is None for a notification."""
        code, content_format, payload = handler(message, rest)
        if content_format is None:
            return code, (), payload
        if message is not None and code == coap.CONTENT:
            wanted = coap.uint(message, _ACCEPT)
            if wanted is not None and wanted != content_format:
                return _NOT_ACCEPTABLE, (), b""
        try:
            piece, options = blockwise.cut(message, payload)
        except DecodeError as error:
            return coap.BAD_REQUEST, (), error.reason.encode()
        return code, _with(options, coap.CONTENT_FORMAT, content_format), piece

    def _observes(self, peer, message, route):
        """Register or deregister (RFC 7641 §4.1): does the peer observe the route from now on?"""
        wish = coap.uint(message, coap.OBSERVE)
        if wish is None or not route[2]:
            return False
        self._forget(peer, message.token)
        if wish == 0:
            self._observers = self._observers[-MAX_OBSERVERS + 1 :]
            self._observers.append([peer, message.token, route, 0])
        return wish == 0

    def _forget(self, peer, token):
        self._observers = [o for o in self._observers if o[0] != peer or o[1] != token]

    def _find(self, path):
        for route in self._routes:
            if path == route[0] or (route[3] and path.startswith(route[0] + "/")):
                return route
        return None


def _foreign(message):
    """Number of a critical option that is not understood, or 0."""
    for number, _ in message.options:
        if number & 1 and number not in _CRITICAL:
            return number
    return 0


def _with(options, number, value):
    """The options and one more, in rising order as a message wants them."""
    return tuple(sorted(options + (coap.uint_option(number, value),)))
