"""The last words of a program that died, kept on flash until the next boot records them."""

import io
import os
import sys

PATH = "/crash.txt"
MAX_BYTES = 400  # an event has to fit in a block with others


def keep(error: Exception, path: str = PATH):
    """Write the traceback of `error`; say it on the console too."""
    text = _traceback(error)
    sys.stdout.write(text)
    try:
        with open(path, "wb") as file:
            file.write(text.encode()[-MAX_BYTES:])
    except OSError:
        pass  # a flash that refuses may be why we are here


def take(path: str = PATH) -> "str | None":
    """The kept words, once: they are gone from flash afterwards. None if there are none."""
    try:
        with open(path, "rb") as file:
            words = file.read(MAX_BYTES)
        os.remove(path)
    except OSError:
        return None
    return "".join(chr(byte) if byte < 128 else "?" for byte in words)


def _traceback(error):
    if hasattr(sys, "print_exception"):
        out = io.StringIO()
        sys.print_exception(error, out)
        return out.getvalue()
    return "{}: {}\n".format(type(error).__name__, error)  # CPython, in unit tests
