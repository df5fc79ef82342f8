"""Carries blocks to the gateway and the time back; everything here may fail and is tried again.

Two carriers work side by side, so that a block with an alarm never waits for the answer to an
older one (RFC 7252 §4.7 lets an application have more than one exchange open with a server it
knows; two is all). A block stays in the journal whatever becomes of it here.
"""

import asyncio
import os

from firmware.net import udp
from firmware.net.endpoint import Unanswered
from protocols import cbor, coap, codes, paths
from protocols.errors import DecodeError

# After an exchange that failed. It took 62 to 93 s to fail, by its own doubling pauses (RFC 7252
# §4.2); to wait longer would only delay what comes when the gateway is back.
RETRY_MS = 1_000
HOLD_MS = 30_000  # after an answer that only somebody's action can change: unknown node, wrong key
MAX_HOLD_S = 60  # however long a busy gateway asks for
SYNC_MS = 60_000
FIRST_SYNC_MS = 5_000
# Wall time is left alone for less than this: a step splits a block and means nothing to anyone.
MIN_STEP_MS = 50
MAX_ROUND_TRIP_MS = 1_000
# What a gateway may call the present: 2026 to 2099.
EARLIEST_MS = 1_767_225_600_000
LATEST_MS = 4_102_444_800_000

# Answers after which this very block need not be sent again before the next boot.
_FINAL = (coap.BAD_REQUEST, coap.CONFLICT, coap.REQUEST_ENTITY_TOO_LARGE)


class Courier:
    """`gateway` is (host, port). Every task calls its `report(now_ms)` within `LATE_MS`."""

    # Twice the 93 s that an exchange takes at most (before and after its ACK), and a rest.
    LATE_MS = 300_000

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

    async def deliver(self, report):
        """Send whatever the outbox wants sent, one block after the other."""
        await self._carry_all(self._work, self._outbox.next, report)

    async def express(self, report):
        """Send blocks with alarms, beside `deliver`."""
        await self._carry_all(self._urgent_work, self._outbox.next_urgent, report)

    async def keep_time(self, adopt, report):
        """Ask the gateway for the time; `adopt(unix_ms, at_ms)` is called if it has to change."""
        while True:
            report(self._clock.now_ms())
            self.wake(True)  # so that carriers without work report too
            await self._synchronise(adopt)
            synced = self._clock.quality == codes.CLOCK_SYNCED
            await asyncio.sleep_ms(SYNC_MS if synced else FIRST_SYNC_MS)

    async def _carry_all(self, work, pick, report):
        while True:
            report(self._clock.now_ms())
            work.clear()
            seq = pick(self._journal.first)
            if seq is None:
                await work.wait()
                continue
            try:
                wait_ms = await self._carry(seq)
            finally:
                self._outbox.done(seq)
            await asyncio.sleep_ms(_spread(wait_ms))

    async def _carry(self, seq):
        """Send one block; how long to wait before the next, in ms."""
        sealed = self._recorder.read(seq)
        if sealed is None:
            self.unreadable += 1
            self._outbox.refuse(seq, self._recorder.lost(seq))
            return RETRY_MS
        try:
            answer = await self._ask(coap.POST, paths.BLOCKS, sealed, paths.COSE_MAC0)
            return self._settle(seq, answer)
        except (Unanswered, DecodeError):
            return RETRY_MS

    def _settle(self, seq, answer):
        if answer.code == coap.CHANGED:
            contiguous, ranges = _receipt(answer.payload)
            named = seq <= contiguous or any(low <= seq <= high for low, high in ranges)
            if not named:  # the answer acknowledges this block even if it has no room to name it
                ranges += ((seq, seq),)
            self._outbox.acknowledged(contiguous, ranges)
            self._journal.acked = self._outbox.settled(self._journal.first)
            return 0 if named else RETRY_MS
        if answer.code in _FINAL:
            self._outbox.refuse(seq)
            return RETRY_MS
        if answer.code == coap.SERVICE_UNAVAILABLE:
            return 1000 * min(coap.uint(answer, coap.MAX_AGE) or 1, MAX_HOLD_S)
        return HOLD_MS

    async def _synchronise(self, adopt):
        start_ms = self._clock.now_ms()
        try:
            answer = await self._ask(coap.GET, paths.TIME)
            now_ms = self._clock.now_ms()
            unix_ms = _present(answer)
        except (Unanswered, DecodeError):
            return
        if now_ms - start_ms > MAX_ROUND_TRIP_MS:
            return
        middle_ms = (start_ms + now_ms) // 2
        step_ms = self._clock.step_ms(unix_ms, middle_ms)
        if self._clock.quality != codes.CLOCK_SYNCED or abs(step_ms) >= MIN_STEP_MS:
            adopt(unix_ms, middle_ms)
        else:
            self._clock.confirm(middle_ms)

    async def _ask(self, code, path, payload=b"", content_format=None):
        try:
            peer = udp.peer(*self._gateway)
        except OSError:
            await asyncio.sleep_ms(RETRY_MS)
            raise Unanswered("name of the gateway cannot be resolved")
        return await self._endpoint.request(peer, code, path, payload, content_format)


def _spread(wait_ms):
    """Up to a quarter longer, by chance: nodes that lost one gateway must not come back as one."""
    return wait_ms + wait_ms * os.urandom(1)[0] // 1024


def _receipt(payload):
    """(contiguous, ranges) of the answer to a block; DecodeError if it makes no sense."""
    found = cbor.decode(payload)
    if type(found) is not list or len(found) < 2 or type(found[1]) is not list:
        raise DecodeError("receipt is not [contiguous, [first, last, ...]]")
    contiguous, flat = found[0], found[1]
    if len(flat) % 2 or [n for n in [contiguous] + flat if type(n) is not int or n < 0]:
        raise DecodeError("receipt does not hold ranges of numbers")
    ranges = tuple((flat[i], flat[i + 1]) for i in range(0, len(flat), 2))
    edge = contiguous
    for low, high in ranges:
        if not edge < low <= high:
            raise DecodeError("receipt does not rise")
        edge = high
    return contiguous, ranges


def _present(answer):
    """Unix time in ms of the gateway's answer; DecodeError if it cannot be."""
    found = cbor.decode(answer.payload) if answer.code == coap.CONTENT else None
    unix_ms = found[0] if type(found) is list and found else None
    if type(unix_ms) is not int or not EARLIEST_MS <= unix_ms < LATEST_MS:
        raise DecodeError("not a time")
    return unix_ms
