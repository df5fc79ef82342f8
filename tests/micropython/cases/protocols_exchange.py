"""The reliable exchange in virtual time: every arc of its table, and strays by RFC 7252."""

from protocols import coap
from protocols.coap import ACK, CON, NON, RST, Message
from protocols.exchange import (
    BUSY,
    EXCHANGE_LIFETIME_MS,
    FAILED,
    MAX_OPEN,
    MAX_SEEN,
    REJECTED,
    REQUEST,
    RESET,
    RESPONSE,
    RESPONSE_WAIT_MS,
    SEND,
    TIMEOUT,
    Exchanges,
)

PEER = b"peer"
OTHER = b"other"
PATH = coap.path_options("b")


def ask(exchanges, now_ms=0, spread=0):
    """(token, message) of a fresh request."""
    token, actions = exchanges.request(PEER, coap.POST, PATH, b"block", now_ms, spread)
    assert len(actions) == 1 and actions[0][:2] == (SEND, PEER)
    return token, coap.decode(actions[0][2])


def message(kind, code, mid, token=b"", payload=b"", options=()):
    return coap.encode(Message(kind, code, mid, token, options, payload))


def sent(actions):
    """The one message that `actions` send."""
    found = [coap.decode(action[2]) for action in actions if action[0] == SEND]
    assert len(found) == 1, actions
    return found[0]


def kinds(actions):
    return [action[0] for action in actions]


def pending(exchanges):
    return exchanges.next_ms() is not None


# --- requests of ours --------------------------------------------------------------------------


def test_an_answer_in_the_ack_ends_a_request():
    exchanges = Exchanges(7)
    token, request = ask(exchanges)
    assert (request.type, request.code, request.payload) == (CON, coap.POST, b"block")
    answer = message(ACK, coap.CHANGED, request.mid, token, b"ok")
    actions = exchanges.receive(PEER, answer, 50)
    assert actions == [(RESPONSE, token, coap.decode(answer))]
    assert not pending(exchanges)
    assert exchanges.receive(PEER, answer, 60) in ((), [])


def test_a_separate_answer_is_acknowledged_and_so_is_its_repetition():
    exchanges = Exchanges(7)
    token, request = ask(exchanges)
    assert not exchanges.receive(PEER, message(ACK, 0, request.mid), 50)
    assert not exchanges.poll(50_000)
    answer = message(CON, coap.CHANGED, 99, token)
    actions = exchanges.receive(PEER, answer, 60_000)
    assert kinds(actions) == [SEND, RESPONSE]
    assert sent(actions) == Message(ACK, 0, 99, b"", (), b"")
    again = exchanges.receive(PEER, answer, 62_000)
    assert again == actions[:1]
    assert exchanges.duplicates == 1


def test_a_separate_answer_may_be_non_confirmable_and_come_before_the_ack():
    exchanges = Exchanges(7)
    token, request = ask(exchanges)
    actions = exchanges.receive(PEER, message(NON, coap.CHANGED, 99, token), 10)
    assert kinds(actions) == [RESPONSE]
    assert not exchanges.receive(PEER, message(ACK, 0, request.mid), 20)
    assert not pending(exchanges)


def test_a_request_is_repeated_after_doubling_timeouts_and_then_fails():
    exchanges = Exchanges(7)
    exchanges.request(PEER, coap.GET, (), b"", 1000, 255)
    times = []
    for now_ms in range(1000, 200_000, 100):
        actions = exchanges.poll(now_ms)
        if actions:
            times.append(now_ms - 1000)
    assert times == [3000, 9000, 21000, 45000, 93000]
    assert not pending(exchanges)
    assert (exchanges.retransmissions, exchanges.timeouts) == (4, 1)


def test_a_request_nobody_answers_fails_once_with_timeout():
    exchanges = Exchanges(7)
    token, request = ask(exchanges)
    found = []
    while pending(exchanges):
        found.extend(exchanges.poll(exchanges.next_ms()))
    assert kinds(found) == [SEND] * 4 + [FAILED]
    assert found[-1] == (FAILED, token, TIMEOUT)
    assert all(coap.decode(action[2]) == request for action in found[:-1])


