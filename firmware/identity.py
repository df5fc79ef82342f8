"""Software id: one digest over every file of the firmware as it stands on this node.

SHA-256 over, in order of path, `path NUL digest` of each module of `firmware` and `protocols`, so
that anyone with the same files gets the same id, and one changed byte gives another.
"""

import hashlib
import os
import sys

PACKAGES = ("firmware", "protocols")

_IS_FOLDER = 0x4000
_CHUNK_BYTES = 1024


def software(library: str | None = None) -> bytes:
    """32-byte digest of the firmware under `library` (default: where this module came from)."""
    if library is None:
        library = __file__.rsplit("/", 2)[0]
    total = hashlib.sha256()
    for package in PACKAGES:
        for path in _modules(library, package):
            total.update(path.encode() + b"\x00" + _digest(library + "/" + path))
    return total.digest()


def runtime() -> str:
    """Interpreter and version, e.g. `micropython 1.29.0`."""
    implementation = sys.implementation
    return "{} {}".format(
        implementation.name, ".".join(str(n) for n in implementation.version[:3])
    )


def _modules(library, folder):
    """Paths of the modules under `folder`, sorted; a compiled one stands for its source."""
    for name in sorted(os.listdir(library + "/" + folder)):
        path = folder + "/" + name
        if os.stat(library + "/" + path)[0] & _IS_FOLDER:
            if not name.startswith("__"):
                for inner in _modules(library, path):
                    yield inner
        elif name.endswith((".py", ".mpy")):
            yield path


def _digest(path):
    digest, buffer = hashlib.sha256(), bytearray(_CHUNK_BYTES)
    with open(path, "rb") as file:
        while True:
            count = file.readinto(buffer)
            if not count:
                return digest.digest()
            digest.update(memoryview(buffer)[:count])
