"""DEV URN (RFC 9039) of an instrument: `urn:dev:os:<PEN>-<serial>`; SenML names build on it.

PEN is the manufacturer's IANA enterprise number; 32473 is the one reserved for documentation.
"""

from .errors import DecodeError

_PREFIX = "urn:dev:os:"
_ALLOWED = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-"  # RFC 9039 §3.2


def encode(pen: int, serial: str) -> str:
    """URN of the instrument with that serial; ValueError if the serial does not fit in one."""
    if pen <= 0:
        raise ValueError("enterprise number must be positive")
    if not serial or not _plain(serial):
        raise ValueError("serial may hold letters, digits, '.' and '-' only: " + repr(serial))
    return "{}{}-{}".format(_PREFIX, pen, serial)


def decode(text: str) -> "tuple[int, str]":
    """(enterprise number, serial) of a URN as `encode` writes it; DecodeError for any other."""
    if not text.startswith(_PREFIX):
        raise DecodeError("not a urn:dev:os")
    pen, dash, serial = text[len(_PREFIX) :].partition("-")
    if not dash or not serial:
        raise DecodeError("no serial after the enterprise number", len(_PREFIX))
    if not _digits(pen) or pen[0] == "0":
        raise DecodeError("enterprise number is not a positive number", len(_PREFIX))
    if not _plain(serial):
        raise DecodeError("serial holds a foreign character", len(_PREFIX) + len(pen) + 1)
    return int(pen), serial


def _plain(serial):
    return all(letter in _ALLOWED for letter in serial)


def _digits(text):
    return bool(text) and all(letter in "0123456789" for letter in text)
