"""Horn, lamp and relay from the alarms of all channels.

The relay is fail-safe: energised means healthy. It is released while an LL or HH limit is crossed
or latched, while a sensor has failed, and until every channel has given its first value.
Horn and lamp follow ISA-18.2 annunciation: the horn while an alarm is unacknowledged and not
silenced, in the rhythm of the highest priority among them; the lamp flashing while one waits for
somebody, else steady while one still stands.
"""

from firmware.limits import LOWEST_PRIORITY
from protocols import alarm, codes

FLASH_MS = 500  # half a period of the lamp: 1 Hz, below the 3 Hz that can harm (WCAG 2.3.1)

# Horn of each priority: ms on and period, looked at in tenths of a second. The more urgent, the
# less silence (our choice: no standard that we could read gives the rhythms).
_RHYTHMS = ((1, 1_000, 1_000), (2, 500, 1_000), (3, 200, 2_000), (4, 100, 4_000))

IDENTIFY_MS = 10_000

_TRIPPING = (codes.LL, codes.HH, codes.FAULT)


class Outputs:
    """The three outputs of a board; writes a pin only when its value changes."""

    def __init__(self, board):
        self._relay = board.relay
        self._horn = board.horn
        self._lamp = board.lamp
        self._now = [0, 0, 0]
        self._silenced = False
        self._identify_until_ms = 0
        self._loudest: "int | None" = None  # priority of what the horn sounds for, silenced or not
        self._began_ms = 0

    @property
    def healthy(self) -> bool:
        """Is the relay energised?"""
        return bool(self._now[0])

    def trip(self, channels: list):
        """Release or energise the relay at once: the only thing the relay path waits for."""
        self._set(0, self._relay, 1 if _safe(channels) else 0)

    def release(self):
        """Nobody watches any more: the relay goes now, whatever the alarms say."""
        self._set(0, self._relay, 0)

    def annunciate(self, channels: list, now_ms: int):
        """Horn and lamp for this instant; call at least every `FLASH_MS`."""
        flashing = steady = False
        loudest = None
        for channel in channels:
            for one in channel.alarms:
                if one.state != codes.NORM:
                    shown = alarm.annunciation(one.state)
                    if shown.audible and (loudest is None or one.priority < loudest):
                        loudest = one.priority
                    flashing = flashing or shown.flashing
                    steady = steady or shown.steady
        if loudest != self._loudest:
            self._loudest, self._began_ms = loudest, now_ms  # a rhythm begins with its sound
        since_ms = now_ms - self._began_ms
        sounding = loudest is not None and not self._silenced and _sounds(loudest, since_ms)
        if loudest is None and now_ms < self._identify_until_ms:
            flashing, sounding = True, _sounds(LOWEST_PRIORITY, now_ms)
        lit = now_ms // FLASH_MS % 2 == 0 if flashing else steady
        self._set(1, self._horn, 1 if sounding else 0)
        self._set(2, self._lamp, 1 if lit else 0)

    def identify(self, now_ms: int):
        """Flash and chirp for a while: which one on the wall is it, and do lamp and horn work?

        An alarm comes first.
        """
        self._identify_until_ms = now_ms + IDENTIFY_MS

    def silence(self) -> bool:
        """Stop the horn without acknowledging anything, until `sound`: False if it was still."""
        if self._loudest is None or self._silenced:
            return False
        self._silenced = True
        self._set(1, self._horn, 0)
        return True

    def sound(self):
        """A new alarm was raised: end the silence."""
        self._silenced = False

    def _set(self, index, pin, value):
        if self._now[index] != value:
            self._now[index] = value
            pin.value(value)


def _sounds(priority, now_ms):
    """Is the horn of that priority on at this moment?"""
    for known, on_ms, period_ms in _RHYTHMS:
        if known == priority:
            return now_ms % period_ms < on_ms
    return True


def _safe(channels):
    for channel in channels:
        if not channel.ready:
            return False
        for one in channel.alarms:
            if one.condition in _TRIPPING and one.tripping:
                return False
    return True
