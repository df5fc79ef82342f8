"""Power-on self-test: what can be measured before anybody depends on it, each with its name.

A result never stops the instrument: what fails here (flash, button) is not on the way from the
sensor to the relay. It is in the record of the boot, and in `/id`.
"""

import gc
import hashlib
import os
import time

from protocols import cose
from protocols.errors import ProtocolError

PATH = "/selftest.bin"
MIN_HEAP_BYTES = 16 * 1024  # below, a burst of messages may find no memory
MAX_FLASH_MS = 1_000  # two erases at a data sheet's worst (400 ms), and what LittleFS does around

# FIPS 180-4 example: the digest of "abc" begins like this
_ABC = b"\xba\x78\x16\xbf\x8f\x01\xcf\xea"


def run(board, mac, journal, path: str = PATH) -> list:
    """[(name, value, passed)] of every test; values are what was measured: bytes, ms, counts."""
    gc.collect()
    free = gc.mem_free() if hasattr(gc, "mem_free") else MIN_HEAP_BYTES  # CPython has none
    took_ms = _flash_ms(path)
    digest = hashlib.sha256(b"abc").digest()
    newest = journal.last if journal.first else 0
    return [
        ("heap_bytes", free, free >= MIN_HEAP_BYTES),
        ("flash_ms", took_ms, 0 <= took_ms <= MAX_FLASH_MS),
        ("hash_bytes", len(digest), digest.startswith(_ABC)),
        ("newest_block", newest, newest == 0 or _opens(journal.read(newest), mac)),
        ("relay_level", board.relay.value(), board.relay.value() == 0),
        ("button_level", board.button.value(), board.button.value() == 1),
    ]


def _flash_ms(path):
    """How long it took to write, read and remove a file; -1 if what came back is not it."""
    content = bytes(range(64))
    start_ms = time.ticks_ms()
    try:
        with open(path, "wb") as file:
            file.write(content)
        with open(path, "rb") as file:
            found = file.read()
        os.remove(path)
    except OSError:
        return -1
    return time.ticks_diff(time.ticks_ms(), start_ms) if found == content else -1


def _opens(sealed, mac):
    try:
        cose.open(sealed or b"", mac)
    except ProtocolError:
        return False
    return True
