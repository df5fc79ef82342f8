"""The CoAP endpoint over a link in memory: requests, observers, and whatever strangers send.

No sockets are needed, so it runs everywhere; real ones are under `tests/firmware/test_node.py`.
"""

import asyncio

from firmware.net.endpoint import CONFIRM_EVERY, MAX_OBSERVERS, Endpoint, Unanswered
from protocols import coap, paths
from protocols.coap import Message

PEER = ("peer", 1)
UNKNOWN = 9  # a critical option that nobody has defined


class Done(Exception):
    pass


class Clock:
    ms = 0

    def now_ms(self):
        return self.ms


class Link:
    """Datagrams to come, and those that were sent with their time and peer."""

    def __init__(self, clock):
        self.unsent = 0
        self.coming = []
        self.sent = []
        self._clock = clock

    def send(self, datagram, to):
        self.sent.append((self._clock.ms, coap.decode(datagram), to))

    async def receive(self):
        if not self.coming:
            raise Done
        return self.coming.pop(0)


class Bench:
    def __init__(self):
        self.clock = Clock()
        self.link = Link(self.clock)
        self.endpoint = Endpoint(self.link, self.clock)
        self.asked = []
        self.answer = (coap.CONTENT, paths.CBOR, b"\x01")
        self.endpoint.route("m", self.handle, observable=True)
        self.endpoint.route("a", self.handle, below=True)
        self.mid = 0

    def handle(self, message, rest):
        self.asked.append((message, rest))
        if isinstance(self.answer, type):
            raise self.answer()
        return self.answer

    async def hear(self, *datagrams, peer=PEER):
        """Let these arrive; the messages sent in answer."""
        self.link.sent.clear()
        self.link.coming = [(datagram, peer) for datagram in datagrams]
        try:
            await self.endpoint.serve()
        except Done:
            pass
        return [message for _, message, _ in self.link.sent]

    def get(self, path, *options, peer=PEER, kind=coap.CON, code=coap.GET, token=b"t"):
        """The answers to one request."""
        self.mid += 1
        found = sorted(options + coap.path_options(path))
        message = Message(kind, code, self.mid, token, tuple(found), b"")
        return asyncio.run(self.hear(coap.encode(message), peer=peer))

    def notified(self, path="m"):
        self.link.sent.clear()
        self.endpoint.notify(path)
        return [message for _, message, _ in self.link.sent]


def code(answers):
    (only,) = answers
    return only.code


OBSERVE = (coap.OBSERVE, b"")


def test_a_request_is_answered_in_its_acknowledgement():
    (answer,) = Bench().get("m")
    assert (answer.type, answer.code, answer.token) == (coap.ACK, coap.CONTENT, b"t")
    assert coap.uint(answer, coap.CONTENT_FORMAT) == paths.CBOR and answer.payload == b"\x01"


def test_a_duplicate_gets_the_same_answer_and_no_second_handling():
    bench = Bench()
    datagram = coap.encode(Message(coap.CON, coap.GET, 7, b"t", coap.path_options("m"), b""))
    first, second = asyncio.run(bench.hear(datagram, datagram))
    assert first == second and len(bench.asked) == 1


def test_only_what_is_served_is_found():
    bench = Bench()
    assert code(bench.get("nothing")) == coap.NOT_FOUND
    assert code(bench.get("m/below")) == coap.NOT_FOUND
    assert code(bench.get("a/pressure.HH")) == coap.CONTENT
    assert bench.asked[-1][1] == "pressure.HH"


def test_an_unknown_critical_option_is_named_and_in_a_non_passed_over_in_silence():
    bench = Bench()
    (answer,) = bench.get("m", (UNKNOWN, b"x"))
    assert answer.code == coap.BAD_OPTION and b"9" in answer.payload
    assert bench.get("m", (UNKNOWN, b"x"), kind=coap.NON) == []
    assert bench.asked == []


