"""Files that the firmware holds open for writing: what they hold is lost if the power goes now.

LittleFS writes a file when it is closed. A file that is still open when the board sleeps, and for
so long, was forgotten: it is named on the console, once.
"""

import builtins
import sys

_PATIENCE_US = 1_000_000

_open = builtins.open
held = []  # [file, path, ticks at which it was opened]


def watch():
    """From now on every file that is opened for writing is looked after."""
    builtins.open = _watched


def sweep(now_us):
    """The board is about to sleep."""
    for entry in list(held):
        file, path, since_us = entry
        try:
            file.tell()
        except (OSError, ValueError):  # closed
            held.remove(entry)
            continue
        if now_us - since_us >= _PATIENCE_US:
            held.remove(entry)
            text = "files: {} is open for writing since {} s, a power cut would take it\n"
            sys.stdout.write(text.format(path, (now_us - since_us) // 1_000_000))


def _watched(path, mode="r", *more):
    file = _open(path, mode, *more)
    if mode.strip("rbt"):  # w, a, x or +
        import time

        held.append([file, path, time.now_us()])
    return file
