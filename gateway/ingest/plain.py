"""Plain SenML of other vendors' senders: who may send which names, and what a pack says. Pure."""

from collections.abc import Iterable

from gateway.config import Plain, endpoint
from gateway.errors import Refused
from gateway.model import Reading
from protocols import coap, paths, senml
from protocols.errors import DecodeError

MAX_PACK_BYTES = 8192  # gathered from several messages (RFC 7959)
MAX_VALUE = 1e300  # a float holds it, with room

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
        if not any(_covers(name, one.name) for name in allowed):
            raise Refused(coap.FORBIDDEN, f"name {one.name} is not configured for this sender")
        if isinstance(one.value, (bool, str)) or abs(one.value) > MAX_VALUE:
            raise Refused(coap.BAD_REQUEST, f"value of {one.name} is not a number of ours")
    return [_reading(one) for one in records]


def _covers(allowed: str, name: str) -> bool:
    return name.startswith(allowed) if allowed.endswith(":") else name == allowed


def _reading(record: senml.Record) -> Reading:
    """`urn:dev:os:1-2:temp` is instrument `temp` of `urn:dev:os:1-2`."""
    node, _, name = record.name.rpartition(":")
    return Reading(node or "plain", name, record.unit or "", record.t_ms, float(record.value))
