"""The board's end of its link to the supervisor: `tell` and go on, or `ask` and wait.

Frames are built and read in one buffer made once, for what this file allocates counts against the
heap of the firmware above it. A supervisor that is gone ends the process: no board survives it.
"""

import ops

_frame = bytearray(ops.HEADER_BYTES + ops.PAYLOAD_BYTES)
_link = None


def connect(descriptor: int):
    """Use the inherited stream socket."""
    global _link
    _link = open(descriptor, "r+b")


def tell(operation, argument=0, payload=b""):
    """Send one frame that nobody answers."""
    count = len(payload)
    if count > ops.PAYLOAD_BYTES:
        raise ValueError("payload")
    _frame[0] = operation
    _frame[1] = argument
    _frame[2] = count & 0xFF
    _frame[3] = count >> 8
    end = ops.HEADER_BYTES + count
    if count:
        _frame[ops.HEADER_BYTES : end] = payload
    if _link.write(_frame, end) != end:
        _end()


def ask(operation, argument=0, payload=b"", into=None):
    """The answer to one frame: bytes, or their count when they were read `into` a buffer.

    OSError with the board's errno when the supervisor answers with one.
    """
    tell(operation, argument, payload)
    if _link.readinto(_frame, ops.HEADER_BYTES) != ops.HEADER_BYTES:
        _end()
    status = _frame[0]
    count = _frame[2] | _frame[3] << 8
    if status:
        raise OSError(status)
    if into is None:
        return _link.read(count) if count else b""
    if count:
        _link.readinto(into, count)
    return count


def wait_for_the_end():
    """Do nothing until the supervisor cuts the power."""
    while _link.read(1):
        pass
    _end()


def _end():
    raise SystemExit(1)
