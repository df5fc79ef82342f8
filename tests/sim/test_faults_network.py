"""Faults of network, gateway and peer: a real node and the real gateway on one virtual clock.

Whatever was wrong, when it is over the gateway has every block of the chain, once.
"""

import asyncio
import resource
import socket
from types import SimpleNamespace

import pytest

from protocols import block, coap, codes, cose
from protocols.coap import Message
from sim import faults, stage
from sim.process import Gateway

DRAIN_S = 240.0  # twice what an exchange takes that fails
BLOCK_S = 1.1  # a block is closed by the first sample after its flush period


async def run(bench, seconds=3.0):
    """Gateway and node, delivering."""
    await bench.gateway.start()
    await bench.node.power_on()
    await asyncio.sleep(seconds)
    assert counters(bench)["blocks"] > 0


def counters(bench):
    return bench.gateway.live.snapshot()["counters"]


def stored(bench):
    """Highest block up to which the gateway has all."""
    return bench.gateway.store.contiguous("pg-01")


async def all_is_delivered(bench, started_s):
    """Power off after the backlog went: every block is there, none above a hole."""
    loop = asyncio.get_running_loop()
    deadline_s = loop.time() + DRAIN_S
    while loop.time() < deadline_s:
        await asyncio.sleep(1.0)
        contiguous, above = stored(bench)
        if not above and contiguous >= (loop.time() - started_s) / BLOCK_S - 3:
            break
    await bench.node.power_off()
    chain = bench.blocks()
    contiguous, above = stored(bench)
    assert not above and len(chain) - contiguous <= 1, (len(chain), contiguous, above)


@pytest.fixture
def network(stand):
    """Run a coroutine with node and gateway, and see afterwards that nothing is missing."""

    def use(story):
        async def whole(bench):
            started_s = asyncio.get_running_loop().time()
            await run(bench)
            await story(bench)
            await all_is_delivered(bench, started_s)
            assert bench.node.boots == 1 and not bench.node.crashes
            assert counters(bench)["conflicts"] == 0

        stand(whole, flush_ms=1_000)

    return use


async def seen(bench, fault, seconds=20.0):
    """How many datagrams went each way while it lasted, and with what fate."""
    fates = []
    before = bench.world.trace
    bench.world.trace = lambda kind, node, **fields: (
        fates.append((fields["way"], fields["fate"])) if kind == "datagram" else None
    )
    await fault.begin()
    await asyncio.sleep(seconds)
    await fault.end()
    bench.world.trace = before
    return fates


@pytest.mark.parametrize("name", ["loss", "corruption", "reorder", "duplication"])
def test_a_bad_network_loses_nothing_for_good(network, name):
    async def story(bench):
        before = stored(bench)[0]
        fates = await seen(bench, bench.fault(name, share=0.3), 60.0)
        assert len(fates) > 20 and stored(bench)[0] > before
        if name == "loss":
            assert 0.1 < fates_lost(fates) / len(fates) < 0.5

    network(story)


def fates_lost(fates):
    return sum(fate == "lost" for _, fate in fates)


@pytest.mark.parametrize(
    ("name", "params"),
    [("delay", {"delay_ms": 800.0}), ("jitter", {"jitter_ms": 1_500.0})],
)
def test_a_late_network_delivers_late(network, name, params):
    async def story(bench):
        fault = bench.fault(name, **params)
        await fault.begin()
        before = stored(bench)[0]
        await asyncio.sleep(30.0)
        assert stored(bench)[0] > before
        await fault.end()

    network(story)


def test_duplicates_are_stored_once(network):
    async def story(bench):
        fault = bench.fault("duplication", share=1.0)
        await fault.begin()
        await asyncio.sleep(20.0)
        await fault.end()
        assert counters(bench)["blocks"] >= stored(bench)[0]

    network(story)


def test_a_partition_fills_the_journal_and_empties_it_afterwards(network):
    async def story(bench):
        fault = bench.fault("partition")
        await fault.begin()
        await asyncio.sleep(2.0)
        before = stored(bench)
        await asyncio.sleep(60.0)
        assert stored(bench) == before
        await fault.end()

    network(story)


