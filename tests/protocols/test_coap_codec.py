"""The CoAP codec against aiocoap as oracle, both ways, and against hostile datagrams."""

import aiocoap
from hypothesis import given
from hypothesis import strategies as st

from protocols import coap
from protocols.errors import DecodeError

text = st.text(max_size=60).map(str.encode)
options = st.lists(
    st.tuples(st.sampled_from([coap.URI_PATH, coap.URI_QUERY]), text)
    | st.tuples(st.sampled_from([4, 2049, 65000]), st.binary(max_size=300)),
    max_size=6,
).map(lambda found: tuple(sorted(found, key=lambda option: option[0])))
messages = st.builds(
    coap.Message,
    type=st.integers(0, 3),
    code=st.sampled_from([coap.GET, coap.POST, coap.CHANGED, coap.CONTENT, coap.BAD_OPTION]),
    mid=st.integers(0, 0xFFFF),
    token=st.binary(max_size=8),
    options=options,
    payload=st.binary(max_size=64),
).filter(lambda message: len(coap.encode(message)) <= 1024)


@given(messages)
def test_what_was_encoded_is_decoded(message):
    assert coap.decode(coap.encode(message)) == message


@given(messages)
def test_aiocoap_reads_what_we_write(message):
    theirs = aiocoap.Message.decode(coap.encode(message))
    assert (theirs.mid, theirs.token, theirs.payload) == (
        message.mid,
        message.token,
        message.payload,
    )
    found = tuple((int(option.number), option.encode()) for option in theirs.opt.option_list())
    assert found == message.options


@given(st.lists(st.text(min_size=1, max_size=20), max_size=5), st.binary(max_size=64))
def test_we_read_what_aiocoap_writes(segments, payload):
    theirs = aiocoap.Message(
        code=aiocoap.POST, _mtype=aiocoap.CON, _mid=7, _token=b"t", payload=payload
    )
    theirs.opt.uri_path = segments
    message = coap.decode(theirs.encode())
    assert coap.path(message) == "/".join(segments)
    assert message.payload == payload


@given(st.binary(max_size=200))
def test_any_bytes_are_a_message_or_a_decode_error(data):
    try:
        message = coap.decode(data)
    except DecodeError as error:
        assert 0 <= error.offset <= len(data)
    else:
        assert coap.decode(coap.encode(message)) == message


def test_a_malformed_confirmable_message_is_answered_by_a_reset():
    assert coap.reset_for(b"\x49\x01\x12\x34") == b"\x70\x00\x12\x34"


def test_a_malformed_message_of_another_kind_is_not_answered():
    assert coap.reset_for(b"\x59\x01\x12\x34") is None
    assert coap.reset_for(b"\x89\x01\x12\x34") is None
    assert coap.reset_for(b"\x40") is None
