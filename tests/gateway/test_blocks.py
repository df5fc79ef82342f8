"""POST /b: what is genuine is stored once and acknowledged, everything else gets its code."""

import aiocoap


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
