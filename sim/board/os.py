"""`os` of the simulated board: the interpreter's own, but for chance, which the seed decides."""

import uos
from uos import *  # noqa: F403

_seed = b""
_drawn = 0


def plant(seed: bytes):
    """From now on `urandom` follows from this seed; nothing: from the host's."""
    global _seed
    _seed = seed


def urandom(count: int) -> bytes:
    """Random bytes."""
    global _drawn
    if not _seed:
        return uos.urandom(count)
    from hashlib import sha256

    found = b""
    while len(found) < count:
        _drawn += 1
        found += sha256(_seed + _drawn.to_bytes(8, "little")).digest()
    return found[:count]