def test_an_unknown_elective_option_is_ignored():
    assert code(Bench().get("m", (UNKNOWN + 1, b"x"))) == coap.CONTENT


def test_a_format_that_is_not_ours_is_not_acceptable():
    bench = Bench()
    assert code(bench.get("m", (17, bytes((paths.CBOR,))))) == coap.CONTENT
    assert code(bench.get("m", OBSERVE, (17, bytes((paths.JSON,))))) == 0x86
    assert bench.notified() == []


def test_a_path_that_is_no_text_is_a_bad_request():
    bench = Bench()
    message = Message(coap.CON, coap.GET, 1, b"", ((coap.URI_PATH, b"\xff\xfe"),), b"")
    assert code(asyncio.run(bench.hear(coap.encode(message)))) == coap.BAD_REQUEST


def test_a_fault_of_ours_is_answered_counted_and_survived():
    bench = Bench()
    good = bench.answer
    for fault in (ValueError, MemoryError, OSError, KeyError):
        bench.answer = fault
        assert code(bench.get("m")) == coap.INTERNAL_SERVER_ERROR
    bench.answer = good
    assert code(bench.get("m")) == coap.CONTENT
    assert bench.endpoint.counters()["faults"] == 4


def test_noise_is_reset_or_ignored_and_never_raises():
    bench = Bench()
    seed = 20261124
    for size in range(1, 60):
        noise = bytearray()
        for _ in range(size):
            seed = (seed * 1103515245 + 12345) & 0x7FFFFFFF
            noise.append(seed >> 16 & 0xFF)
        asyncio.run(bench.hear(bytes(noise), b"\x40" + bytes(noise), b"\x40\x01" + bytes(noise)))
    oversized = asyncio.run(bench.hear(b"\x40\x01\x12\x34" + bytes(1100)))
    assert [(m.type, m.code, m.mid) for m in oversized] == [(coap.RST, 0, 0x1234)]
    assert bench.endpoint.counters()["malformed"] > 60
    assert code(bench.get("m", token=b"12345678")) == coap.CONTENT


def test_a_ping_gets_a_reset():
    (answer,) = asyncio.run(Bench().hear(b"\x40\x00\x00\x07"))
    assert (answer.type, answer.code, answer.mid) == (coap.RST, coap.EMPTY, 7)


def test_an_observer_is_told_and_its_numbers_rise():
    bench = Bench()
    (first,) = bench.get("m", OBSERVE)
    seen = [coap.uint(first, coap.OBSERVE)]
    seen += [coap.uint(bench.notified()[0], coap.OBSERVE) for _ in range(3)]
    (again,) = bench.get("m", OBSERVE)
    seen.append(coap.uint(again, coap.OBSERVE))
    seen.append(coap.uint(bench.notified()[0], coap.OBSERVE))
    assert all(after >= before for before, after in zip(seen, seen[1:])) and seen[-1] > seen[3]


def test_an_observe_number_stays_within_24_bits():
    bench = Bench()
    bench.get("m", OBSERVE)
    bench.endpoint._sequence = 0xFFFFFF
    assert coap.uint(bench.notified()[0], coap.OBSERVE) == 0


def test_a_representation_is_made_once_for_all_observers_and_never_for_none():
    bench = Bench()
    bench.notified()
    assert bench.asked == []
    for port in range(3):
        bench.get("m", OBSERVE, peer=("peer", port))
    before = len(bench.asked)
    assert len(bench.notified()) == 3 and len(bench.asked) == before + 1


def test_an_observer_may_deregister_or_reset():
    bench = Bench()
    bench.get("m", OBSERVE)
    bench.get("m", (coap.OBSERVE, b"\x01"))
    assert bench.notified() == []
    bench.get("m", OBSERVE)
    (told,) = bench.notified()
    reset = bytes((0x70, 0, told.mid >> 8, told.mid & 0xFF))
    assert asyncio.run(bench.hear(reset)) == []
    assert bench.notified() == []


