"""Node firmware: runs unchanged on boards and on the interpreter, and imports on CPython."""

import sys

VERSION = "0.1.0"


def borrow(name: str):
    """The module `firmware.NAME`, loaded for one use: gone from memory when the caller lets go."""
    full = "firmware." + name
    module = __import__(full, None, None, ("__name__",))
    del sys.modules[full]
    package = sys.modules["firmware"]
    if hasattr(package, name):
        delattr(package, name)
    return module
