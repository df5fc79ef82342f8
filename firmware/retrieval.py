"""Reading the journal from outside: by number, by time, a few blocks at once.

What `/journal` answers is a CBOR sequence (RFC 8742) of sealed blocks, as they stand on flash: a
reader verifies them itself. Nothing here holds more than `MAX_BYTES` of them, or opens more than
a handful of segments, because the relay of a channel may be due at any moment.
"""

from protocols import block, cose
from protocols.errors import ProtocolError

MAX_BYTES = 4096


def after(journal, seq: int) -> bytes:
    """Sealed blocks from `seq` + 1 on, as many as `MAX_BYTES` hold; empty if there are none.

    A block that flash does not give back any more is left out: the numbers show the hole.
    """
    out = bytearray()
    seq = max(seq + 1, journal.first)
    while seq <= journal.last:
        sealed = journal.read(seq)
        if sealed is not None:
            if len(out) + len(sealed) > MAX_BYTES:
                break
            out.extend(sealed)
        seq += 1
    return bytes(out)


def before(journal, t_ms: int) -> int:
    """Number to ask `after` with for what happened at unix time `t_ms` and later.

    By bisection over the segments' first blocks: the answer may begin up to one segment (16 KiB)
    too early, never too late, as long as the clock was not set back.
    """
    starts = journal.starts()
    low, high = 0, len(starts) - 1
    while low < high:
        middle = (low + high + 1) // 2
        begun_ms = _begun_ms(journal.read(starts[middle]))
        if begun_ms is None or begun_ms > t_ms:
            high = middle - 1
        else:
            low = middle
    return starts[low] - 1 if starts else 0


def _begun_ms(sealed):
    """Time of a block's first sample or event; None if it cannot be read."""
    try:
        return block.peek(cose.payload(sealed or b"")[0])[0]
    except ProtocolError:
        return None
