"""The courier: what becomes of a block, whatever the gateway answers, and of the time.

The gateway is a script of answers and naps take no time, so it runs everywhere.
"""

import asyncio
import sys

from firmware.courier import HOLD_MS, MAX_HOLD_S, RETRY_MS, Courier
from firmware.net.endpoint import Unanswered
from firmware.outbox import Outbox
from protocols import cbor, coap, codes, paths
from protocols.coap import Message

GATEWAY = ("127.0.0.1", 5683)
NOW_MS = 1_795_000_000_000


class Done(Exception):
    pass


class Chance:
    """Stands for `os` while pauses are compared: what chance adds to them is not by chance."""

    def __init__(self, byte=0):
        self.byte = byte

    def urandom(self, size):
        return bytes([self.byte]) * size


class Clock:
    quality = codes.CLOCK_NONE
    offset_ms = 0
    confirmed_ms = None

    def __init__(self):
        self.ms = 0

    def now_ms(self):
        return self.ms

    def step_ms(self, unix_ms, at_ms):
        return unix_ms - at_ms - self.offset_ms

    def confirm(self, at_ms):
        self.confirmed_ms = at_ms


class Bench:
    """A courier between a journal of `last` blocks and a gateway that follows a script.

    The script holds one answer for each request: a Message, or None for silence; when it is over,
    Done ends the run. `naps` are the pauses between, `seqs` the blocks that were posted.
    """

    def __init__(self, last, *script):
        self.clock = Clock()
        self.outbox = Outbox(last)
        self.first, self.acked = 1, 0
        self.damaged = ()
        self.gone = []
        self.script = list(script)
        self.seqs, self.naps, self.reports, self.adopted = [], [], [], []
        self.round_trip_ms = 10
        sys.modules["firmware.courier"].os = Chance()
        self.courier = Courier(self, self.outbox, self, self, self.clock, GATEWAY)

    async def request(self, peer, code, path, payload=b"", content_format=None):
        if path == paths.BLOCKS:
            assert (code, content_format) == (coap.POST, paths.COSE_MAC0)
            self.seqs.append(payload[0])
        if not self.script:
            raise Done
        self.clock.ms += self.round_trip_ms
        answer = self.script.pop(0)
        if answer is None:
            raise Unanswered(path)
        return answer

    def read(self, seq):
        return None if seq in self.damaged else bytes((seq,))

    def lost(self, seq):
        self.gone.append(seq)
        return seq

    def run(self, task=None):
        """Let the carrier (or `task`) work until the script is over."""

        async def nap(delay_ms):
            self.naps.append(delay_ms)
            if len(self.naps) > 200:
                raise Done
            await asyncio.sleep(0)

        genuine = getattr(asyncio, "sleep_ms", None)
        asyncio.sleep_ms = nap
        try:
            asyncio.run(task or self.courier.deliver(self.reports.append))
        except Done:
            pass
        finally:
            asyncio.sleep_ms = genuine
        return self

    def time(self, *script):
        self.script = list(script)

        def adopt(unix_ms, at_ms):
            self.adopted.append((unix_ms, at_ms))

        return self.run(self.courier.keep_time(adopt, self.reports.append)).adopted


def answer(code, payload=b"", *options):
    return Message(coap.ACK, code, 1, b"", options, payload)


def receipt(*content):
    return answer(coap.CHANGED, cbor.encode(list(content)))


def test_the_newest_block_asks_where_the_backlog_begins():
    bench = Bench(6, receipt(2, [6, 6]), receipt(3, [6, 6]), receipt(4, [6, 6])).run()
    assert bench.seqs == [6, 3, 4, 5]
    assert bench.acked == 4 and bench.naps == [0, 0, 0]


def test_an_unanswered_block_is_sent_again_after_a_while():
    bench = Bench(1, None, None).run()
    assert bench.seqs == [1, 1, 1] and bench.naps == [RETRY_MS, RETRY_MS]
    assert bench.acked == 0


