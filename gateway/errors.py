"""Errors of the gateway: whose fault, in plain words, and what to do about it.

GatewayError            `str()` says what is wrong; `hint` says what to do, if we know
 +- ConfigError         a file the operator wrote (`file`, `key`)
 +- PlaceError          this machine, as it is, does not let the gateway run
 |   +- PortInUse       another program has the port (`which`: coap or console, `port`)
 |   +- StoreError      the database cannot be opened
 |       +- StoreNewer  it was written by a later version (`found`, `known`)
 |       +- StoreDown   it cannot be written now: full, locked, damaged; nothing was stored
 +- Refused             a peer's message, with the CoAP `code` that answers it
     +- Conflict        other bytes for a block that is stored already
"""

from pathlib import Path

from protocols import coap


class GatewayError(Exception):
    """Base of every error this package raises on purpose."""

    def __init__(self, text: str, hint: str = "") -> None:
        super().__init__(text)
        self.hint = hint


class ConfigError(GatewayError):
    """What stands in a configuration file does not fit; `key` is the dotted path, or empty."""

    def __init__(self, file: Path, key: str, text: str, hint: str = "") -> None:
        super().__init__(f"{file}: {key} {text}" if key else f"{file}: {text}", hint)
        self.file = file
        self.key = key


class PlaceError(GatewayError):
    """The machine is at fault: a port, a file, a right."""


class PortInUse(PlaceError):
    """The address to listen on belongs to another program."""

    def __init__(self, which: str, bind: str, port: int, option: str) -> None:
        super().__init__(
            f"the {which} port {port} on {bind} is in use by another program",
            f"choose another: {which}.port in the configuration, or {option} PORT",
        )
        self.which = which
        self.port = port


class StoreError(PlaceError):
    """The database cannot be used."""


class StoreNewer(StoreError):
    """A later version of this software has changed the database."""

    def __init__(self, path: Path, found: int, known: int) -> None:
        super().__init__(
            f"{path} has schema {found}; this version knows schemas up to {known}",
            "run the version that wrote it, or choose another store.path",
        )
        self.found = found
        self.known = known


class StoreDown(StoreError):
    """A write failed and was undone: what was acknowledged is safe, the peer must repeat."""


class Refused(GatewayError):
    """A message that is not accepted; `code` answers it, the text is the diagnostic payload."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code


class Conflict(Refused):
    """A second, different block under one (node, seq)."""

    def __init__(self, node: str, seq: int) -> None:
        super().__init__(coap.CONFLICT, f"block {seq} of {node} is stored with other bytes")
