"""Reliable exchange of CoAP messages (RFC 7252 §4, §5) for an endpoint that is client and server.

Datagrams and monotonic milliseconds go in; what comes out are actions that the caller carries out:

    (SEND, peer, datagram)       hand the datagram to the link
    (REQUEST, peer, message)     a new request: hand the answer to `respond` before anything else
    (RESPONSE, token, message)   the answer to our request of that token, which is over
    (FAILED, token, reason)      our request of that token is over without an answer
    (REJECTED, peer, token)      nobody at `peer` wants our notifications under that token any more

Theory of operation. Every confirmable message of ours (a request, a notification) is *open* until
the table below says it is DONE; `receive` and `poll` do no more than name what happened to it:

    ACKNOWLEDGED   an empty ACK with its message ID
    ANSWERED       a response with its token from the peer it was asked of: in the ACK (then the
                   message ID must fit too), or separately as CON or NON, also before the ACK
    REFUSED        a Reset with its message ID
    EXPIRED        four retransmissions went unacknowledged, or the answer promised by an empty ACK
                   did not come

So every request ends in exactly one RESPONSE or FAILED. While a message waits for its ACK, `poll`
sends it again after a timeout that doubles each time. At most MAX_OPEN messages are open: one more
request fails at once as BUSY, one more notification goes out non-confirmable. A notification takes
the place of an open one with the same token and inherits its attempts (RFC 7641 §4.5.2).

What a peer sends as CON or NON is remembered in a ring of MAX_SEEN, with our reply: a duplicate is
answered by the same reply and told to nobody. A peer that starts more exchanges than that while
one of its messages is still under way may see that one processed twice.

Anything else that arrives is refused as RFC 7252 wants it: malformed CON, a CON response that was
not asked for and an empty CON ("CoAP ping") get a Reset; everything else of that sort is ignored.
Notifications to us are not served: each would be a response that nobody asked for.
"""

from . import coap
from .coap import ACK, CON, EMPTY, NON, RST, Message
from .errors import DecodeError

# --- actions -----------------------------------------------------------------------------------
SEND = 1
REQUEST = 2
RESPONSE = 3
FAILED = 4
REJECTED = 5

# --- reasons of FAILED -------------------------------------------------------------------------
RESET = "reset"
TIMEOUT = "timeout"
BUSY = "busy"

# --- timings (RFC 7252 §4.8) -------------------------------------------------------------------
ACK_TIMEOUT_MS = 2_000
ACK_SPREAD_MS = 1_000  # ACK_RANDOM_FACTOR 1.5: the first timeout is 2 to 3 s
MAX_RETRANSMIT = 4
RESPONSE_WAIT_MS = 93_000  # MAX_TRANSMIT_WAIT (§4.8.2): patience after an empty ACK
EXCHANGE_LIFETIME_MS = 247_000  # §4.8.2: how long the message ID of a CON is remembered
NON_LIFETIME_MS = 145_000  # §4.8.2: and that of a NON

# --- bounds (ours) -----------------------------------------------------------------------------
MAX_OPEN = 8
MAX_SEEN = 16
MAX_TOLD = 8  # unconfirmed notifications whose Reset we still recognise

TOKEN_BYTES = 4  # §5.3.1: long enough not to be guessed by someone who cannot listen

# --- states of an open message, and what happens to it ------------------------------------------
DONE = 0
ASKED = 1  # request sent, no sign of the peer yet
PROMISED = 2  # request acknowledged, answer to come
TOLD = 3  # confirmable notification sent

ACKNOWLEDGED = 1
ANSWERED = 2
REFUSED = 3
EXPIRED = 4

# (state, what happens, next state, action, reason of FAILED)
TABLE = (
    (ASKED, ACKNOWLEDGED, PROMISED, None, None),
    (ASKED, ANSWERED, DONE, RESPONSE, None),
    (ASKED, REFUSED, DONE, FAILED, RESET),
    (ASKED, EXPIRED, DONE, FAILED, TIMEOUT),
    (PROMISED, ANSWERED, DONE, RESPONSE, None),
    (PROMISED, EXPIRED, DONE, FAILED, TIMEOUT),
    (TOLD, ACKNOWLEDGED, DONE, None, None),
    (TOLD, REFUSED, DONE, REJECTED, None),
    (TOLD, EXPIRED, DONE, REJECTED, None),
)

_NOTHING = ()
_RESPONSES = (2, 3, 4, 5)  # code classes (§12.1.2); 0 is a request, the others are reserved


