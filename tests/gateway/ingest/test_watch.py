"""The gateway observes each node's own /m: values between blocks, renewed when they go stale."""

import asyncio
import time

import aiocoap
import pytest
from aiocoap import resource

from gateway.ingest import watch
from protocols import paths, senml

URN = "urn:dev:os:32473-PG-0001:"


class Latest(resource.ObservableResource):
    """/m of a node."""

    def __init__(self):
        super().__init__()
        self.value = 1.0
        self.asked = 0

    async def render_get(self, request):
        self.asked += 1
        records = (("pressure", "Pa", self.value), ("pressure.q", None, 0))
        pack = senml.encode_cbor([(URN, time.time_ns() // 10**6 + 60_000, records)])
        return aiocoap.Message(payload=pack, content_format=paths.SENML_CBOR)

    def notify(self, value):
        self.value = value
        self.updated_state()


class Node:
    """aiocoap endpoint that is client and server on one port, as a node is."""

    def __init__(self, context, latest, uri):
        self.context = context
        self.latest = latest
        self.uri = uri

    async def post(self, sealed):
        message = aiocoap.Message(
            code=aiocoap.POST, uri=f"{self.uri}/b", payload=sealed, content_format=17
        )
        response = await self.context.request(message).response
        assert response.code == aiocoap.CHANGED


@pytest.fixture
async def start_node(gateway):
    contexts = []

    async def start():
        latest = Latest()
        root = resource.Site()
        root.add_resource(["m"], latest)
        context = await aiocoap.Context.create_server_context(root, bind=("127.0.0.1", 0))
        contexts.append(context)
        return Node(context, latest, gateway.addresses.coap)

    yield start
    for context in contexts:
        await context.shutdown()


async def shown(gateway, value):
    """Wait until the gateway shows the value."""
    async with asyncio.timeout(20):
        while True:
            found = gateway.live.snapshot()["instruments"]
            if found and found[0]["value"] == value:
                return found[0]
            await asyncio.sleep(0.01)


async def test_after_the_first_block_the_live_values_are_followed(gateway, start_node, node):
    peer = await start_node()
    await peer.post(node.birth())
    assert (await shown(gateway, 1.0))["provisional"]
    for value in (2.0, 3.0):
        peer.latest.notify(value)
        await shown(gateway, value)
    assert peer.latest.asked == 3  # one question, the rest came by itself


async def test_a_watch_that_went_stale_is_renewed(gateway, start_node, node, monkeypatch):
    monkeypatch.setattr(watch, "STALE_S", 0.1)
    monkeypatch.setattr(watch, "PAUSE_S", 0.01)
    peer = await start_node()
    await peer.post(node.birth())
    await shown(gateway, 1.0)
    peer.latest.value = 2.0  # without telling anybody
    await shown(gateway, 2.0)


async def test_a_node_that_comes_back_elsewhere_is_found_by_its_next_block(
    gateway, start_node, node
):
    peer = await start_node()
    await peer.post(node.birth())
    await shown(gateway, 1.0)
    again = await start_node()
    again.latest.value = 5.0
    node.boot = 2
    await again.post(node.birth())
    await shown(gateway, 5.0)


async def test_a_node_without_m_is_asked_once_per_block(
    gateway, client, node, monkeypatch, caplog
):
    monkeypatch.setattr(watch, "PAUSE_S", 0.01)
    await client.post(node.birth())
    await client.post(node.block())
    found = gateway.live.snapshot()["instruments"]
    assert not found[0]["provisional"]
    assert caplog.records == []
