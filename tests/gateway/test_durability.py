"""kill -9 under load: nothing acknowledged is lost, and what comes twice is stored once."""

import asyncio
import itertools
import json
import sqlite3
import sys

import aiocoap
import cbor2
import pytest


@pytest.fixture
async def start(settings, tmp_path):
    running = []

    async def run():
        command = (
            sys.executable,
            "-m",
            "gateway.cli",
            "run",
            "-c",
            str(tmp_path / "gateway.toml"),
        )
        process = await asyncio.create_subprocess_exec(
            *command, "--json", stdout=asyncio.subprocess.PIPE
        )
        running.append(process)
        async with asyncio.timeout(20):
            return process, json.loads(await process.stdout.readline())["coap"]

    yield run
    for process in running:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def deliver(uri, blocks, acknowledged):
    """Send blocks one after the other until the gateway is gone; note each acknowledged seq."""
    context = await aiocoap.Context.create_client_context()
    try:
        for seq, sealed in blocks:
            message = aiocoap.Message(code=aiocoap.POST, uri=f"{uri}/b", payload=sealed)
            async with asyncio.timeout(2):
                response = await context.request(message).response
            assert response.code == aiocoap.CHANGED
            acknowledged[seq] = cbor2.loads(response.payload)
    except (aiocoap.error.NetworkError, TimeoutError):
        pass
    finally:
        await context.shutdown()


async def test_a_killed_gateway_has_kept_everything_that_it_acknowledged(
    start, make_node, settings
):
    nodes = {name: make_node(name) for name in ("pg-01", "pg-02")}
    blocks = {
        name: [(seq, node.alarm() if seq % 10 == 5 else node.block()) for seq in range(1, 601)]
        for name, node in nodes.items()
    }
    acknowledged = {name: {} for name in nodes}
    for round_ in itertools.count(1):
        process, uri = await start()
        load = [
            asyncio.create_task(
                deliver(
                    uri,
                    # What is not known to be safe is sent again, and a few that are, too.
                    [one for one in blocks[name] if one[0] > len(acknowledged[name]) - 5],
                    acknowledged[name],
                )
            )
            for name in nodes
        ]
        target = 150 * round_
        while min(len(done) for done in acknowledged.values()) < min(target, 600):
            await asyncio.sleep(0.005)
        process.kill()
        await process.wait()
        await asyncio.gather(*load)
        if min(len(done) for done in acknowledged.values()) == 600:
            break
    assert round_ >= 3
    with sqlite3.connect(settings.store.path) as base:
        rows = base.execute("SELECT node, seq, chain FROM delivery").fetchall()
        events = base.execute("SELECT node, number, count(*) FROM event GROUP BY 1, 2").fetchall()
        assert base.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    base.close()
    for name, done in acknowledged.items():
        stored = [seq for node, seq, chain in rows if node == name and chain == "linked"]
        assert sorted(stored) == sorted(done) == list(range(1, 601))
        assert done[600] == [600, []]
    assert len(events) == 120
    assert {count for _, _, count in events} == {1}


async def test_a_locked_database_is_answered_with_when_to_try_again(client, node, settings):
    first = node.birth()
    other = sqlite3.connect(settings.store.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    response = await client.send(first)
    assert response.code == aiocoap.SERVICE_UNAVAILABLE
    assert response.opt.max_age == 10
    other.execute("ROLLBACK")
    other.close()
    assert await client.post(first) == [1, []]


async def test_a_full_database_keeps_serving_what_it_has(client, gateway, node):
    await client.post(node.birth())
    limit = "PRAGMA max_page_count = 1"  # SQLite makes it the present size
    gateway.store.writer.submit(lambda base: base.execute(limit)).result()
    refused = 0
    for _ in range(40):
        response = await client.send(node.block(range(0, 30000, 37)))
        refused += response.code == aiocoap.SERVICE_UNAVAILABLE
    assert refused > 0
    assert gateway.live.snapshot()["counters"]["blocks"] == 41 - refused
    assert gateway.store.trend("pg-01/pressure", 0, 2**52, 10)["t_ms"] != []
