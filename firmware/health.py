"""The watchdog's conscience: it is fed only while every task has reported within its time.

A task that hangs, or dies without anyone noticing, stops reporting; the board then resets, and on
every board a reset releases the relay. Also keeps two high-water marks: of the heap, measured
right after a collection, where it means what is really held, and of how late a slot was begun.
"""

import gc

# Feeding more often than this costs a call and proves nothing more.
CHECK_MS = 1_000
COLLECT_MS = 10_000


class Health:
    """`feed` is called whenever everything that should report has reported."""

    def __init__(self, feed):
        self._feed = feed
        self._tasks = {}
        self._collected_ms = None
        self.heap_peak = 0
        self.late_peak_ms = 0

    def expect(self, task: str, within_ms: int, now_ms: int):
        """From now on `task` has to call the `report(now_ms)` returned within each `within_ms`."""
        entry = self._tasks[task] = [within_ms, now_ms]

        def report(now_ms):
            entry[1] = now_ms

        return report

    def began(self, late_ms: int):
        """The pipeline began `late_ms` after the slot that was due."""
        self.late_peak_ms = max(self.late_peak_ms, late_ms)

    def late(self, now_ms: int) -> list:
        """Tasks that should have reported by now."""
        return sorted(t for t, (within, last) in self._tasks.items() if now_ms - last > within)

    def check(self, now_ms: int) -> bool:
        """Feed the watchdog if nobody is late: True if it was fed."""
        if self._collected_ms is None or now_ms - self._collected_ms >= COLLECT_MS:
            self._collected_ms = now_ms
            self._weigh()
        if self.late(now_ms):
            return False
        self._feed()
        return True

    def _weigh(self):
        gc.collect()
        if hasattr(gc, "mem_alloc"):  # CPython has none
            self.heap_peak = max(self.heap_peak, gc.mem_alloc())
