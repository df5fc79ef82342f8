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
    words = text.encode()[-MAX_BYTES:]
    try:
        if _read(path) != words:  # a loop of the same crash must not wear out the flash
            with open(path, "wb") as file:
                file.write(words)
    except OSError:
        pass  # a flash that refuses may be why we are here


def take(path: str = PATH) -> "str | None":
    """The kept words, once: they are gone from flash afterwards. None if there are none."""
    words = _read(path)
    if words is None:
        return None
    try:
        os.remove(path)
    except OSError:
        pass
    return "".join(chr(byte) if byte < 128 else "?" for byte in words)


def _read(path):
    try:
        with open(path, "rb") as file:
            return file.read(MAX_BYTES)
    except OSError:
        return None


def _traceback(error):
    if hasattr(sys, "print_exception"):
        out = io.StringIO()
        sys.print_exception(error, out)
        return out.getvalue()
    return "{}: {}\n".format(type(error).__name__, error)  # CPython, in unit tests
