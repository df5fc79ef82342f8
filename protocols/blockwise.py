"""Block-wise answers (RFC 7959): a representation that no datagram holds, piece by piece.

The server keeps nothing between two pieces: each is cut from the representation of its moment. An
ETag tells the client if that has changed meanwhile, so that it does not join what does not belong
together.
"""

import hashlib

from . import coap
from .errors import DecodeError

BLOCK2 = 23
ETAG = 4
MAX_PLAIN_BYTES = 960  # what fits a message of `paths.MAX_MESSAGE_BYTES` beside header and options
_LARGEST = 5  # size exponent of the pieces that we make: 512 bytes
_ETAG_BYTES = 4


def cut(message: "coap.Message | None", payload: bytes) -> "tuple[bytes, tuple]":
    """(piece, options that go with it) to answer `message` with.

    Without a message (a notification) the first piece is meant. DecodeError if there is no piece
    of that number.
    """
    wish = coap.uint(message, BLOCK2) if message is not None else None
    if wish is None:
        if len(payload) <= MAX_PLAIN_BYTES:
            return payload, ()
        wish = _LARGEST
    number, exponent = wish >> 4, wish & 7
    if exponent == 7:
        raise DecodeError("block size 7 is reserved")
    if exponent > _LARGEST:  # §2.4: smaller pieces of ours, from where the client wants to go on
        number, exponent = number << exponent - _LARGEST, _LARGEST
    start, size = number << exponent + 4, 1 << exponent + 4
    if start >= len(payload) and number:
        raise DecodeError("the representation has {} bytes".format(len(payload)))
    more = start + size < len(payload)
    option = coap.uint_option(BLOCK2, number << 4 | more << 3 | exponent)
    etag = hashlib.sha256(payload).digest()[:_ETAG_BYTES]
    return payload[start : start + size], ((ETAG, etag), option)
