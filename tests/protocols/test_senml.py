"""SenML against cbor2 and json as oracles, and against any bytes at all."""

import contextlib
import json

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols import cbor, senml
from protocols.errors import DecodeError, TooLarge

LETTERS = "abcXYZ019"
names = st.builds("".join, st.tuples(st.sampled_from(LETTERS), st.text(LETTERS + "-:./_")))
names = names.filter(lambda name: len(name) < 100)
units = st.none() | st.sampled_from(["Pa", "ug/m3", "km/h", "Cel"])
times = st.integers(senml._RELATIVE_MS, 2**42)
numbers = st.integers(-(2**40), 2**40) | st.floats(-1e30, 1e30)
values = numbers | st.booleans() | st.text(max_size=20)
groups = st.lists(
    st.tuples(names, times, st.lists(st.tuples(names, units, values), max_size=4)), max_size=4
)
junk = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**64), 2**64 - 1)
    | st.floats()
    | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=5,
)


def resolved(found):
    return [
        senml.Record(base_name + name, unit, value, base_ms)
        for base_name, base_ms, records in found
        for name, unit, value in records
    ]


@given(groups)
def test_what_was_encoded_is_decoded(found):
    assert senml.decode_cbor(senml.encode_cbor(found), 0) == resolved(found)
    assert senml.decode_json(senml.encode_json(found).encode(), 0) == resolved(found)


@given(groups)
def test_both_forms_are_what_other_libraries_read(found):
    pack = json.loads(senml.encode_json(found))
    assert len(cbor2.loads(senml.encode_cbor(found))) == len(pack)
    for theirs, record in zip(pack, resolved(found), strict=True):
        assert record.name.endswith(theirs["n"])
        assert theirs.get("bt", record.t_ms / 1000) == record.t_ms / 1000


@given(st.lists(st.dictionaries(st.sampled_from([word for word, _ in senml.LABELS]), junk)))
def test_json_of_any_shape_is_a_pack_or_a_decode_error(records):
    with contextlib.suppress(DecodeError):
        for record in senml.decode_json(json.dumps(records).encode(), 0):
            assert all(part is None or str(part).encode() is not None for part in record)


@given(st.lists(st.dictionaries(st.integers(-8, 9), junk)))
def test_cbor_of_any_shape_is_a_pack_or_a_decode_error(records):
    with contextlib.suppress(DecodeError):
        senml.decode_cbor(cbor2.dumps(records), 0)


@given(st.binary(max_size=100))
def test_any_bytes_are_a_pack_or_a_decode_error(data):
    for decode in (senml.decode_cbor, senml.decode_json):
        try:
            decode(data, 0)
        except DecodeError as error:
            assert 0 <= error.offset <= len(data)


def test_half_a_surrogate_pair_is_refused():
    for label in ("n", "u", "vs", "bn"):
        record = {"n": "a", "vs": "x", label: "\ud800"}
        with pytest.raises(DecodeError):
            senml.decode_json(json.dumps([record]).encode(), 0)


def test_packs_are_bounded_in_bytes_and_records():
    with pytest.raises(TooLarge):
        senml.decode_json(b" " * (senml.MAX_PACK_BYTES + 1), 0)
    with pytest.raises(TooLarge):
        senml.decode_cbor(cbor.encode([{}] * (senml.MAX_RECORDS + 1)), 0)