def test_a_small_mtu_stops_what_is_too_long(network):
    async def story(bench):
        fault = bench.fault("small_mtu", mtu_bytes=100)
        await fault.begin()
        await asyncio.sleep(2.0)
        before = stored(bench)[0]
        await asyncio.sleep(20.0)
        assert stored(bench)[0] == before
        await fault.end()

    network(story)


def test_a_node_with_another_address_goes_on_delivering(network):
    async def story(bench):
        fault = bench.fault("address_change")
        await fault.begin()
        assert bench.node.station.ip != "10.83.0.11"
        before = stored(bench)[0]
        await asyncio.sleep(40.0)
        assert stored(bench)[0] > before
        await fault.end()
        assert bench.node.station.ip == "10.83.0.11"

    network(story)


def test_a_killed_gateway_comes_back_with_what_it_had(network):
    async def story(bench):
        before = stored(bench)[0]
        fault = bench.fault("gateway_kill")
        await fault.begin()
        assert not bench.gateway.running
        await asyncio.sleep(20.0)
        await fault.end()
        assert bench.gateway.running and stored(bench)[0] >= before

    network(story)


def test_a_gateway_may_restart_again_and_again(network):
    async def story(bench):
        fault = bench.fault("gateway_restart", times=4, every_s=3.0)
        await fault.begin()
        await asyncio.sleep(14.0)
        await fault.end()
        assert bench.gateway.running

    network(story)


def test_a_full_disk_refuses_blocks_and_then_takes_them(network):
    async def story(bench):
        fault = bench.fault("gateway_disk_full")
        await fault.begin()
        await asyncio.sleep(60.0)
        stalled = stored(bench)[0]
        await asyncio.sleep(30.0)
        assert stored(bench)[0] == stalled
        await fault.end()

    network(story)


def test_a_slow_gateway_answers_late_and_loses_nothing(network):
    async def story(bench):
        fault = bench.fault("gateway_slow", stall_ms=3_000.0)
        await fault.begin()
        before = stored(bench)[0]
        await asyncio.sleep(40.0)
        assert stored(bench)[0] > before
        await fault.end()

    network(story)


def test_a_gateway_clock_that_jumps_is_an_event_at_the_node(network):
    async def story(bench):
        await asyncio.sleep(5.0)
        fault = bench.fault("gateway_clock_jump", jump_s=3_600.0)
        await fault.begin()
        await asyncio.sleep(70.0)
        await fault.end()
        await asyncio.sleep(70.0)
        steps = [
            event["step_ms"]
            for event in bench.gateway.store.events("pg-01")
            if event["code"] == codes.EV_CLOCK
        ]
        assert any(step > 3_500_000 for step in steps)
        assert any(step < -3_500_000 for step in steps)

    network(story)


def test_a_replay_changes_nothing(network):
    async def story(bench):
        fault = bench.fault("replay", every_ms=100.0)
        await fault.begin()
        await asyncio.sleep(20.0)
        await fault.end()
        assert fault.sent > 50
        events = bench.gateway.store.events("pg-01")
        assert len({event["number"] for event in events}) == len(events)

    network(story)


def test_forged_blocks_are_refused(network):
    async def story(bench):
        before = counters(bench)["refused"]
        fault = bench.fault("forgery", every_ms=200.0)
        await fault.begin()
        await asyncio.sleep(20.0)
        await fault.end()
        assert fault.sent > 50
        assert counters(bench)["refused"] - before > 50

    network(story)


def test_a_flood_of_rubbish_is_counted_and_delivery_goes_on(network):
    async def story(bench):
        before = stored(bench)[0]
        fault = bench.fault("flood")
        await fault.begin()
        await asyncio.sleep(20.0)
        await fault.end()
        assert fault.sent > 1_000
        assert counters(bench)["malformed"] > 100
        assert stored(bench)[0] > before

    network(story)


