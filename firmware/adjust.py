"""Zero and span: putting an instrument right on the spot, with its seal open.

`zero CHANNEL` makes what it reads now zero, `span CHANNEL VALUE` makes it that value. Both gather
readings for some seconds, marked as a local test meanwhile, with every limit at work as before.
What comes out stands in the sealed part of `/cfg.cbor`, so the configuration id changes with it;
old and new value are an event, and the node starts anew under the new configuration.

How far it may go is measured by the maximum permissible error (MPE) of the sealed part: readings
must keep together within half of it, and what is off by more than twice of it is broken and no
matter of adjustment (both our choice).
"""

import hashlib
import os

from firmware import borrow, config
from protocols import cbor, coap, codes

READINGS = 8  # one a second
STEADY_MPES = 0.5
MOST_MPES = 2
LEAST_SPAN = 0.5  # a span put right at a small value would magnify its error

_USAGE = b"try: zero CHANNEL, span CHANNEL VALUE; channels: "


def begin(node, payload: bytes) -> tuple:
    """Answer to the command; on 2.04 the readings are being gathered."""
    what, channel, wanted = _understood(node, payload)
    if channel is None:
        names = ", ".join(one.name for one in node.channels)
        return coap.BAD_REQUEST, None, _USAGE + names.encode()
    if node.cfg.seal != "open":
        return coap.FORBIDDEN, None, b"the seal is closed: provision the node with an open one"
    if node.adjustment is not None:
        return coap.CONFLICT, None, b"another one is under way"
    if what == "span" and not LEAST_SPAN * channel.high <= wanted <= channel.high:
        return coap.BAD_REQUEST, None, b"a span is put right in the upper half of the range"
    accuracy = _entry(_sealed(), channel.ch).get("accuracy")
    if accuracy is None:
        return coap.CONFLICT, None, b"the configuration states no accuracy to measure it by"
    bound = borrow("metrology").mpe(accuracy, wanted, channel.high - channel.low)
    node.adjustment = Adjustment(channel, what, wanted, bound)
    node.recorder.urgent(codes.EV_COMMAND, (what, channel.ch, None, "network"))
    return coap.CHANGED, None, b""


class Adjustment:
    """One zero or span under way; `mpe` at the wanted value, in the wire unit."""

    def __init__(self, channel, what: str, wanted: float, mpe: float):
        self._channel = channel
        self._what = what
        self._wanted = wanted
        self._mpe = mpe
        self._readings: "list[float]" = []
        channel.adjusting = True

    def tend(self, node):
        """Once a second: take a reading; after the last one write what comes out, or give up."""
        value = self._channel.last.value
        if value is None:
            return self._end(node, "no reading")
        self._readings.append(value)
        if len(self._readings) < READINGS:
            return None
        if max(self._readings) - min(self._readings) > STEADY_MPES * self._mpe:
            return self._end(node, "not steady")
        mean = sum(self._readings) / READINGS
        if abs(mean - self._wanted) > MOST_MPES * self._mpe:
            return self._end(node, "off by more than twice the permissible error")
        try:
            event, digest = _write(self._channel, self._what, mean, self._wanted)
        except OSError:
            return self._end(node, "flash refused it")
        node.recorder.urgent(codes.EV_ADJUST, event + ("network",))
        node.recorder.urgent(codes.EV_CONFIG, (digest,))
        node.leave()
        return self._end(node)

    def _end(self, node, why=None):
        self._channel.adjusting = False
        node.adjustment = None
        if why is not None:
            args = (self._what + " given up", self._channel.ch, None, "node", why)
            node.recorder.urgent(codes.EV_COMMAND, args)


def _understood(node, payload):
    """(what, channel, wanted value) of a command; no channel if it makes no sense."""
    try:
        words = str(payload, "utf-8").split()
        what, name = words[0], words[1]
        wanted = float(words[2]) if what == "span" else 0.0
    except (IndexError, UnicodeError, ValueError):
        return "", None, 0.0
    if len(words) != (3 if what == "span" else 2):
        return "", None, 0.0
    for channel in node.channels:
        if channel.name == name:
            return what, channel, wanted
    return "", None, 0.0


def _write(channel, what, mean, wanted):
    """Put the new value into the sealed part on flash: (arguments of the event, digest)."""
    with open(config.PATH, "rb") as file:
        operating = config.parts(file.read())[1]
    sealed = _sealed()
    entry = _entry(sealed, channel.ch)
    zero, gain = entry.get("zero", 0.0), entry.get("gain", 1.0)
    if what == "zero":
        entry["zero"] = zero + mean / gain
        old, new = (round(1000 * one / channel.step) for one in (zero, entry["zero"]))
    else:
        entry["gain"] = gain * wanted / mean
        old, new = (round(1_000_000 * one) for one in (gain, entry["gain"]))
    packed = cbor.encode(sealed)
    digest = hashlib.sha256(packed + operating).digest()
    with open(config.PATH + ".new", "wb") as file:
        file.write(cbor.encode([packed, operating, digest]))
    os.rename(config.PATH + ".new", config.PATH)
    return (channel.ch, "zero" if what == "zero" else "gain", old, new), digest


def _sealed():
    with open(config.PATH, "rb") as file:
        return cbor.decode(config.parts(file.read())[0])


def _entry(sealed, ch):
    for entry in sealed["channels"]:
        if entry["ch"] == ch:
            return entry
    raise KeyError(ch)
