"""The board's end of its link to the supervisor: `tell` and go on, or `ask` and wait.

Frames are built and read in one buffer made once, for what this file allocates counts against the
heap of the firmware above it. A supervisor that is gone ends the process: no board survives it.
"""

import ops

_frame = bytearray(ops.HEADER_BYTES + ops.PAYLOAD_BYTES)
_link = None
_pass = None  # called before every frame: time goes by
_deliver = None  # called at every interrupt point
_next_us = None
_delivering = False
masked = False  # interrupts are held back
edges = 1  # the last answer said that one may wait
age_us = 0  # while a hard handler runs: how long ago its edge was


def connect(descriptor: int):
    """Use the inherited stream socket."""
    global _link
    _link = open(descriptor, "r+b")


def charge(time_goes_by):
    """Have `time_goes_by(operation)` called before every frame."""
    global _pass
    _pass = time_goes_by


def on_interrupt(deliver, next_us):
    """Have `deliver()` called at interrupt points; `next_us()`: until a timer, or None.

    Without `next_us` there are only edges to tell of, when there are any.
    """
    global _deliver, _next_us
    _deliver, _next_us = deliver, next_us


def timer_us():
    """Time until the next timer fires; None if none runs."""
    return None if _next_us is None or _delivering or masked else _next_us()


def pump():
    """An interrupt point: before every question, and wherever the clock lets time pass."""
    global _delivering
    if _deliver is None or _delivering or masked or not (edges or _next_us):
        return
    _delivering = True
    try:
        _deliver()
    finally:
        _delivering = False


def tell(operation, argument=0, payload=b"", tail=b""):
    """Send one frame that nobody answers; `tail` continues the payload and may be long."""
    if _pass is not None:
        _pass(operation)
    count = len(payload)
    if count > ops.PAYLOAD_BYTES:
        raise ValueError("payload")
    rest = len(tail)
    _frame[0] = operation
    _frame[1] = argument
    _frame[2] = count + rest & 0xFF
    _frame[3] = count + rest >> 8
    end = ops.HEADER_BYTES + count
    if count == 1:
        _frame[ops.HEADER_BYTES] = payload[0]  # no slice: an interrupt may not allocate
    elif count:
        _frame[ops.HEADER_BYTES : end] = payload
    if _link.write(_frame, end) != end or (rest and _link.write(tail) != rest):
        _end()


def ask(operation, argument=0, payload=b"", into=None, tail=b""):
    """The answer to one frame: bytes, or their count when they were read `into` a buffer.

    OSError with the board's errno when the supervisor answers with one.
    """
    global edges
    pump()
    tell(operation, argument, payload, tail)
    if _link.readinto(_frame, ops.HEADER_BYTES) != ops.HEADER_BYTES:
        _end()
    status, edges = _frame[0], _frame[1]
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
