"""The exchange among strangers: any datagrams at any time, it stays small and answers little."""

from hypothesis import given
from hypothesis import strategies as st

from protocols import coap
from protocols.errors import DecodeError
from protocols.exchange import FAILED, MAX_OPEN, MAX_SEEN, REQUEST, RESPONSE, SEND, Exchanges

OURS = Exchanges(0).request("peer", coap.GET, (), b"", 0, 0)[1][0][2]
likely = st.builds(
    lambda first, code, mid, token, rest: bytes([first, code, 0, mid]) + token + rest,
    st.sampled_from([0x40, 0x44, 0x54, 0x60, 0x64, 0x70, 0x49, 0x80]),
    st.sampled_from([0, 1, 2, 0x45, 0x84, 0x21, 0xE1]),
    st.integers(0, 3),
    st.sampled_from([b"", b"\x00\x00\x00\x01", b"\x00\x00\x00\x02"]),
    st.sampled_from([b"", b"\xff", b"\xffx", b"\xb1b"]),
)
datagrams = st.lists(
    st.tuples(st.sampled_from(["peer", "other"]), likely | st.binary(max_size=40)), max_size=60
)


def test_the_datagrams_are_likely_to_hit_our_own_request():
    assert coap.decode(OURS).mid == 1
    assert coap.decode(OURS).token == b"\x00\x00\x00\x01"


@given(datagrams, st.lists(st.integers(0, 100_000), min_size=1, max_size=60))
def test_any_datagrams_leave_it_bounded_and_in_order(found, steps_ms):
    exchanges, now_ms, ended = Exchanges(0), 0, 0
    exchanges.request("peer", coap.GET, (), b"", 0, 0)
    for i, (peer, datagram) in enumerate(found):
        now_ms += steps_ms[i % len(steps_ms)]
        for action in (*exchanges.receive(peer, datagram, now_ms), *exchanges.poll(now_ms)):
            ended += action[0] in (RESPONSE, FAILED)
            if action[0] == REQUEST:
                exchanges.respond(peer, action[2], coap.CONTENT, (), b"21", now_ms)
            if action[0] == SEND:
                assert len(action[2]) <= max(len(datagram), len(OURS), 12)
        assert len(exchanges._open) <= MAX_OPEN
        assert len(exchanges._seen._entries) == MAX_SEEN
    assert ended <= 1
    assert (exchanges.next_ms() is None) == (ended == 1)


@given(st.binary(max_size=1100))
def test_what_is_no_message_is_counted(datagram):
    exchanges = Exchanges(0)
    exchanges.receive("peer", datagram, 0)
    try:
        coap.decode(datagram)
    except DecodeError:
        assert exchanges.malformed == 1