def test_what_is_not_observable_is_answered_without_observe():
    bench = Bench()
    (answer,) = bench.get("a", OBSERVE)
    assert coap.uint(answer, coap.OBSERVE) is None and bench.notified("a") == []


def test_observers_are_few_and_now_and_then_have_to_confirm():
    bench = Bench()
    for port in range(MAX_OBSERVERS + 2):
        bench.get("m", OBSERVE, peer=("peer", port))
    assert len(bench.notified()) == MAX_OBSERVERS
    kinds = [bench.notified()[0].type for _ in range(2 * CONFIRM_EVERY)]
    assert kinds.count(coap.CON) == 2


def test_a_request_gets_its_answer():
    bench = Bench()

    async def ask():
        task = asyncio.create_task(bench.endpoint.request(PEER, coap.POST, "b", b"block", 17))
        await asyncio.sleep(0)
        _, sent, _ = bench.link.sent[0]
        assert (sent.type, sent.code, coap.path(sent)) == (coap.CON, coap.POST, "b")
        await bench.hear(reply(sent, coap.CHANGED))
        return await task

    assert asyncio.run(ask()).code == coap.CHANGED


def test_an_answer_that_demands_what_we_do_not_understand_is_none():
    bench = Bench()

    async def ask():
        task = asyncio.create_task(bench.endpoint.request(PEER, coap.GET, "t"))
        await asyncio.sleep(0)
        await bench.hear(reply(bench.link.sent[0][1], coap.CONTENT, ((UNKNOWN, b""),)))
        try:
            await task
        except Unanswered:
            return True

    assert asyncio.run(ask())


def test_nobody_but_the_peer_can_answer():
    bench = Bench()

    async def ask():
        task = asyncio.create_task(bench.endpoint.request(PEER, coap.GET, "t"))
        await asyncio.sleep(0)
        sent = bench.link.sent[0][1]
        await bench.hear(reply(sent, coap.CONTENT), peer=("stranger", 1))
        await asyncio.sleep(0)
        assert not task.done()
        await bench.hear(reply(sent, coap.CONTENT))
        return await task

    assert asyncio.run(ask()).code == coap.CONTENT


def reply(sent, number, options=()):
    return coap.encode(Message(coap.ACK, number, sent.mid, sent.token, options, b""))


def test_tokens_do_not_begin_anew_with_a_boot():
    tokens = set()
    for _ in range(3):
        bench = Bench()

        async def ask(bench=bench):
            task = asyncio.create_task(bench.endpoint.request(PEER, coap.GET, "t"))
            await asyncio.sleep(0)
            task.cancel()

        asyncio.run(ask())
        tokens.add(bench.link.sent[0][1].token)
    assert len(tokens) == 3


def test_a_silent_peer_is_asked_five_times_ever_more_patiently():
    bench = Bench()
    clock = bench.clock

    async def sleep_ms(delay_ms):
        clock.ms += delay_ms
        await asyncio.sleep(0)

    genuine = getattr(asyncio, "sleep_ms", None)
    asyncio.sleep_ms = sleep_ms
    reports = []

    async def ask():
        timers = asyncio.create_task(bench.endpoint.retransmit(reports.append))
        try:
            await bench.endpoint.request(PEER, coap.GET, "t")
        except Unanswered:
            timers.cancel()
            return True

    assert asyncio.run(ask())
    asyncio.sleep_ms = genuine
    times = [at_ms for at_ms, _, _ in bench.link.sent]
    waits = [after - before for before, after in zip(times, times[1:])]
    assert len(times) == 5 and 2_000 <= waits[0] <= 3_100
    for before, after in zip(waits, waits[1:]):
        assert abs(after - 2 * before) <= 200
    assert 62_000 <= clock.ms <= 93_500
    assert max(b - a for a, b in zip(reports, reports[1:])) <= 100  # the watchdog hears of it
