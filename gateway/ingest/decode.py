"""Bytes of a request -> a verified block, or Refused with the CoAP code that answers it. Pure."""

from collections.abc import Iterable, Mapping

import cbor2

from gateway.errors import Refused
from gateway.model import Chunk, Event, Sealed
from gateway.store.evidence import SEQ_MAX
from gateway.store.series import last_of
from protocols import block, coap, cose
from protocols.errors import AuthError, ProtocolError, VersionError
from protocols.paths import MAX_BLOCK_BYTES

_INTEGER_MAX = 2**63 - 1  # of the store
_GROUPS = 10  # index of the groups in a payload (protocols.block)


def sealed_block(data: bytes, macs: Mapping[str, cose.Mac], received_ms: int) -> Sealed:
    """The block in `data`, its seal verified with the key of the node that it names."""
    if len(data) > MAX_BLOCK_BYTES:
        raise Refused(
            coap.REQUEST_ENTITY_TOO_LARGE, f"a block has at most {MAX_BLOCK_BYTES} bytes"
        )
    try:
        payload, _ = cose.payload(data)
        found = block.decode(payload)
        mac = macs.get(found.header.node)
        if mac is None:
            raise Refused(coap.FORBIDDEN, "unknown node")
        cose.open(data, mac)
    except AuthError:
        raise Refused(coap.FORBIDDEN, "seal does not match") from None
    except VersionError as error:
        raise Refused(coap.BAD_REQUEST, str(error)) from None
    except ProtocolError as error:
        raise Refused(coap.BAD_REQUEST, f"not a block: {error}") from None
    return _sealed(found, data, _chunks(payload, found.header.t0_ms), received_ms)


def _sealed(found: block.Block, data: bytes, chunks: list[Chunk], received_ms: int) -> Sealed:
    header = found.header
    events = [Event(one.number, one.t_ms, one.code, list(one.args)) for one in found.events]
    _check_numbers((header.t0_ms, header.boot))
    for event in events:
        _check_numbers((event.number, event.t_ms, event.code, *event.args))
    for chunk in chunks:
        _check_numbers((chunk.ch, chunk.period_ms, chunk.t0_ms + chunk.period_ms * chunk.count))
    if header.seq > SEQ_MAX:
        raise Refused(coap.BAD_REQUEST, "not a block: seq out of range")
    return Sealed(
        node=header.node,
        seq=header.seq,
        sealed=data,
        link=block.link(data),
        prev=header.prev,
        boot=header.boot,
        t0_ms=header.t0_ms,
        mode=header.mode,
        clock=header.clock,
        events=events,
        chunks=chunks,
        last=[last_of(chunk) for chunk in chunks],
        received_ms=received_ms,
    )


def _chunks(payload: bytes, t0_ms: int) -> list[Chunk]:
    """Channel data as packed: `block.decode` has checked them, here they are kept as they are."""
    chunks = []
    for period_ms, offset_ms, count, *channels in cbor2.loads(payload)[_GROUPS]:
        for i in range(0, len(channels), 3):
            ch, scale, data = channels[i : i + 3]
            chunks.append(Chunk(ch, scale, period_ms, t0_ms + offset_ms, count, data))
    return chunks


def _check_numbers(values: Iterable[object]) -> None:
    for value in values:
        if isinstance(value, int) and not -_INTEGER_MAX <= value <= _INTEGER_MAX:
            raise Refused(coap.BAD_REQUEST, "not a block: integer beyond 63 bits")