def test_a_promised_answer_that_does_not_come_is_a_timeout():
    exchanges = Exchanges(7)
    token, request = ask(exchanges)
    exchanges.receive(PEER, message(ACK, 0, request.mid), 100)
    assert exchanges.next_ms() == 100 + RESPONSE_WAIT_MS
    assert exchanges.poll(100 + RESPONSE_WAIT_MS) == [(FAILED, token, TIMEOUT)]
    assert exchanges.retransmissions == 0


def test_a_reset_ends_a_request():
    exchanges = Exchanges(7)
    token, request = ask(exchanges)
    assert exchanges.receive(PEER, message(RST, 0, request.mid), 9) == [(FAILED, token, RESET)]
    assert not pending(exchanges)


def test_the_first_timeout_is_spread_over_a_second():
    first = []
    for spread in (0, 128, 255):
        exchanges = Exchanges(7)
        ask(exchanges, 0, spread)
        first.append(exchanges.next_ms())
    assert first == [2000, 2501, 3000]


def test_an_answer_counts_only_from_the_peer_that_was_asked():
    exchanges = Exchanges(7)
    token, request = ask(exchanges)
    for stray in (
        message(ACK, coap.CHANGED, request.mid, token),
        message(ACK, 0, request.mid),
        message(RST, 0, request.mid),
        message(NON, coap.CHANGED, 5, token),
    ):
        assert not exchanges.receive(OTHER, stray, 10)
    stray = message(CON, coap.CHANGED, 6, token)
    assert sent(exchanges.receive(OTHER, stray, 10)).type == RST
    assert exchanges.next_ms() == 2000


def test_an_ack_with_a_foreign_token_a_request_code_or_a_reserved_code_is_ignored():
    exchanges = Exchanges(7)
    token, request = ask(exchanges)
    for code, other in ((coap.CHANGED, b"no"), (coap.GET, token), (0xE1, token)):
        assert not exchanges.receive(PEER, message(ACK, code, request.mid, other), 10)
    assert not exchanges.receive(PEER, message(RST, coap.GET, request.mid, token), 10)
    assert exchanges.next_ms() == 2000


def test_open_requests_are_bounded():
    exchanges = Exchanges(7)
    for _ in range(MAX_OPEN):
        ask(exchanges)
    token, actions = exchanges.request(PEER, coap.GET, (), b"", 0, 0)
    assert actions == [(FAILED, token, BUSY)]


def test_a_cancelled_request_is_forgotten():
    exchanges = Exchanges(7)
    token, request = ask(exchanges)
    exchanges.cancel(token)
    assert not pending(exchanges)
    assert not exchanges.receive(PEER, message(ACK, coap.CHANGED, request.mid, token), 10)


def test_message_ids_and_tokens_count_on_past_their_ends():
    exchanges = Exchanges(0xFFFE, 0xFFFFFFFE)
    found = [ask(exchanges) for _ in range(3)]
    assert [request.mid for _, request in found] == [0xFFFF, 0, 1]
    assert [token[-1] for token, _ in found] == [0xFF, 0, 1]
    assert len({token for token, _ in found}) == 3


# --- requests of others ------------------------------------------------------------------------


def test_a_request_is_told_once_and_its_reply_repeated():
    for kind, reply_kind in ((CON, ACK), (NON, NON)):
        exchanges = Exchanges(7)
        datagram = message(kind, coap.GET, 42, b"t", options=PATH)
        actions = exchanges.receive(PEER, datagram, 0)
        assert actions == [(REQUEST, PEER, coap.decode(datagram))]
        assert not exchanges.receive(PEER, datagram, 1)  # not answered yet
        reply = exchanges.respond(PEER, actions[0][2], coap.CONTENT, (), b"21", 2)
        assert (sent(reply).type, sent(reply).token) == (reply_kind, b"t")
        assert exchanges.receive(PEER, datagram, 3) == reply
        assert exchanges.duplicates == 2


def test_the_same_message_id_from_another_peer_or_much_later_is_a_new_request():
    exchanges = Exchanges(7)
    datagram = message(CON, coap.GET, 42, b"t")
    assert kinds(exchanges.receive(PEER, datagram, 0)) == [REQUEST]
    assert kinds(exchanges.receive(OTHER, datagram, 0)) == [REQUEST]
    assert not exchanges.receive(PEER, datagram, EXCHANGE_LIFETIME_MS - 1)
    assert kinds(exchanges.receive(PEER, datagram, EXCHANGE_LIFETIME_MS)) == [REQUEST]


