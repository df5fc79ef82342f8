"""The journal block: round trip, budget, chain link, and hostile payloads."""

from protocols import block, cbor, codes, cose
from protocols.errors import DecodeError, ProtocolError, VersionError

HEADER = block.Header(
    "pg-01", 1234, bytes(range(16)), 1795456800123, codes.MODE_SIMULATED, codes.CLOCK_SYNCED,
    b"\x01\x02\x03\x04", b"\x05\x06\x07\x08", 3, 17,
)  # fmt: skip
WALK = [10123, 10130, 10127, 10144, 10170, 10165, 10180, 10201, 10190, 10222]


def series(ch, qualities=None, values=None):
    return block.Series(ch, 2, 1000, 0, values or WALK, qualities or [codes.GOOD] * 10)


def payload():
    events = [
        (0, codes.EV_MISSED, (1, 2)),
        (900, codes.EV_ALARM, (1, codes.H, 1, 2, 10222, None, None)),
    ]
    return block.encode(HEADER, [series(1), series(2), series(3)], events)


def test_what_was_encoded_is_decoded():
    found = block.decode(payload())
    assert found.header == HEADER
    assert [one.ch for one in found.series] == [1, 2, 3]
    assert all(one == series(one.ch) for one in found.series)
    assert found.events[1].number == 19
    assert found.events[1].t_ms == HEADER.t0_ms + 900
    assert found.events[1].args == (1, codes.H, 1, 2, 10222, None, None)


def test_a_failed_slot_has_no_value_and_a_doubtful_one_keeps_it():
    qualities = [codes.GOOD] * 4 + [codes.OPEN_LOOP] * 3 + [codes.GUARD_HIGH] * 3
    values = WALK[:4] + [None] * 3 + [-5, 2147483647, -2147483648]
    found = block.decode(block.encode(HEADER, [series(1, qualities, values)], []))
    assert found.series[0].values == values
    assert found.series[0].qualities == qualities


def test_three_channels_at_1_hz_cost_at_most_5_bytes_a_sample_with_the_seal():
    sealed = cose.seal(block.encode(HEADER, [series(1), series(2), series(3)], []), cose.Mac(b"k"))
    assert len(sealed) <= 5 * 30, len(sealed)


def test_the_link_changes_with_every_byte_of_the_sealed_block():
    sealed = cose.seal(payload(), cose.Mac(b"k"))
    links = {block.link(sealed)}
    for i in range(len(sealed)):
        bad = bytearray(sealed)
        bad[i] ^= 1
        links.add(block.link(bytes(bad)))
    assert len(links) == len(sealed) + 1


def test_another_wire_version_is_named():
    fields = cbor.decode(payload())
    fields[0] = 9
    try:
        block.decode(cbor.encode(fields))
    except VersionError as error:
        assert error.version == 9
    else:
        raise AssertionError("accepted version 9")


def test_further_fields_are_ignored():
    fields = cbor.decode(payload())
    assert block.decode(cbor.encode(fields + ["later"])) == block.decode(payload())


def test_every_truncation_is_a_decode_error():
    good = payload()
    for size in range(len(good)):
        try:
            block.decode(good[:size])
        except DecodeError:
            continue
        raise AssertionError(size)


def test_flipped_bits_never_raise_anything_but_a_protocol_error():
    good = payload()
    for i in range(len(good)):
        for bit in range(8):
            bad = bytearray(good)
            bad[i] ^= 1 << bit
            try:
                block.decode(bytes(bad))
            except ProtocolError:
                pass


def test_every_field_of_a_wrong_type_is_refused():
    for index in range(1, 12):
        for wrong in (None, -1, "x" * 20, b"", {}, [[1]]):
            fields = cbor.decode(payload())
            fields[index] = wrong
            try:
                block.decode(cbor.encode(fields))
            except ProtocolError:
                continue
            raise AssertionError((index, wrong))