KEY = bytes(range(32))


@pytest.fixture
async def process(tmp_path):
    """The gateway in a process of its own, and where it hears."""
    port = stage.free_udp_port()
    (tmp_path / "keys.toml").write_text(f'[keys]\n"n1" = "{KEY.hex()}"\n')
    config = tmp_path / "gateway.toml"
    config.write_text(
        f'[site]\nname = "Test"\n[coap]\nbind = "127.0.0.1"\nport = {port}\n'
        '[console]\nbind = "127.0.0.1"\nport = 0\n'
        '[store]\npath = "gateway.db"\n[secrets]\npath = "keys.toml"\n'
    )
    gateway = Gateway(config, tmp_path / "gateway.log")
    await gateway.start()
    yield gateway, ("127.0.0.1", port)
    await gateway.stop()


async def post(address, seq, wait_s=5.0):
    """Code of the answer to a block, None if there is none in time."""
    header = block.Header(
        "n1", seq, block.FIRST_LINK, 1_795_456_800_000, codes.MODE_SIMULATED, codes.CLOCK_SYNCED,
        b"SOFT", b"CONF", 1, 0,
    )  # fmt: skip
    sealed = cose.seal(block.encode(header, [], [(0, codes.EV_MISSED, (1, 1))]), cose.Mac(KEY))
    options = (*coap.path_options("b"), coap.uint_option(coap.CONTENT_FORMAT, 17))
    datagram = coap.encode(Message(coap.CON, coap.POST, seq, b"t", options, sealed))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ours:
        ours.setblocking(False)
        ours.connect(address)
        try:
            async with asyncio.timeout(wait_s):
                while True:
                    ours.send(datagram)
                    code = await answer_within(ours, 1.0)
                    if code is not None:
                        return code
        except TimeoutError:
            return None


async def answer_within(ours, wait_s):
    """Code of the answer on a socket; None in time: a client repeats, for datagrams get lost."""
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(wait_s):
            while True:
                message = coap.decode(await loop.sock_recv(ours, 1500))
                if message.code >= coap.CREATED:
                    return message.code
                if message.code != coap.EMPTY:  # it asks, too, and waits for what we say to it
                    reset = Message(coap.RST, coap.EMPTY, message.mid, b"", (), b"")
                    ours.send(coap.encode(reset))
    except TimeoutError:
        return None


async def test_the_disk_of_a_gateway_process_takes_nothing_and_then_everything(process):
    gateway, address = process
    world = SimpleNamespace(seed=1, nodes={}, gateway=gateway)
    assert await post(address, 1) == coap.CHANGED
    fault = faults.build("gateway_disk_full", world)
    healthy = resource.prlimit(gateway.pid, resource.RLIMIT_FSIZE)
    await fault.begin()
    assert await post(address, 2) == coap.SERVICE_UNAVAILABLE
    await fault.end()
    assert resource.prlimit(gateway.pid, resource.RLIMIT_FSIZE) == healthy
    assert await post(address, 3) == coap.CHANGED


async def test_a_gateway_process_that_stalls_answers_when_it_works_again(process):
    gateway, address = process
    world = SimpleNamespace(seed=1, nodes={}, gateway=gateway)
    fault = faults.build("gateway_slow", world, None, None, {"stall_ms": 60_000.0})
    await fault.begin()
    await asyncio.sleep(0.05)
    assert state(gateway.pid) == "T"
    assert await post(address, 1, 0.5) is None
    await fault.end()
    assert await post(address, 2) == coap.CHANGED


def state(pid):
    with open(f"/proc/{pid}/stat") as file:  # noqa: PTH123
        return file.read().rpartition(") ")[2][0]


def test_a_forgery_is_what_it_says():
    """A block under another key has another seal, and nothing else."""
    genuine = cose.seal(b"payload", cose.Mac(b"a" * 32))
    forged = cose.seal(cose.payload(genuine)[0], cose.Mac(b"b" * 32))
    assert cose.payload(forged)[0] == b"payload" and forged != genuine
