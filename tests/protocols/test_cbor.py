"""Our CBOR against cbor2 as oracle, both ways, and against any bytes at all."""

import tracemalloc

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols import cbor
from protocols.errors import DecodeError, TooLarge

leaves = (
    st.none()
    | st.booleans()
    | st.integers(-(2**64), 2**64 - 1)
    | st.floats(allow_nan=False)
    | st.binary(max_size=40)
    | st.text(max_size=40)
)
values = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=5)
        | st.dictionaries(st.integers(-1000, 1000) | st.text(max_size=8), inner, max_size=5)
    ),
    max_leaves=20,
)


def depth(value):
    if isinstance(value, dict):
        value = list(value.values())
    return 1 + max(map(depth, value), default=0) if isinstance(value, list) else 0


@given(values)
def test_cbor2_reads_what_we_write(value):
    assert cbor2.loads(cbor.encode(value)) == value


@given(values.filter(lambda value: depth(value) <= cbor.MAX_DEPTH))
def test_we_read_what_cbor2_writes(value):
    assert cbor.decode(cbor2.dumps(value)) == value


@given(st.floats())
def test_a_float_takes_the_shortest_form_that_keeps_it(value):
    assert cbor.encode(value) == cbor2.dumps(value, canonical=True)


@given(st.binary(max_size=100))
def test_any_bytes_are_a_value_or_a_decode_error(data):
    try:
        cbor.decode(data)
    except DecodeError as error:
        assert 0 <= error.offset <= len(data)


@pytest.mark.parametrize(
    "data",
    [
        b"\x81" * 100,  # arrays in arrays
        b"\xc1" * 100,  # tags in tags
        b"\xa1\x00" * 100,  # maps in maps
        b"\x99\x08\x00" + b"\x00" * 2048,  # as many items as are too many
        b"\x98\xff" * 9 + b"\x00" * 300,  # counts that add up
    ],
)
def test_depth_and_number_of_items_are_bounded(data):
    with pytest.raises(TooLarge):
        cbor.decode(data)


@pytest.mark.parametrize(
    "head", ["9bffffffffffffffff", "bb7fffffffffffffff", "5affffffff", "9a10"]
)
def test_a_length_beyond_the_input_costs_nothing(head):
    data = bytes.fromhex(head) + b"\x00" * 8
    tracemalloc.start()
    with pytest.raises(DecodeError):
        cbor.decode(data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 10_000


@given(values.filter(lambda value: depth(value) <= cbor.MAX_DEPTH), st.data())
def test_a_truncated_value_says_where_it_ends(value, draw):
    data = cbor.encode(value)
    size = draw.draw(st.integers(0, len(data) - 1))
    with pytest.raises(DecodeError) as refused:
        cbor.decode(data[:size])
    assert 0 <= refused.value.offset <= size
