"""The open block against the whole one: sample by sample or at once, the bytes are the same."""

import contextlib

from hypothesis import given
from hypothesis import strategies as st

from protocols import block, cbor, codes, cose, errors, series

START_MS = 1795456800123
VALUES = st.integers(-series.MAX_VALUE, series.MAX_VALUE) | st.integers(-200, 200)
DOUBTFUL = st.sampled_from([codes.GOOD, codes.GOOD, codes.SPIKE, codes.OVER_RANGE])
FAILED = st.sampled_from([codes.OPEN_LOOP, codes.MISSED])
slots = st.lists(
    st.tuples(VALUES, DOUBTFUL) | st.tuples(st.none(), FAILED), min_size=1, max_size=20
)
arguments = st.lists(st.none() | st.integers(-(2**40), 2**40) | st.text(max_size=8), max_size=6)
contents = st.lists(
    st.tuples(st.sampled_from([100, 200, 1000]), st.integers(0, 3000), slots), max_size=4
)
events = st.lists(st.tuples(st.integers(0, 9000), st.integers(1, 12), arguments), max_size=3)


def header(t0_ms):
    return block.Header("pg-01", 7, bytes(16), t0_ms, 0, 2, b"soft", b"conf", 3, 40)


@given(contents, events)
def test_the_writer_closes_to_the_bytes_of_encode(found, happened):
    writer = block.Writer(tuple((ch, -ch, period) for ch, (period, _, _) in enumerate(found)))
    whole = []
    for ch, (period_ms, offset_ms, samples) in enumerate(found):
        for i, (value, quality) in enumerate(samples):
            writer.add(ch, START_MS + offset_ms + i * period_ms, value, quality)
        values, qualities = ([one[i] for one in samples] for i in (0, 1))
        whole.append(block.Series(ch, -ch, period_ms, offset_ms, values, qualities))
    for dt_ms, code, args in happened:
        writer.event(START_MS + dt_ms, code, tuple(args))
    if writer.empty:
        return
    assert writer.samples == sum(len(one.values) for one in whole)
    size = writer.size
    payload = writer.close(header(START_MS))
    assert payload == block.encode(header(START_MS), whole, happened)
    assert len(cose.seal(payload, cose.Mac(b"k"))) <= size
    decoded = block.decode(payload)
    assert sorted(decoded.series) == sorted(whole)
    assert [event.args for event in decoded.events] == [tuple(args) for _, _, args in happened]


@given(st.binary(max_size=60), st.integers(1, 30))
def test_any_bytes_are_slots_or_a_decode_error(data, count):
    try:
        values, qualities = series.unpack(data, count)
    except errors.DecodeError as error:
        assert 0 <= error.offset <= len(data)
    else:
        assert len(values) == len(qualities) == count


@given(st.binary(max_size=200))
def test_any_bytes_are_a_block_or_a_protocol_error(data):
    fields = cbor.decode(block.encode(header(START_MS), [], []))
    for index in (10, 11):
        fields[index] = [[1000, 0, 3, 1, 0, data]]
        with contextlib.suppress(errors.DecodeError):
            block.decode(cbor.encode(fields))