def test_the_memory_of_requests_is_bounded():
    exchanges = Exchanges(7)
    for mid in range(MAX_SEEN + 1):
        assert kinds(exchanges.receive(PEER, message(CON, coap.GET, mid), 0)) == [REQUEST]
    assert not exchanges.receive(PEER, message(CON, coap.GET, MAX_SEEN), 0)
    assert kinds(exchanges.receive(PEER, message(CON, coap.GET, 0), 0)) == [REQUEST]


def test_strays_are_refused_as_the_standard_wants_it():
    exchanges = Exchanges(7)
    ping = message(CON, 0, 0x1234)
    assert exchanges.receive(PEER, ping, 0) == [(SEND, PEER, b"\x70\x00\x12\x34")]
    assert exchanges.malformed == 0
    for stray, refused in (
        (b"\x49\x01\x12\x34", True),  # CON with a reserved token length
        (b"\x59\x01\x12\x34", False),  # the same as NON
        (b"\x80\x01\x12\x34", False),  # another version
        (b"\x40", False),
        (b"\x40\x01\x12\x35" + bytes(2000), True),
        (message(CON, 0x21, 0x1236), True),  # reserved class of code
        (message(NON, 0xE1, 0x1237), False),
    ):
        before = exchanges.malformed
        actions = exchanges.receive(PEER, stray, 0)
        assert exchanges.malformed == before + 1, stray
        assert bool(actions) == refused, stray
        assert not refused or sent(actions).type == RST
    assert sent(exchanges.receive(PEER, message(CON, coap.CONTENT, 9, b"?"), 0)).type == RST
    assert not exchanges.receive(PEER, message(NON, coap.CONTENT, 10, b"?"), 0)
    assert not exchanges.receive(PEER, message(NON, 0, 11), 0)
    assert not exchanges.receive(PEER, message(ACK, 0, 12), 0)
    assert not exchanges.receive(PEER, message(RST, 0, 13), 0)


# --- notifications -----------------------------------------------------------------------------


def tell(exchanges, confirmable, now_ms=0, payload=b"21"):
    actions = exchanges.notify(PEER, coap.CONTENT, b"ob", (), payload, confirmable, now_ms, 0)
    return sent(actions)


def test_a_confirmable_notification_is_over_when_acknowledged():
    exchanges = Exchanges(7)
    first = tell(exchanges, True)
    assert (first.type, first.token) == (CON, b"ob")
    assert sent(exchanges.poll(2000)) == first
    assert not exchanges.receive(PEER, message(ACK, 0, first.mid), 2100)
    assert not pending(exchanges)


def test_an_observer_that_resets_or_never_acknowledges_is_gone():
    gone = [(REJECTED, PEER, b"ob")]
    for confirmable in (True, False):
        exchanges = Exchanges(7)
        mid = tell(exchanges, confirmable).mid
        assert not exchanges.receive(OTHER, message(RST, 0, mid), 100)
        assert exchanges.receive(PEER, message(RST, 0, mid), 100) == gone
        assert not pending(exchanges)
    exchanges = Exchanges(7)
    tell(exchanges, True)
    actions = ()
    while pending(exchanges):
        actions = exchanges.poll(exchanges.next_ms())
    assert actions == gone


def test_a_newer_notification_takes_the_place_of_the_open_one_and_its_attempts():
    exchanges = Exchanges(7)
    older = tell(exchanges, True)
    exchanges.poll(2000)
    newer = tell(exchanges, True, 3000, b"22")
    assert newer.mid != older.mid
    assert exchanges.next_ms() == 6000
    assert sent(exchanges.poll(6000)) == newer
    assert not exchanges.receive(PEER, message(ACK, 0, older.mid), 6100)
    assert pending(exchanges)
    assert exchanges.receive(PEER, message(RST, 0, older.mid), 6200) == [(REJECTED, PEER, b"ob")]


def test_a_notification_that_finds_no_room_goes_out_unconfirmed():
    exchanges = Exchanges(7)
    for _ in range(MAX_OPEN):
        ask(exchanges)
    assert tell(exchanges, True).type == NON


def test_ticks_may_grow_for_years():
    exchanges = Exchanges(7)
    start = 1 << 40
    ask(exchanges, start)
    assert kinds(exchanges.poll(start + 2000)) == [SEND]
    assert exchanges.next_ms() == start + 6000
