"""Errors of the wire. Every one says whose bytes were wrong and where.

ProtocolError
 +- DecodeError      the peer's bytes are not what the schema says (`offset` points at them)
 |   +- TooLarge     well formed so far, but beyond a stated limit
 +- VersionError     well formed, of a wire version this software does not speak
 +- AuthError        a seal or signature does not match
"""


class ProtocolError(Exception):
    """Base of every error this package raises for a peer's mistake."""


class DecodeError(ProtocolError):
    """Malformed input: `reason` in plain words, `offset` in bytes from the start of the input."""

    def __init__(self, reason: str, offset: int = 0):
        super().__init__("{} at byte {}".format(reason, offset))
        self.reason = reason
        self.offset = offset


class TooLarge(DecodeError):
    """Input beyond a stated limit: size, depth or count."""


class VersionError(ProtocolError):
    """A wire version this software does not speak."""

    def __init__(self, version: int):
        super().__init__("wire version {} is not supported".format(version))
        self.version = version


class AuthError(ProtocolError):
    """A seal or signature that does not verify."""