def test_a_busy_gateway_is_left_alone_for_as_long_as_it_asks_but_not_for_ever():
    for option, nap_ms in (
        ((coap.MAX_AGE, b"\x05"), 5_000),
        ((coap.MAX_AGE, b"\xff\xff\xff\xff"), 1000 * MAX_HOLD_S),
        ((coap.MAX_AGE, b"\xff" * 16), 1000 * MAX_HOLD_S),
        ((coap.MAX_AGE, b""), RETRY_MS),
    ):
        bench = Bench(1, answer(coap.SERVICE_UNAVAILABLE, b"", option)).run()
        assert bench.naps == [nap_ms] and bench.seqs == [1, 1]


def test_a_block_that_the_gateway_will_never_take_is_passed_over_and_counted():
    for code in (coap.CONFLICT, coap.BAD_REQUEST, coap.REQUEST_ENTITY_TOO_LARGE):
        bench = Bench(3, receipt(0, [3, 3]), answer(code)).run()
        assert bench.seqs == [3, 1, 2] and bench.outbox.refused == 1
        assert bench.naps == [0, RETRY_MS] and bench.acked == 0


def test_a_wrong_key_or_an_unknown_node_is_tried_again_and_nothing_is_passed_over():
    for code in (coap.FORBIDDEN, coap.NOT_FOUND, coap.INTERNAL_SERVER_ERROR, coap.CONTENT):
        bench = Bench(1, answer(code)).run()
        assert bench.naps == [HOLD_MS] and bench.seqs == [1, 1] and bench.outbox.refused == 0


def test_nonsense_is_no_receipt():
    for payload in (
        b"", b"\xff", b"\x00", b"\xf6", b"\x80", b"\xa0", b"\x81\x01", cbor.encode([1, 1]),
        cbor.encode([1, {}]), cbor.encode(["1", []]), cbor.encode([None, []]),
        cbor.encode([True, []]), cbor.encode([-1, [1, 1]]), cbor.encode([1.0, []]),
        cbor.encode([0, [1]]), cbor.encode([0, ["1", "2"]]), cbor.encode([0, [2, 1]]),
        cbor.encode([0, [1, 2, 2, 3]]), cbor.encode([2, [1, 3]]), cbor.encode([0, [[1, 2]]]),
        cbor.encode({0: 1}), b"\x81" * 40, b"\x9f\x01\xff",
    ):  # fmt: skip
        bench = Bench(1, answer(coap.CHANGED, payload)).run()
        assert bench.naps == [RETRY_MS] and bench.seqs == [1, 1], payload
        assert bench.acked == 0 and not bench.outbox.acked


def test_a_receipt_beyond_the_last_block_promises_nothing_for_the_next():
    bench = Bench(1, receipt(1 << 60, []))

    async def deliver():
        task = asyncio.create_task(bench.courier.deliver(bench.reports.append))
        for _ in range(5):
            await asyncio.sleep(0)
        assert bench.acked == 1 and bench.outbox.empty
        bench.outbox.added(2, False)
        bench.courier.wake(False)
        await task

    bench.run(deliver())
    assert bench.seqs == [1, 2]


def test_a_receipt_that_does_not_name_the_block_is_no_reason_to_hurry():
    bench = Bench(2, *[receipt(0, [])] * 6).run()
    assert len(bench.seqs) == 7 and set(bench.naps) == {RETRY_MS}


def test_what_a_newer_gateway_adds_to_its_receipt_is_ignored():
    assert Bench(2, receipt(0, [2, 2], "more")).run().seqs == [2, 1]


def test_a_block_that_flash_does_not_give_back_is_said_to_be_gone_and_passed_over():
    bench = Bench(3, receipt(0, [3, 3]))
    bench.damaged = (1,)
    bench.run()
    assert bench.gone == [1] and bench.courier.unreadable == 1
    assert bench.seqs == [3, 2]


