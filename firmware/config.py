"""Configuration of a node: `/cfg.cbor`, written by the build, and the key of its seal, `/key.bin`.

`/cfg.cbor` is a CBOR array of three byte strings: the sealed part (what the instrument legally is:
identity, sensors, calibration, range) and the operating part (limits, where the gateway is, how
often to flush), each a CBOR map, and the digest of both. The digest is the configuration id in
every block; a file that does not fit it has been damaged, and nothing in it is believed.
"""

import hashlib
from collections import namedtuple

from firmware.clock import HOLDOVER_S
from protocols import cbor, codes
from protocols.errors import DecodeError

PATH = "/cfg.cbor"
KEY_PATH = "/key.bin"

# Beside a whole block (960 bytes) and the records of a boot there is room for little else in less.
MIN_JOURNAL_KIB = 32

Config = namedtuple(
    "Config",
    ("node", "board", "mode", "seal", "channels", "limits", "gateway", "port", "flush_ms",
     "journal_kib", "holdover_s", "digest"),
)  # fmt: skip

_MODES = (
    ("normal", codes.MODE_NORMAL),
    ("test", codes.MODE_TEST),
    ("drill", codes.MODE_DRILL),
    ("simulated", codes.MODE_SIMULATED),
)


class ConfigError(Exception):
    """The configuration cannot be used: `field` says which part of it, `reason` why."""

    def __init__(self, field: str, reason: str):
        super().__init__("{}: {}".format(field, reason))
        self.field = field
        self.reason = reason


def load(path: str = PATH) -> Config:
    """Configuration in the file at `path`; ConfigError if it is missing or unusable."""
    try:
        with open(path, "rb") as file:
            data = file.read()
    except OSError:
        raise ConfigError(path, "missing; provision the node")
    return parse(data)


def digest(path: str = PATH) -> bytes:
    """Configuration id of what stands on flash now; empty if it is damaged or gone."""
    try:
        with open(path, "rb") as file:
            return parts(file.read())[2]
    except (OSError, ConfigError):
        return b""


def load_key(path: str = KEY_PATH) -> bytes:
    """Key of this node's seal; ConfigError if it is missing or no key."""
    try:
        with open(path, "rb") as file:
            key = file.read()
    except OSError:
        raise ConfigError(path, "missing; provision the node")
    if len(key) != 32:
        raise ConfigError(path, "is {} bytes long, not 32".format(len(key)))
    return key


def parse(data: bytes) -> Config:
    """Configuration of the bytes of a `/cfg.cbor`."""
    sealed_bytes, operating_bytes, own_digest = parts(data)
    try:
        sealed, operating = cbor.decode(sealed_bytes), cbor.decode(operating_bytes)
    except (DecodeError, TypeError, ValueError) as error:
        raise ConfigError("cfg", "not readable ({})".format(error))
    try:
        found = Config(
            sealed["node"],
            sealed["board"],
            _mode(sealed["mode"]),
            sealed.get("seal", "closed"),
            sealed["channels"],
            operating["limits"],
            (operating["gateway"]["host"], operating["gateway"]["port"]),
            operating.get("port", 0),
            operating.get("flush_ms", 10_000),
            operating.get("journal_kib", 256),
            operating.get("holdover_s", HOLDOVER_S),
            own_digest,
        )
    except (KeyError, TypeError) as error:
        raise ConfigError("cfg", "incomplete ({!r})".format(error))
    _check(found)
    return found


def parts(data: bytes) -> tuple:
    """(sealed bytes, operating bytes, digest) of a configuration that is as it was written."""
    try:
        sealed_bytes, operating_bytes, own_digest = cbor.decode(data)
        found = hashlib.sha256(sealed_bytes + operating_bytes).digest()
    except (DecodeError, TypeError, ValueError) as error:
        raise ConfigError("cfg", "not readable ({})".format(error))
    if found != own_digest:
        raise ConfigError("cfg", "damaged: the digest does not fit; provision the node again")
    return sealed_bytes, operating_bytes, found


def _mode(word):
    for known, code in _MODES:
        if known == word:
            return code
    raise ConfigError("mode", "unknown word {!r}".format(word))


def _check(found):
    known = [channel["ch"] for channel in found.channels]
    if not known or len(set(known)) != len(known):
        raise ConfigError("channels", "need at least one, each with a number of its own")
    for limit in found.limits:
        if limit["ch"] not in known:
            raise ConfigError("limits", "no channel {}".format(limit["ch"]))
    if not _is_address(found.gateway[0]):
        # Looking a name up blocks for seconds where there is no network: no alarm would sound.
        raise ConfigError("gateway.host", "must be an IPv4 address, not a name")
    if found.flush_ms < 1_000:
        raise ConfigError("flush_ms", "below 1000: flash would wear out within months")
    if found.journal_kib < MIN_JOURNAL_KIB:
        raise ConfigError("journal_kib", "below {}".format(MIN_JOURNAL_KIB))


def _is_address(host):
    parts = host.split(".")
    return len(parts) == 4 and all(part.isdigit() and int(part) < 256 for part in parts)
