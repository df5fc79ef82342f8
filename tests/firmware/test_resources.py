"""What a real node serves, fetched by aiocoap: block-wise, by number, by time; its commands."""

from collections.abc import AsyncIterator

import aiocoap
import pytest

from protocols import block, blockwise, cbor, codes, cose, event, paths
from tests.firmware.conftest import MAC, Bench, Until


@pytest.fixture
async def client() -> AsyncIterator[aiocoap.Context]:
    context = await aiocoap.Context.create_client_context()
    yield context
    await context.shutdown()


async def fetch(
    client: aiocoap.Context,
    port: int,
    path: str,
    payload: bytes = b"",
    code: aiocoap.Code | None = None,
) -> aiocoap.Message:
    method = code or (aiocoap.POST if payload else aiocoap.GET)
    request = aiocoap.Message(code=method, uri=f"coap://127.0.0.1:{port}/{path}", payload=payload)
    return await client.request(request).response


def blocks(answer: aiocoap.Message) -> list[block.Block]:
    """Verified blocks of a CBOR sequence."""
    found, offset = [], 0
    while offset < len(answer.payload):
        _, end = cose.payload(answer.payload, offset)
        found.append(block.decode(cose.open(answer.payload[offset:end], MAC)))
        offset = end
    return found


async def test_the_journal_is_read_by_number_and_by_time_as_it_stands_on_flash(
    bench: Bench, until: Until, client: aiocoap.Context
) -> None:
    node, port = await bench.node("station", period_ms=100, flush_ms=1_000)
    await node.power_on()
    await until(lambda: len(bench.peer.blocks) >= 5)
    seqs: list[int] = []
    while True:
        answer = await fetch(client, port, f"journal?after={seqs[-1] if seqs else 0}")
        assert answer.opt.content_format == paths.CBOR_SEQUENCE
        if not answer.payload:
            break
        assert len(answer.payload) > paths.MAX_MESSAGE_BYTES or seqs  # several datagrams' worth
        seqs += [one.header.seq for one in blocks(answer)]
        assert len(seqs) < 50
    assert seqs == list(range(1, len(seqs) + 1)) and len(seqs) >= 5
    since = await fetch(client, port, f"journal?since={bench.peer.blocks[-1].header.t0_ms}")
    assert blocks(since)[0].header.seq == 1  # the segment in which that moment lies
    bad = await fetch(client, port, "journal?before=7")
    assert bad.code == aiocoap.BAD_REQUEST and b"?after=" in bad.payload


async def test_configuration_time_and_self_test_are_what_the_node_runs_by(
    bench: Bench, until: Until, client: aiocoap.Context
) -> None:
    node, port = await bench.node("station")
    await node.power_on()
    await until(lambda: bench.peer.blocks)
    found = await fetch(client, port, "cfg")
    assert found.payload == bench.configurations[node.name]  # three channels: block-wise
    assert len(found.payload) > blockwise.MAX_PLAIN_BYTES
    unix_ms, quality = cbor.decode((await fetch(client, port, "t")).payload)
    assert unix_ms > 1_767_225_600_000 and quality == codes.CLOCK_RTC
    results = cbor.decode((await fetch(client, port, "cmd", b"selftest")).payload)
    assert [name for name, _, passed in results if not passed] == []
    recorded = [event.fields(one) for one in bench.peer.events(codes.EV_SELFTEST)]
    assert [one["test"] for one in recorded] == [name for name, _, _ in results]
    refused = await fetch(client, port, "cfg", b"x", aiocoap.PUT)
    assert refused.code == aiocoap.METHOD_NOT_ALLOWED


async def test_a_reboot_is_answered_recorded_and_leaves_the_chain_whole(
    bench: Bench, until: Until, client: aiocoap.Context
) -> None:
    levels: list[tuple[str, int]] = []
    node, port = await bench.node(
        "pressure", on_pin=lambda name, output, level, at_s: levels.append((output, level))
    )
    await node.power_on()
    await until(lambda: ("relay", 1) in levels)
    answer = await fetch(client, port, "cmd", b"reboot")
    assert answer.code == aiocoap.CHANGED
    await until(lambda: len(bench.peer.events(codes.EV_BOOT)) == 2)
    (command,) = bench.peer.events(codes.EV_COMMAND)
    assert command.args[0] == "reboot"
    assert node.crashes == 0 and not bench.peer.events(codes.EV_CRASH)
    gaps = [event.fields(one) for one in bench.peer.events(codes.EV_GAP)]
    assert all(one["reason"] == codes.GAP_OPEN_BLOCK for one in gaps)


async def test_boots_that_come_to_nothing_wait_in_the_safe_state_and_write_nothing(
    bench: Bench, until: Until
) -> None:
    node, _ = await bench.node("pressure")
    for boot in range(1, 6):  # each ends after its first block
        await node.power_on()
        await until(lambda boot=boot: len(bench.peer.events(codes.EV_BOOT)) == boot)
        await node.power_off()
    operations = node.peripherals.flash.operations
    await node.power_on()
    await until(lambda: any("waiting 1 s" in line for line in node.console))
    assert node.peripherals.flash.operations == operations
    await until(lambda: len(bench.peer.events(codes.EV_BOOT)) == 6)
