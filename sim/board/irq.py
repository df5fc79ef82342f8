"""Interrupts of the simulated board: pin edges and timers, run at the interrupt points of `bus`.

A hard handler runs with the heap locked, as on a board: one that allocates is named on the console
and switched off, as the ports do. A soft one goes through the interpreter's own queue, and is lost
when that is full. `bus.age_us` lets the clock show a hard handler the instant of its edge.
"""

import sys
import time

import bus
import micropython
import ops

_SOFT_LOST = "interrupt: {} lost, the queue for soft handlers is full\n"

_pins = {}  # pin number -> (pin, handler, hard)
_timers = []
_radio = None
_edges = bytearray(ops.EDGE_BYTES * ops.EDGES_MAX)


def watch(pin, number, handler, hard):
    """Call `handler(pin)` at every edge that the supervisor reports; None: no more."""
    if handler is None:
        _pins.pop(number, None)
    else:
        _pins[number] = (pin, handler, hard)
    _attend()


def listen(radio):
    """Call `radio()` at every interrupt point; None: not any more."""
    global _radio
    _radio = radio
    _attend()


def start(timer):
    """Call `timer.fire()` when `timer.due_us` has come."""
    if timer not in _timers:
        _timers.append(timer)
    _attend()


def stop(timer):
    """Not any more."""
    if timer in _timers:
        _timers.remove(timer)
    _attend()


def run(handler, argument, hard):
    """Call one handler: False if it died, and must not be called again."""
    if not hard:
        try:
            micropython.schedule(handler, argument)
        except RuntimeError:
            sys.stdout.write(_SOFT_LOST.format(_name(handler)))
        return True
    failure = None
    micropython.heap_lock()
    try:
        handler(argument)
    except Exception as error:
        failure = error
    finally:
        micropython.heap_unlock()
    if failure is None:
        return True
    what = "allocated memory" if isinstance(failure, MemoryError) else "raised"
    sys.print_exception(failure)
    sys.stdout.write("interrupt: hard handler {} {}: off\n".format(_name(handler), what))
    return False


def _attend():
    bus.on_interrupt(_deliver, _next_us if _timers or _radio else None)


def _deliver():
    while _pins and bus.edges:  # an empty answer ends it
        count = bus.ask(ops.PIN_EDGES, 0, b"", _edges)
        for at in range(0, count, ops.EDGE_BYTES):
            _edge(at)
        if count < len(_edges):
            break
    if _radio is not None:
        _radio()
    for timer in list(_timers):
        if time.ticks_diff(timer.due_us, time.ticks_us()) <= 0:
            timer.fire()


def _next_us():
    if not _timers:
        return None
    now_us = time.ticks_us()
    return max(0, min([time.ticks_diff(timer.due_us, now_us) for timer in _timers]))


def _edge(at):
    watched = _pins.get(_edges[at])
    if watched is None:
        return
    pin, handler, hard = watched
    age = _edges[at + 2] | _edges[at + 3] << 8 | _edges[at + 4] << 16 | _edges[at + 5] << 24
    bus.age_us = age if hard else 0
    try:
        if not run(handler, pin, hard):
            pin.irq(None)
    finally:
        bus.age_us = 0


def _name(handler):
    return getattr(handler, "__name__", None) or repr(handler)
