"""POST /b: what is genuine is stored once and acknowledged, everything else gets its code."""

import asyncio
import random
import socket
import time

import aiocoap
import cbor2

from protocols import coap, paths


async def test_a_block_is_answered_with_what_is_whole(client, node):
    assert await client.post(node.birth()) == [1, []]
    assert await client.post(node.block()) == [2, []]


async def test_a_block_above_a_hole_is_answered_with_its_range(client, node):
    first, second, third = node.birth(), node.block(), node.block()
    assert await client.post(third) == [0, [3, 3]]
    assert await client.post(first) == [1, [3, 3]]
    assert await client.post(second) == [3, []]


async def test_a_forged_seal_is_refused(client, gateway, node):
    sealed = bytearray(node.birth())
    sealed[-1] ^= 1
    response = await client.send(bytes(sealed))
    assert response.code == aiocoap.FORBIDDEN
    assert response.payload == b"seal does not match"
    assert gateway.live.snapshot()["counters"]["refused"] == 1


async def test_other_bytes_for_a_stored_block_are_a_conflict(client, gateway, make_node):
    await client.post(make_node().block([1]))
    response = await client.send(make_node().block([2]))
    assert response.code == aiocoap.CONFLICT
    assert gateway.live.snapshot()["counters"]["conflicts"] == 1


async def test_a_block_that_breaks_the_chain_is_acknowledged_and_flagged(
    client, gateway, node, caplog
):
    await client.post(node.birth())
    node.prev = bytes(16)
    assert await client.post(node.block()) == [2, []]
    assert [one["tag"] for one in gateway.live.snapshot()["alarms"]] == ["chain"]
    assert caplog.messages == ["chain: blocks do not fit node=pg-01 broken=1"]


async def test_any_order_with_duplicates_ends_with_the_same_answer(client, gateway, node):
    chance = random.Random(3)
    blocks = [node.birth(), *(node.block() for _ in range(29))]
    arrivals = blocks + chance.choices(blocks, k=10)
    chance.shuffle(arrivals)
    answers = await asyncio.gather(*(client.post(sealed) for sealed in arrivals))
    assert [30, []] in answers
    counters = gateway.live.snapshot()["counters"]
    assert (counters["blocks"], counters["duplicates"]) == (30, 10)


async def test_the_same_message_again_is_answered_alike_and_not_counted(gateway, node):
    message = coap.Message(coap.CON, coap.POST, 77, b"to", coap.path_options("b"), node.birth())
    host, port = gateway.addresses.coap.removeprefix("coap://").rsplit(":", 1)
    loop = asyncio.get_running_loop()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as wire:
        wire.setblocking(False)
        wire.connect((host, int(port)))
        answers = []
        for _ in range(2):
            wire.send(coap.encode(message))
            async with asyncio.timeout(5):
                # The gateway asks for /m, too: only the acknowledgement is the answer.
                while (answer := coap.decode(await loop.sock_recv(wire, 2048))).type != coap.ACK:
                    pass
            answers.append(answer)
    assert answers[0] == answers[1]
    assert answers[0].code == coap.CHANGED
    assert gateway.live.snapshot()["counters"]["blocks"] == 1


async def test_a_wrong_content_format_is_said_to_be_wrong(client, node):
    response = await client.send(node.birth(), content_format=60)
    assert response.code == aiocoap.UNSUPPORTED_CONTENT_FORMAT
    assert response.payload == b"send 17 (cose-mac0)"


async def test_a_critical_option_that_is_not_understood_is_refused(client):
    message = aiocoap.Message(code=aiocoap.GET, uri=f"{client.uri}/t")
    message.opt.if_none_match = True
    response = await client.context.request(message).response
    assert response.code == aiocoap.BAD_OPTION


async def test_an_unknown_path_and_a_wrong_method_have_their_codes(client):
    assert (await client.send(b"", "nowhere")).code == aiocoap.NOT_FOUND
    assert (await client.send(b"", "b", code=aiocoap.GET)).code == aiocoap.METHOD_NOT_ALLOWED


async def test_the_time_of_day_is_given_with_how_far_off_it_may_be(client):
    before = time.time_ns() // 10**6
    response = await client.send(b"", "t", None, aiocoap.GET)
    unix_ms, uncertainty_ms = cbor2.loads(response.payload)
    assert before <= unix_ms <= time.time_ns() // 10**6
    assert uncertainty_ms == 1000


async def test_plain_measurements_of_a_sender_that_is_not_configured_are_forbidden(client):
    for payload in (b"[]", bytes(3000)):
        response = await client.send(payload, "m", paths.SENML_JSON)
        assert response.code == aiocoap.FORBIDDEN
        assert response.payload == b"this sender is not configured ([[plain]] endpoint)"
