"""A board's count of microseconds against the world's seconds: where it began, how it drifts."""

TICKS_START_US = 1_000_000  # a boot loader takes its time before anybody counts
_MILLION = 1_000_000


class Ticks:
    """Counts from each start of the board at the rate of its crystal."""

    def __init__(self) -> None:
        self.start_us = TICKS_START_US  # of the next boot
        self._rate = 1.0
        self._from_s = 0.0
        self._from_us = 0.0

    def restart(self, now_s: float) -> None:
        """The board starts."""
        self._from_s, self._from_us = now_s, float(self.start_us)

    def drift(self, ppm: float, now_s: float) -> None:
        """From now on the crystal is that much too fast (below zero: too slow)."""
        self._from_us += (now_s - self._from_s) * _MILLION * self._rate
        self._from_s = now_s
        self._rate = 1.0 + ppm / _MILLION

    def us(self, now_s: float) -> int:
        """The count at an instant."""
        return round(self._from_us + (now_s - self._from_s) * _MILLION * self._rate)

    def at_s(self, us: int) -> float:
        """The instant of a count."""
        return self._from_s + (us - self._from_us) / (_MILLION * self._rate)
