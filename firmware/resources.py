"""What the node serves over CoAP: who it is, what it measures, which alarms stand, and commands.

Handlers return (code, content_format, payload) and hold no state: everything is read from the
node's parts at the moment of asking. A value of `/m` is provisional until its block is committed.
"""

from firmware import borrow, config, retrieval
from firmware.limits import MAX_SHELVE_S
from protocols import alarm, cbor, coap, paths, tags

_LINKS = (
    '</id>;ct=60,</m>;rt="tocsin.measurements";ct=112;obs,</a>;rt="tocsin.alarms";ct=60;obs,</cmd>'
    ",</cfg>;ct=60,</journal>;ct=63,</t>;ct=60"
)

# word, event, needs a time, needs a reason
_COMMANDS = (
    ("ack", alarm.ACK, False, False),
    ("reset", alarm.RESET, False, False),
    ("shelve", alarm.SHELVE, True, True),
    ("unshelve", alarm.UNSHELVE, False, False),
    ("remove", alarm.REMOVE, False, True),
    ("return", alarm.RETURN, False, False),
)
_USAGE = "try: ack, reset, shelve SECONDS REASON, unshelve, remove REASON, return; at most {} s"
MAX_REASON_BYTES = 80  # an event has to fit in a block with others


class Resources:
    """The resource tree of `node` (see `app.Node`)."""

    def __init__(self, node):
        self._node = node

    def mount(self, endpoint):
        """Put every resource on the endpoint."""
        endpoint.route(paths.WELL_KNOWN_CORE, self.core)
        endpoint.route(paths.IDENTITY, self.identity)
        endpoint.route(paths.MEASUREMENTS, self.measurements, observable=True)
        endpoint.route(paths.ALARMS, self.alarms, observable=True, below=True)
        endpoint.route(paths.COMMANDS, self.command)
        endpoint.route(paths.CONFIGURATION, self.configuration)
        endpoint.route(paths.JOURNAL, self.journal)
        endpoint.route(paths.TIME, self.time)

    def core(self, message, rest):
        """`/.well-known/core` (RFC 6690)."""
        if message.code != coap.GET:
            return _NOT_ALLOWED
        return coap.CONTENT, paths.LINK_FORMAT, _LINKS.encode()

    def identity(self, message, rest):
        """`/id`: data plate, ids and counters."""
        if message.code != coap.GET:
            return _NOT_ALLOWED
        return coap.CONTENT, paths.CBOR, cbor.encode(self._node.identity())

    def measurements(self, message, rest):
        """`/m`: latest value of every channel with what is known about it, as SenML."""
        if message is not None and message.code != coap.GET:
            return _NOT_ALLOWED
        return coap.CONTENT, paths.SENML_CBOR, self._node.latest()

    def alarms(self, message, rest):
        """`/a`: [tag, state, priority, active, since in unix ms] of every alarm, and of hidden
        ones [..., until in unix ms or null, reason]. POST /a/<tag> takes the text `ack`, `reset`,
        `shelve SECONDS REASON`, `unshelve`, `remove REASON` or `return`; POST /a `silence`."""
        if message is None or message.code == coap.GET:
            if rest:
                return _NOT_ALLOWED
            return coap.CONTENT, paths.CBOR, cbor.encode(self._list())
        if message.code != coap.POST:
            return _NOT_ALLOWED
        return self._apply(rest, message.payload)

    def command(self, message, rest):
        """`/cmd`: POST one word. `flush` closes the open block and answers with the identity right
        then, `selftest` tests and answers [[name, measured, passed], ...], `identify` flashes;
        `reboot`, `drill` and `drill end` do what they say; `zero CHANNEL` and `span CHANNEL VALUE`
        put a channel right, with the seal open."""
        if message.code != coap.POST:
            return _NOT_ALLOWED
        node, word = self._node, message.payload
        if word == b"flush":
            node.recorder.close()
            return coap.CHANGED, paths.CBOR, cbor.encode(node.identity())
        if word == b"selftest":
            return coap.CHANGED, paths.CBOR, cbor.encode(node.test())
        if word == b"identify":
            node.outputs.identify(node.clock.now_ms())
            return coap.CHANGED, None, b""
        if word == b"reboot":
            node.reboot("network")
            return coap.CHANGED, None, b""
        if word == b"drill" or word == b"drill end":
            if node.drill(word == b"drill", "network"):
                return coap.CHANGED, None, b""
            return coap.CONFLICT, None, b"only an instrument in normal mode can be in a drill"
        if word[:5] in (b"zero ", b"span "):
            return borrow("adjust").begin(node, word)
        return coap.BAD_REQUEST, None, b"unknown command; try: " + _COMMAND_WORDS

    def configuration(self, message, rest):
        """`/cfg`: the configuration as it stands on flash, `/cfg.cbor`."""
        if message.code != coap.GET:
            return _NOT_ALLOWED
        with open(config.PATH, "rb") as file:
            return coap.CONTENT, paths.CBOR, file.read()

    def journal(self, message, rest):
        """`/journal?after=SEQ` or `?since=MS` (unix time): some sealed blocks from there on.

        A reader goes on with the number of the last one until the answer is empty.
        """
        if message.code != coap.GET:
            return _NOT_ALLOWED
        query = _query(message)
        if query is None:
            return coap.BAD_REQUEST, None, b"ask with ?after=NUMBER or ?since=UNIX_MS"
        journal, (word, number) = self._node.journal, query
        seq = number if word == "after" else retrieval.before(journal, number)
        return coap.CONTENT, paths.CBOR_SEQUENCE, retrieval.after(journal, seq)

    def time(self, message, rest):
        """`/t`: [unix time in ms, its quality] of this moment."""
        if message.code != coap.GET:
            return _NOT_ALLOWED
        clock = self._node.clock
        now = [clock.wall_ms(clock.now_ms()), clock.quality]
        return coap.CONTENT, paths.CBOR, cbor.encode(now)

    def _apply(self, tag, payload):
        if not tag and payload == b"silence":
            self._node.silence("network")
            return coap.CHANGED, None, b""
        found = _command(payload)
        if found is None:
            return coap.BAD_REQUEST, None, _USAGE.format(MAX_SHELVE_S).encode()
        word, event, for_s, reason = found
        for channel, one in self._each():
            if _tag(channel, one) == tag:
                if self._node.apply(channel, one, event, word, "network", reason, for_s):
                    return coap.CHANGED, None, b""
                return coap.CONFLICT, None, b"the alarm's state does not allow that"
        return coap.NOT_FOUND, None, b"no such alarm"

    def _list(self):
        clock = self._node.clock
        found = []
        for channel, one in self._each():
            entry = [
                _tag(channel, one), one.state, one.priority, one.active,
                clock.wall_ms(one.since_ms),
            ]  # fmt: skip
            if one.reason:
                entry += [one.until_ms and clock.wall_ms(one.until_ms), one.reason]
            found.append(entry)
        return found

    def _each(self):
        for channel in self._node.alarming:
            for one in channel.alarms:
                yield channel, one


