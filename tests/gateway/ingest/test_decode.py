"""Bytes of a request become a verified block, or an error with its CoAP code; nothing else."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.errors import Refused
from gateway.ingest import decode
from protocols import block, cbor, coap, codes, cose, paths

KEY = bytes(range(32))
MACS = {"pg-01": cose.Mac(KEY)}


def judge(data):
    return decode.sealed_block(data, MACS, 1)


def code(data):
    with pytest.raises(Refused) as caught:
        judge(data)
    return caught.value.code


def test_a_genuine_block_is_kept_byte_for_byte(node):
    sealed = node.birth()
    found = judge(sealed)
    assert found.sealed == sealed
    assert found.link == block.link(sealed)
    assert (found.node, found.seq, found.boot, found.mode) == ("pg-01", 1, 1, codes.MODE_SIMULATED)


def test_samples_are_kept_packed_as_they_came(node):
    found = judge(node.block([5, 4, None, 9], scale=-1, period_ms=200))
    (chunk,) = found.chunks
    assert (chunk.ch, chunk.scale, chunk.period_ms, chunk.count) == (1, -1, 200, 4)
    assert found.last[0].value == 9
    assert found.last[0].t_ms == found.t0_ms + 600


def test_an_unknown_node_is_forbidden(make_node):
    assert code(make_node("pg-99").block()) == coap.FORBIDDEN


def test_a_key_of_another_node_is_forbidden(make_node):
    assert code(make_node(key=bytes(32)).block()) == coap.FORBIDDEN


def test_a_block_beyond_the_limit_is_too_large():
    assert code(bytes(paths.MAX_BLOCK_BYTES + 1)) == coap.REQUEST_ENTITY_TOO_LARGE


def test_numbers_that_the_store_cannot_hold_are_a_bad_request(make_node):
    for node in (make_node(t0_ms=2**63), make_node(boot=2**64 - 1)):
        assert code(node.block()) == coap.BAD_REQUEST
    node = make_node()
    node.seq = 2**40
    assert code(node.block()) == coap.BAD_REQUEST
    assert code(make_node().block(events=[(0, 99, (2**64 - 1,))])) == coap.BAD_REQUEST
    assert code(make_node().block(period_ms=2**63)) == coap.BAD_REQUEST


def test_a_later_wire_version_is_named(node):
    fields = cbor.decode(cose.payload(node.block())[0])
    fields[0] = 9
    with pytest.raises(Refused, match="version 9") as caught:
        judge(cose.seal(cbor.encode(fields), node.mac))
    assert caught.value.code == coap.BAD_REQUEST


@given(st.binary(max_size=200))
def test_any_bytes_are_refused(data):
    assert code(data) == coap.BAD_REQUEST


@given(st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_flipped_bit_is_refused(make_node, data):
    sealed = bytearray(make_node().birth())
    at = data.draw(st.integers(0, len(sealed) * 8 - 1))
    sealed[at // 8] ^= 1 << at % 8
    assert code(bytes(sealed)) in (coap.BAD_REQUEST, coap.FORBIDDEN)