def test_an_alarm_does_not_wait_for_the_answer_to_an_older_block():
    bench = Bench(0)
    held = []

    async def request(peer, code, path, payload=b"", content_format=None):
        bench.seqs.append(payload[0])
        held.append(asyncio.Event())
        await held[-1].wait()
        return receipt(0, [payload[0], payload[0]])

    bench.request = request

    async def both():
        tasks = [
            asyncio.create_task(task(bench.reports.append))
            for task in (bench.courier.deliver, bench.courier.express)
        ]
        await asyncio.sleep(0)
        for seq, urgent in ((1, False), (2, True), (3, True)):
            bench.outbox.added(seq, urgent)
            bench.courier.wake(urgent)
            for _ in range(4):
                await asyncio.sleep(0)
        assert bench.seqs == [1, 2]  # two under way at most
        held[1].set()
        for _ in range(8):
            await asyncio.sleep(0)
        assert bench.seqs[:3] == [1, 2, 3]
        for task in tasks:
            task.cancel()

    bench.run(both())


def test_the_time_is_taken_in_the_middle_of_its_round_trip():
    present = answer(coap.CONTENT, cbor.encode([NOW_MS, 5]))
    assert Bench(0).time(present) == [(NOW_MS, 5)]


def test_a_time_that_took_too_long_is_not_taken():
    bench = Bench(0)
    bench.round_trip_ms = 1_001
    assert bench.time(answer(coap.CONTENT, cbor.encode([NOW_MS, 5]))) == []


def test_a_small_step_is_not_worth_it_but_the_time_is_confirmed():
    bench = Bench(0)
    bench.clock.quality, bench.clock.offset_ms = codes.CLOCK_SYNCED, NOW_MS - 40
    assert bench.time(answer(coap.CONTENT, cbor.encode([NOW_MS, 5]))) == []
    assert bench.clock.confirmed_ms == 5


def test_a_gateway_that_does_not_answer_confirms_nothing():
    bench = Bench(0)
    bench.clock.quality, bench.clock.offset_ms = codes.CLOCK_SYNCED, NOW_MS
    assert bench.time(None) == [] and bench.clock.confirmed_ms is None


def test_nonsense_is_no_time():
    for payload in (
        b"", b"\xff", b"\xa0", b"\x80", b"\x00", cbor.encode({0: NOW_MS}), cbor.encode([None]),
        cbor.encode(["now"]), cbor.encode([True]), cbor.encode([-1]), cbor.encode([0]),
        cbor.encode([1.795e12]), cbor.encode([(1 << 64) - 1]), cbor.encode([4_102_444_800_000]),
    ):  # fmt: skip
        assert Bench(0).time(answer(coap.CONTENT, payload)) == [], payload
    assert Bench(0).time(answer(coap.NOT_FOUND), None) == []


def test_every_task_reports_even_while_there_is_nothing_to_do():
    bench = Bench(0)

    async def idle():
        carriers = [
            asyncio.create_task(task(lambda now_ms: bench.reports.append("carrier")))
            for task in (bench.courier.deliver, bench.courier.express)
        ]
        await asyncio.sleep(0)
        bench.reports.clear()
        bench.script = [None, None]
        try:
            await bench.courier.keep_time(None, lambda now_ms: bench.reports.append("time"))
        finally:
            for task in carriers:
                task.cancel()

    bench.run(idle())
    assert bench.reports.count("time") == 3 and bench.reports.count("carrier") >= 4


def test_a_pause_is_never_shorter_and_at_most_a_quarter_longer_so_that_nodes_drift_apart():
    courier = sys.modules["firmware.courier"]
    spread = []
    for byte in (0, 128, 255):
        courier.os = Chance(byte)
        spread.append(courier._spread(1_000))
    assert spread == [1_000, 1_125, 1_249] and courier._spread(0) == 0
