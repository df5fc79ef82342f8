"""Carries blocks to the gateway and the time back; everything here may fail and is tried again.

Two carriers work side by side, so that a block with an alarm never waits for the answer to an
older one (RFC 7252 §4.7 lets an application have more than one exchange open with a server it
knows; two is all). A block stays in the journal whatever becomes of it here.
"""

import asyncio

from firmware.net import udp
from firmware.net.endpoint import Unanswered
from protocols import cbor, coap, codes, paths
from protocols.errors import DecodeError

RETRY_MS = 1_000  # after an exchange that took its 93 s to fail, or a gateway that is too busy
HOLD_MS = 30_000  # after an answer that only somebody's action can change: unknown node, wrong key
SYNC_MS = 60_000
FIRST_SYNC_MS = 5_000
# Wall time is left alone for less than this: a step splits a block and means nothing to anyone.
MIN_STEP_MS = 50
MAX_ROUND_TRIP_MS = 1_000

# Answers after which this very block need not be sent again before the next boot.
_FINAL = (coap.BAD_REQUEST, coap.CONFLICT, coap.REQUEST_ENTITY_TOO_LARGE)


class Courier:
    """`gateway` is (host, port)."""

    def __init__(self, endpoint, outbox, journal, recorder, clock, gateway: tuple):
        self.unreadable = 0
        self._endpoint = endpoint
        self._outbox = outbox
        self._journal = journal
        self._recorder = recorder
        self._clock = clock
        self._gateway = gateway
        self._work = asyncio.Event()
        self._urgent_work = asyncio.Event()

    def wake(self, urgent: bool):
        """There is a new block."""
        self._work.set()
        if urgent:
            self._urgent_work.set()

    async def deliver(self):
        """Send whatever the outbox wants sent, one block after the other."""
        await self._carry_all(self._work, lambda: self._outbox.next(self._journal.first))

    async def express(self):
        """Send blocks with alarms, beside `deliver`."""
        await self._carry_all(self._urgent_work, self._outbox.next_urgent)

    async def keep_time(self, adopt):
        """Ask the gateway for the time; `adopt(unix_ms, at_ms)` is called if it has to change."""
        while True:
            await self._synchronise(adopt)
            synced = self._clock.quality == codes.CLOCK_SYNCED
            await asyncio.sleep_ms(SYNC_MS if synced else FIRST_SYNC_MS)

    async def _carry_all(self, work, pick):
        while True:
            work.clear()
            seq = pick()
            if seq is None:
                await work.wait()
                continue
            try:
                wait_ms = await self._carry(seq)
            finally:
                self._outbox.done(seq)
            await asyncio.sleep_ms(wait_ms)

    async def _carry(self, seq):
        """Send one block; how long to wait before the next, in ms."""
        sealed = self._journal.read(seq)
        if sealed is None:
            self._lost(seq)
            return 0
        try:
            answer = await self._ask(coap.POST, paths.BLOCKS, sealed, paths.COSE_MAC0)
            return self._settle(seq, answer)
        except (Unanswered, DecodeError):
            return RETRY_MS

    def _settle(self, seq, answer):
        if answer.code == coap.CHANGED:
            contiguous, flat = cbor.decode(answer.payload)
            ranges = tuple((flat[i], flat[i + 1]) for i in range(0, len(flat) - 1, 2))
            self._outbox.acknowledged(contiguous, ranges)
            self._journal.acked = contiguous
            return 0
        if answer.code in _FINAL:
            self._outbox.refuse(seq)
            return 0
        if answer.code == coap.SERVICE_UNAVAILABLE:
            return 1000 * (coap.uint(answer, coap.MAX_AGE) or 1)
        return HOLD_MS

    def _lost(self, seq):
        """Flash no longer gives the block back: say so in the record."""
        self.unreadable += 1
        self._outbox.refuse(seq)
        now_ms = self._clock.wall_ms(self._clock.now_ms())
        self._recorder.urgent(codes.EV_GAP, (codes.GAP_CORRUPT, now_ms, now_ms, seq, seq))

    async def _synchronise(self, adopt):
        start_ms = self._clock.now_ms()
        try:
            answer = await self._ask(coap.GET, paths.TIME)
            now_ms = self._clock.now_ms()
            unix_ms = cbor.decode(answer.payload)[0] if answer.code == coap.CONTENT else None
        except (Unanswered, DecodeError, IndexError, TypeError):
            return
        if not isinstance(unix_ms, int) or now_ms - start_ms > MAX_ROUND_TRIP_MS:
            return
        middle_ms = (start_ms + now_ms) // 2
        step_ms = self._clock.step_ms(unix_ms, middle_ms)
        if self._clock.quality != codes.CLOCK_SYNCED or abs(step_ms) >= MIN_STEP_MS:
            adopt(unix_ms, middle_ms)

    async def _ask(self, code, path, payload=b"", content_format=None):
        try:
            peer = udp.peer(*self._gateway)
        except OSError:
            await asyncio.sleep_ms(RETRY_MS)
            raise Unanswered("name of the gateway cannot be resolved")
        return await self._endpoint.request(peer, code, path, payload, content_format)
