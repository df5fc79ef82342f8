"""Plain SenML of other vendors' senders: who may send which names, and what a pack says. Pure.

Nothing is measured in the future: a pack that is a little ahead of our clock is moved back as a
whole, so that its newest time is that of its arrival; one that is far ahead is refused.
"""

from collections.abc import Iterable

from gateway.config import Plain, covers, endpoint, instrument
from gateway.errors import Refused
from gateway.model import Reading
from protocols import coap, paths, senml
from protocols.errors import DecodeError

MAX_PACK_BYTES = 8192  # gathered from several messages (RFC 7959)
MAX_VALUE = 1e300  # a float holds it, with room
MAX_AHEAD_MS = 60_000  # of our clock: what a clock set by hand may be off

FORMATS = {paths.SENML_CBOR: senml.decode_cbor, paths.SENML_JSON: senml.decode_json}


class Senders:
    """The senders that the configuration lists."""

    def __init__(self, plain: Iterable[Plain]) -> None:
        self._plain = [(endpoint(one.endpoint), one.names) for one in plain]

    def names(self, host: str, port: int) -> list[str]:
        """What a sender may send; Refused if it is not listed."""
        found = [names for known, names in self._plain if known in ((host, port), (host, None))]
        if not found:
            raise Refused(coap.FORBIDDEN, "this sender is not configured ([[plain]] endpoint)")
        return [name for names in found for name in names]


def readings(
    data: bytes, content_format: int | None, allowed: list[str], now_ms: int
) -> list[Reading]:
    """The numbers in a pack; Refused if it is none, or uses a name that is not allowed."""
    decode = FORMATS.get(content_format) if content_format is not None else None
    if decode is None:
        formats = " or ".join(str(one) for one in FORMATS)
        raise Refused(coap.UNSUPPORTED_CONTENT_FORMAT, f"send content-format {formats} (SenML)")
    try:
        records = decode(data, now_ms)
    except DecodeError as error:
        raise Refused(coap.BAD_REQUEST, f"not a SenML pack: {error}") from None
    for one in records:
        if not any(covers(name, one.name) for name in allowed):
            raise Refused(coap.FORBIDDEN, f"name {one.name} is not configured for this sender")
        if isinstance(one.value, (bool, str)) or abs(one.value) > MAX_VALUE:
            raise Refused(coap.BAD_REQUEST, f"value of {one.name} is not a number of ours")
    ahead_ms = _ahead(records, now_ms)
    return [_reading(one, one.t_ms - ahead_ms) for one in records]


def _ahead(records: list[senml.Record], now_ms: int) -> int:
    """By how much the sender's clock is ahead of ours, 0 if it is not known to be."""
    newest = max(records, key=lambda one: one.t_ms, default=None)
    if newest is None or newest.t_ms <= now_ms:
        return 0
    ahead_ms: int = newest.t_ms - now_ms
    if ahead_ms > MAX_AHEAD_MS:
        text = f"time of {newest.name} is {ahead_ms // 1000} s ahead of the gateway's clock"
        most = f"at most {MAX_AHEAD_MS // 1000} s are accepted"
        raise Refused(coap.BAD_REQUEST, f"{text}; {most}: set the sender's clock")
    return ahead_ms


def _reading(record: senml.Record, t_ms: int) -> Reading:
    """`urn:dev:os:1-2:temp` is instrument `temp` of `urn:dev:os:1-2`."""
    node, name = instrument(record.name)
    return Reading(node, name, record.unit or "", t_ms, float(record.value))
