"""COSE_Mac0 with HMAC 256/256 (RFC 9052 §6.2, RFC 9053 §3.1): the seal of a journal block.

Sealed bytes are always `d1 84 43 a10105 a0 <payload bstr> <32-byte tag bstr>`: tag 17, algorithm 5
in the protected header and nothing else, so that one seal has one encoding.
"""

import hashlib

from . import cbor
from .errors import AuthError, DecodeError

TAG_BYTES = 32

_PROTECTED = b"\xa1\x01\x05"  # {alg: HMAC 256/256}
_PREFIX = b"\xd1\x84\x43" + _PROTECTED + b"\xa0"
_STRUCTURE = b"\x84\x64MAC0\x43" + _PROTECTED + b"\x40"  # ["MAC0", protected, external_aad = h'']
_HMAC_BLOCK = 64


class Mac:
    """HMAC-SHA-256 under one key (RFC 2104); both pads are made once, by one big-integer XOR."""

    def __init__(self, key: bytes):
        if len(key) > _HMAC_BLOCK:
            key = hashlib.sha256(key).digest()
        number = int.from_bytes(key + bytes(_HMAC_BLOCK - len(key)), "big")
        self._inner = (number ^ _repeat(0x36)).to_bytes(_HMAC_BLOCK, "big")
        self._outer = (number ^ _repeat(0x5C)).to_bytes(_HMAC_BLOCK, "big")

    def tag(self, *parts: bytes) -> bytes:
        """32-byte tag over the concatenation of `parts`."""
        inner = hashlib.sha256(self._inner)
        for part in parts:
            inner.update(part)
        outer = hashlib.sha256(self._outer)
        outer.update(inner.digest())
        return outer.digest()


def seal(payload: bytes, mac: Mac) -> bytes:
    """COSE_Mac0 around `payload`."""
    body = cbor.head(2, len(payload)) + payload
    return _PREFIX + body + b"\x58\x20" + mac.tag(_STRUCTURE, body)


def payload(data: "bytes | memoryview", offset: int = 0) -> "tuple[bytes, int]":
    """(payload, offset after the seal) of the sealed block at `offset`, not verified."""
    inside, _, end = _split(data, offset)
    return inside, end


def payload_span(head: bytes) -> "tuple[int, int]":
    """(offset, size) of the payload in the sealed block that begins with `head` (16 bytes do)."""
    start = len(_PREFIX)
    if bytes(head[:start]) != _PREFIX or len(head) < start + 3:
        raise DecodeError("not a COSE_Mac0 with HMAC 256/256")
    first, middle = head[start], start + 1
    if 0x40 <= first < 0x58:
        return middle, first - 0x40
    if first == 0x58:
        return middle + 1, head[middle]
    if first == 0x59:
        return middle + 2, head[middle] << 8 | head[middle + 1]
    raise DecodeError("payload is not a byte string below 64 KiB", start)


def open(data: bytes, mac: Mac) -> bytes:
    """Payload of a sealed block; AuthError if the seal does not match, DecodeError without one."""
    inside, tag, end = _split(data, 0)
    if end != len(data):
        raise DecodeError("trailing bytes", end)
    if not _same(mac.tag(_STRUCTURE, cbor.head(2, len(inside)), inside), tag):
        raise AuthError("seal does not match")
    return inside


def _split(data, offset):
    start = offset + len(_PREFIX)
    if bytes(data[offset:start]) != _PREFIX:
        raise DecodeError("not a COSE_Mac0 with HMAC 256/256", offset)
    inside, middle = cbor.decode_at(data, start)
    tag, end = cbor.decode_at(data, middle)
    if not isinstance(inside, bytes):
        raise DecodeError("payload is not a byte string", start)
    if not isinstance(tag, bytes) or len(tag) != TAG_BYTES:
        raise DecodeError("tag is not 32 bytes", middle)
    return inside, tag, end


def _same(one, other):
    """Compare in a time that does not depend on where the difference is."""
    difference = len(one) ^ len(other)
    for a, b in zip(one, other):
        difference |= a ^ b
    return difference == 0


def _repeat(byte):
    return int.from_bytes(bytes((byte,)) * _HMAC_BLOCK, "big")