class Exchanges:
    """Everything under way between this endpoint and its peers. `peer` is any hashable address.

    Counters for reading: malformed, duplicates, retransmissions, timeouts.
    """

    def __init__(self, mid: int, token: int = 0):
        """Both numbers should be random at each start: peers remember message IDs for minutes."""
        self.malformed = 0
        self.duplicates = 0
        self.retransmissions = 0
        self.timeouts = 0
        self._mid = mid & 0xFFFF
        self._token = token & 0xFFFFFFFF
        self._open: list = []
        self._seen = _Ring(MAX_SEEN)
        self._told = _Ring(MAX_TOLD)

    def request(
        self, peer, code: int, options: tuple, payload: bytes, now_ms: int, spread: int
    ) -> "tuple[bytes, tuple | list]":
        """(token, actions) of a new confirmable request; `spread` is entropy, 0 to 255."""
        self._token = (self._token + 1) & 0xFFFFFFFF
        token = self._token.to_bytes(TOKEN_BYTES, "big")
        if len(self._open) >= MAX_OPEN:
            return token, [(FAILED, token, BUSY)]
        message = Message(CON, code, self._next_mid(), token, options, payload)
        return token, self._begin(_Open(ASKED, peer, message, now_ms, spread))

    def receive(self, peer, datagram: bytes, now_ms: int) -> "tuple | list":
        """Actions that a datagram from `peer` calls for."""
        try:
            message = coap.decode(datagram)
        except DecodeError:
            self.malformed += 1
            reset = coap.reset_for(datagram)
            return [(SEND, peer, reset)] if reset else _NOTHING
        if message.type == ACK or message.type == RST:
            return self._receive_reply(peer, message, now_ms)
        if message.code == EMPTY:
            return [(SEND, peer, _empty(RST, message.mid))] if message.type == CON else _NOTHING
        known = self._seen.find(peer, message.mid)
        if known and now_ms < known.until_ms:
            self.duplicates += 1
            return [(SEND, peer, known.content)] if known.content else _NOTHING
        lifetime_ms = EXCHANGE_LIFETIME_MS if message.type == CON else NON_LIFETIME_MS
        self._seen.put(peer, message.mid, now_ms + lifetime_ms, None)
        if message.code >> 5 == 0:
            return [(REQUEST, peer, message)]
        return self._receive_response(peer, message, now_ms)

    def respond(
        self, peer, request: "Message", code: int, options: tuple, payload: bytes, now_ms: int
    ) -> "tuple | list":
        """Answer a REQUEST: in the ACK of a CON, by a NON to a NON; again if it is repeated."""
        kind, mid = ACK, request.mid
        if request.type == NON:
            kind, mid = NON, self._next_mid()
            self._told.put(peer, mid, now_ms + NON_LIFETIME_MS, request.token)
        datagram = coap.encode(Message(kind, code, mid, request.token, options, payload))
        self._reply(peer, request.mid, datagram)
        return [(SEND, peer, datagram)]

    def notify(
        self,
        peer,
        code: int,
        token: bytes,
        options: tuple,
        payload: bytes,
        confirmable: bool,
        now_ms: int,
        spread: int,
    ) -> "tuple | list":
        """Send a notification, or a response later than in the ACK, under the peer's token."""
        mid = self._next_mid()
        older = self._find(peer, token)
        if confirmable and (older or len(self._open) < MAX_OPEN):
            message = Message(CON, code, mid, token, options, payload)
            if older is None:
                return self._begin(_Open(TOLD, peer, message, now_ms, spread))
            self._told.put(peer, older.mid, now_ms + EXCHANGE_LIFETIME_MS, token)
            return older.replace(message)
        self._told.put(peer, mid, now_ms + NON_LIFETIME_MS, token)
        datagram = coap.encode(Message(NON, code, mid, token, options, payload))
        return [(SEND, peer, datagram)]

    def poll(self, now_ms: int) -> "tuple | list":
        """What time alone calls for: retransmissions, and the end of what waited long enough."""
        actions = _NOTHING
        for one in tuple(self._open):
            if one.due_ms > now_ms:
                continue
            if one.tries_left:
                self.retransmissions += 1
                more = one.again(now_ms)
            else:
                self.timeouts += 1
                more = self._step(one, EXPIRED, None, now_ms)
            actions = actions + more if actions else more
        return actions

    def next_ms(self) -> "int | None":
        """When `poll` has something to do, at the earliest; None while nothing is open."""
        return min(one.due_ms for one in self._open) if self._open else None

    def cancel(self, token: bytes):
        """Forget a request of ours: neither RESPONSE nor FAILED will follow."""
        self._open = [one for one in self._open if one.token != token or one.state == TOLD]

    def _receive_reply(self, peer, message, now_ms):
        """ACK and Reset: they belong to the message of ours whose ID they carry, or to nothing."""
        for one in self._open:
            if one.mid == message.mid and one.peer == peer:
                return self._step(one, _happened(one, message), message, now_ms)
        told = self._told.find(peer, message.mid)
        if message.type == RST and message.code == EMPTY and told and now_ms < told.until_ms:
            return [(REJECTED, peer, told.content)]
        return _NOTHING

    def _receive_response(self, peer, message, now_ms):
        """A response of its own, CON or NON: it belongs to the request with its token."""
        if message.code >> 5 not in _RESPONSES:
            self.malformed += 1
        else:
            for one in self._open:
                if one.state != TOLD and one.token == message.token and one.peer == peer:
                    actions = self._acknowledge(peer, message, ACK)
                    return actions + self._step(one, ANSWERED, message, now_ms)
        return self._acknowledge(peer, message, RST)

    def _acknowledge(self, peer, message, kind):
        if message.type != CON:
            return []
        datagram = _empty(kind, message.mid)
        self._reply(peer, message.mid, datagram)
        return [(SEND, peer, datagram)]

    def _reply(self, peer, mid, datagram):
        known = self._seen.find(peer, mid)
        if known:
            known.content = datagram

    def _begin(self, one):
        actions = [(SEND, one.peer, one.datagram)]
        self._open.append(one)
        return actions

    def _step(self, one, happened, message, now_ms):
        """Look one open message up in the table."""
        for state, event, after, action, reason in TABLE:
            if state == one.state and event == happened:
                break
        else:
            return []
        one.state = after
        if after == DONE:
            self._open.remove(one)
        elif after == PROMISED:
            one.wait(now_ms + RESPONSE_WAIT_MS)
        if action == RESPONSE:
            return [(RESPONSE, one.token, message)]
        if action == FAILED:
            return [(FAILED, one.token, reason)]
        return [(REJECTED, one.peer, one.token)] if action == REJECTED else []

    def _find(self, peer, token):
        for one in self._open:
            if one.state == TOLD and one.token == token and one.peer == peer:
                return one
        return None

    def _next_mid(self):
        """§4.4: 65536 IDs in turn repeat only after EXCHANGE_LIFETIME, up to 265 messages/s."""
        self._mid = (self._mid + 1) & 0xFFFF
        return self._mid


