"""`select` of the simulated board: waits for its sockets and flags where the firmware's loop does.

Whatever is polled has `ioctl`, as a stream of MicroPython's has: sockets of this board and
`asyncio.ThreadSafeFlag`. The console takes whatever is written; nothing else can be waited for.
"""

import sys
import time

import ops

POLLIN = 1
POLLOUT = 4
POLLERR = 8
POLLHUP = 16

_STREAM_POLL = 3


class poll:
    """What to wait for, in the order of registration."""

    def __init__(self):
        self._watched = []

    def register(self, obj, eventmask=POLLIN | POLLOUT):
        """Wait for these events of `obj`."""
        for entry in self._watched:
            if entry[0] is obj:
                entry[1] = eventmask
                return
        self._watched.append([obj, eventmask])

    def modify(self, obj, eventmask):
        """Wait for other events of it."""
        for entry in self._watched:
            if entry[0] is obj:
                entry[1] = eventmask
                return
        raise OSError(2)

    def unregister(self, obj):
        """Wait for it no longer."""
        self._watched = [entry for entry in self._watched if entry[0] is not obj]

    def poll(self, timeout=-1, flags=0):
        """[(object, events), ...] as soon as there is one, or after `timeout` ms."""
        ready = self._ready()
        if ready or (timeout == 0 and not time.behind()):
            return ready
        end_us = ops.FOREVER if timeout < 0 else time.now_us() + timeout * 1000
        while True:
            woken = time.wait(end_us, True)
            ready = self._ready()
            if ready or timeout >= 0 or (woken and _runnable()):
                return ready

    ipoll = poll

    def _ready(self):
        ready = []
        for obj, wanted in self._watched:
            if obj is sys.stdout:
                found = wanted & POLLOUT
            else:
                found = obj.ioctl(_STREAM_POLL, wanted)
            if found:
                ready.append((obj, found))
        return ready


def _runnable():
    """Did a handler make a task runnable? asyncio must not be woken for nothing."""
    from asyncio import core

    return core._task_queue.peek() is not None