_COMMAND_WORDS = b"flush, selftest, identify, reboot, drill, drill end, zero, span"
_NOT_ALLOWED = (coap.METHOD_NOT_ALLOWED, None, b"")


def _command(payload):
    """(word, event, seconds, reason) of a command on an alarm; None if it is none."""
    if len(payload) > MAX_REASON_BYTES:
        return None
    try:
        word, space, rest = str(payload, "utf-8").partition(" ")
    except UnicodeError:
        return None
    for known, event, timed, reasoned in _COMMANDS:
        if known == word:
            break
    else:
        return None
    for_s = 0
    if timed:
        number, _, rest = rest.partition(" ")
        if not number.isdigit() or not 0 < int(number) <= MAX_SHELVE_S:
            return None
        for_s = int(number)
    reason = rest.strip()
    complete = bool(reason) == reasoned and bool(space) == reasoned
    return (word, event, for_s, reason) if complete else None


def _query(message):
    """("after" or "since", number) of the one Uri-Query; None if it is anything else."""
    found = [value for option, value in message.options if option == coap.URI_QUERY]
    word, _, number = found[0].partition(b"=") if len(found) == 1 else (b"", b"", b"")
    if word not in (b"after", b"since") or not number.isdigit() or len(number) > 16:
        return None
    return word.decode(), int(number)


def _tag(channel, one):
    return tags.tag(channel.name, one.condition)