class _Open:
    """One confirmable message of ours that is not over yet."""

    def __init__(self, state, peer, message, now_ms, spread):
        self.state = state
        self.peer = peer
        self.mid = message.mid
        self.token = message.token
        self.datagram = coap.encode(message)
        self.tries_left = MAX_RETRANSMIT
        self.timeout_ms = ACK_TIMEOUT_MS + ACK_SPREAD_MS * spread // 255
        self.due_ms = now_ms + self.timeout_ms

    def again(self, now_ms):
        """§4.2: send the same bytes once more and be twice as patient."""
        self.tries_left -= 1
        self.timeout_ms *= 2
        self.due_ms = now_ms + self.timeout_ms
        return [(SEND, self.peer, self.datagram)]

    def replace(self, message):
        """Newer content under a new message ID; attempts and timeout go on counting."""
        self.mid = message.mid
        self.datagram = coap.encode(message)
        return [(SEND, self.peer, self.datagram)]

    def wait(self, until_ms):
        """The peer has it: no retransmission any more."""
        self.tries_left = 0
        self.due_ms = until_ms


class _Entry:
    def __init__(self):
        self.peer = self.mid = self.content = None
        self.until_ms = 0


class _Ring:
    """The last few (peer, message ID), each with some content; the oldest makes room."""

    def __init__(self, size):
        self._entries = [_Entry() for _ in range(size)]
        self._next = 0

    def find(self, peer, mid):
        for entry in self._entries:
            if entry.mid == mid and entry.peer == peer:
                return entry
        return None

    def put(self, peer, mid, until_ms, content):
        entry = self.find(peer, mid)
        if entry is None:
            entry = self._entries[self._next]
            self._next = (self._next + 1) % len(self._entries)
        entry.peer, entry.mid, entry.until_ms, entry.content = peer, mid, until_ms, content


def _happened(one, message):
    """What an ACK or Reset with the right message ID means; None if it is not a sound one."""
    if message.type == RST:
        return REFUSED if message.code == EMPTY else None
    if message.code == EMPTY:
        return ACKNOWLEDGED
    answers = message.code >> 5 in _RESPONSES and message.token == one.token
    return ANSWERED if answers and one.state != TOLD else None


def _empty(kind, mid):
    """Empty ACK or Reset (§4.1)."""
    return bytes((1 << 6 | kind << 4, EMPTY, mid >> 8, mid & 0xFF))
