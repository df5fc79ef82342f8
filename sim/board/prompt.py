"""The interpreter's prompt, where Ctrl-C leads on a board: friendly for people, raw for programs.

Raw mode is what `mpremote` and its like speak: code, Ctrl-D, then `OK`, output, Ctrl-D, traceback,
Ctrl-D. Ctrl-D alone restarts the board; from raw mode it comes back here, before any firmware. A
line is one statement here, and the raw paste mode is politely refused, as older boards do.
"""

import sys

import bus
import machine
import ops

_A, _B, _C, _D, _E = b"\x01", b"\x02", b"\x03", b"\x04", b"\x05"
_BACK = (b"\x08", b"\x7f")
_RAW = "raw REPL; CTRL-B to exit\n>"
_REBOOT = "\nMPY: soft reboot\n"

_names = {"__name__": "__main__"}


def serve(raw: bool):
    """Read the console until it ends; a watchdog that the firmware armed goes on biting."""
    bus.tell(ops.PROMPT)
    keys = sys.stdin.buffer
    while raw is not None:
        raw = _raw(keys) if raw else _friendly(keys)


def _friendly(keys):
    """One prompt after the other: True for raw mode, None when nobody is there any more."""
    sys.stdout.write("\nMicroPython {}; simulated\n>>> ".format(sys.version))
    line = b""
    while True:
        key = keys.read(1)
        if not key:
            return None
        if key == _A:
            return True
        if key == _D and not line:
            sys.stdout.write(_REBOOT)
            machine.soft_reset()
        elif key in _BACK:
            if line:
                line = line[:-1]
                sys.stdout.write("\b \b")
        elif key in (_B, _C, b"\r"):
            sys.stdout.write("\n")
            if key == b"\r" and line.strip():
                _statement(line.decode())
            line = b""
            sys.stdout.write(">>> ")
        elif key >= b" ":
            line += key
            sys.stdout.write(key)


def _raw(keys):
    """False for the friendly mode, None when nobody is there any more."""
    sys.stdout.write(_RAW)
    code = b""
    while True:
        key = keys.read(1)
        if not key:
            return None
        if key == _B:
            return False
        if key == _A:
            sys.stdout.write(_RAW)
        elif key == _E and not code:
            keys.read(2)
            sys.stdout.write("R\x00")
        elif key == _D and not code:
            sys.stdout.write(_REBOOT)
            bus.tell(ops.RESET, ops.RESET_TO_PROMPT)
            bus.wait_for_the_end()
        elif key == _D:
            sys.stdout.write("OK")
            failure = _run(code.decode())
            sys.stdout.write("\x04")
            if failure is not None:
                sys.print_exception(failure, sys.stdout)
            sys.stdout.write("\x04>")
        elif key != _C:
            code += key
            continue
        code = b""


def _statement(text):
    try:
        try:
            value = eval(text, _names)
        except SyntaxError:
            exec(text, _names)
            return
        if value is not None:
            sys.stdout.write(repr(value) + "\n")
    except BaseException as error:
        sys.print_exception(error, sys.stdout)


def _run(code):
    try:
        exec(code, _names)
    except BaseException as error:
        return error
    return None
