"""The acknowledge button: a press is one press, however short, however its contact bounces.

It is looked at every tenth of a second, which is longer than a contact bounces. A tap between two
looks is kept by an interrupt: the contact stayed closed for `TAP_MS`, then opened. Bounces and
spikes on the wire are shorter, and acknowledge nothing.
"""

import time

TAP_MS = 15  # bounces end within 10 ms; a finger takes 30 or more


class Button:
    """`pin` is low while it is held; `clock` has MicroPython's `ticks_ms` and `ticks_diff`."""

    def __init__(self, pin, clock=time):
        self._pin = pin
        self._clock = clock
        self._down = False  # at the last look
        # of the interrupt, which may not allocate
        self._closed = False
        self._closed_ms = 0
        self._tapped = False
        handler = self._on_edge
        both = pin.IRQ_FALLING | pin.IRQ_RISING
        try:
            pin.irq(handler, both, hard=True)
        except TypeError:  # a port that knows soft interrupts only
            pin.irq(handler, both)

    def look(self) -> bool:
        """Is it held, or was it tapped since the last look?"""
        was, self._down = self._down, self._pin.value() == 0
        tapped, self._tapped = self._tapped, False
        return self._down or (tapped and not was)

    def _on_edge(self, pin):
        if pin.value() == 0:
            self._closed = True
            self._closed_ms = self._clock.ticks_ms()
        elif self._closed:
            self._closed = False
            if self._clock.ticks_diff(self._clock.ticks_ms(), self._closed_ms) >= TAP_MS:
                self._tapped = True
