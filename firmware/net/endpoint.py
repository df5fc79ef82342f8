"""One CoAP endpoint, client and server: `protocols.exchange` with a link and a clock.

A handler is `handler(message, rest) -> (code, content_format, payload)`, where `rest` is what
follows its route in the path. A route that is observable (RFC 7641) also gets its observers
notified, each with the representation of that moment.
"""

import asyncio
import os

from protocols import coap, exchange
from protocols.errors import DecodeError
from protocols.exchange import Exchanges

POLL_MS = 100  # retransmission timers are seconds long; ten looks a second are plenty
MAX_OBSERVERS = 4
# Every so many notifications one is confirmable: an observer that is gone is noticed by it.
CONFIRM_EVERY = 16

# Critical options (odd numbers) that a request may carry here: Uri-Host, Uri-Port, Uri-Path,
# Uri-Query, and Accept, which a resource with one representation may pass over.
_CRITICAL = (3, 7, coap.URI_PATH, coap.URI_QUERY, 17)


class Unanswered(Exception):
    """A request that got no answer: the peer is silent, or does not know what it was asked."""


class Endpoint:
    """`link` offers send(datagram, peer) and receive(); requests and handlers share its port."""

    def __init__(self, link, clock):
        self._link = link
        self._clock = clock
        self._exchanges = Exchanges(int.from_bytes(os.urandom(2), "big"))
        self._routes: "list[tuple]" = []
        self._waiting: "dict[bytes, list]" = {}
        self._observers: "list[list]" = []  # [peer, token, route, notifications sent]
        self.heard_ms = None

    def route(self, path: str, handler, observable: bool = False):
        """Serve `path` and, if no longer route matches, everything below it."""
        self._routes.append((path, handler, observable))

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
        """Receive and act, for ever."""
        while True:
            datagram, peer = await self._link.receive()
            self._act(self._exchanges.receive(peer, datagram, self._clock.now_ms()))

    async def retransmit(self, report):
        """Drive the timers, for ever; `report(now_ms)` tells the watchdog."""
        while True:
            now_ms = self._clock.now_ms()
            self._act(self._exchanges.poll(now_ms))
            report(now_ms)
            await asyncio.sleep_ms(POLL_MS)

    def notify(self, path: str):
        """Send the representation of this moment to everybody who observes `path`."""
        for observer in tuple(self._observers):
            peer, token, (known, handler, _), sent = observer
            if known == path:
                observer[3] = sent + 1
                confirmable = sent % CONFIRM_EVERY == CONFIRM_EVERY - 1
                code, options, payload = self._represent(handler, None, "", sent + 1)
                now_ms = self._clock.now_ms()
                self._act(
                    self._exchanges.notify(
                        peer, code, token, options, payload, confirmable, now_ms, os.urandom(1)[0]
                    )
                )

    def _act(self, actions):
        for action in actions:
            kind = action[0]
            if kind == exchange.SEND:
                self._link.send(action[2], action[1])
            elif kind == exchange.REQUEST:
                self._answer(action[1], action[2])
            elif kind == exchange.RESPONSE:
                self.heard_ms = self._clock.now_ms()
                self._wake(action[1], action[2])
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
        code, options, payload = self._handle(peer, message)
        now_ms = self._clock.now_ms()
        self._act(self._exchanges.respond(peer, message, code, options, payload, now_ms))

    def _handle(self, peer, message):
        for number, _ in message.options:
            if number & 1 and number not in _CRITICAL:
                return coap.BAD_OPTION, (), "option {} is not understood".format(number).encode()
        try:
            path = coap.path(message)
        except DecodeError as error:
            return coap.BAD_REQUEST, (), error.reason.encode()
        route = self._find(path)
        if route is None:
            return coap.NOT_FOUND, (), b""
        sequence = self._observation(peer, message, route)
        return self._represent(route[1], message, path[len(route[0]) :].lstrip("/"), sequence)

    def _represent(self, handler, message, rest, sequence):
        code, content_format, payload = handler(message, rest)
        options: tuple = ()
        if sequence is not None and code == coap.CONTENT:
            options = (coap.uint_option(coap.OBSERVE, sequence),)
        if content_format is not None:
            options += (coap.uint_option(coap.CONTENT_FORMAT, content_format),)
        return code, options, payload

    def _observation(self, peer, message, route):
        """Register or deregister (RFC 7641 §4.1); the Observe value of the answer, if any."""
        wish = coap.uint(message, coap.OBSERVE)
        if wish is None or not route[2] or message.code != coap.GET:
            return None
        self._forget(peer, message.token)
        if wish != 0:
            return None
        self._observers = self._observers[-MAX_OBSERVERS + 1 :]
        self._observers.append([peer, message.token, route, 0])
        return 0

    def _forget(self, peer, token):
        self._observers = [o for o in self._observers if o[0] != peer or o[1] != token]

    def _find(self, path):
        best = None
        for route in self._routes:
            if path == route[0]:
                return route
            if path.startswith(route[0] + "/"):
                best = route
        return best
