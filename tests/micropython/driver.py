"""Runs one case file on whichever runtime executes this script: `driver.py CASE.py`.

A case file holds plain functions `test_...()` with bare asserts. Each runs in alphabetical order
(MicroPython has no other); the exit status is the number of failures, tracebacks go to stdout.
"""

import sys
import time


def main(path: str) -> int:
    """Run every test function of the file at `path`; how many failed."""
    if not hasattr(time, "ticks_ms"):  # CPython: the two functions that a clock needs
        time.ticks_ms = lambda: int(time.monotonic() * 1000)
        time.ticks_diff = lambda end, start: end - start
    folder, _, name = path.rpartition("/")
    sys.path.insert(0, folder)
    case = __import__(name[: -len(".py")])
    names = sorted(n for n in dir(case) if n.startswith("test_"))
    if not names:
        print("no test functions in", path)
        return 1
    return sum(not _passes(case, n) for n in names)


def _passes(case, name):
    try:
        getattr(case, name)()
    except Exception as error:
        print("FAIL", name)
        _print_exception(error)
        return False
    print("ok", name)
    return True


def _print_exception(error):
    if hasattr(sys, "print_exception"):
        sys.print_exception(error, sys.stdout)
    else:
        import traceback

        traceback.print_exception(error, file=sys.stdout)


sys.exit(main(sys.argv[1]))
