"""Horn, lamp and relay from the alarms of all channels.

The relay is fail-safe: energised means healthy. It is released while an LL or HH limit is crossed
or latched, while a sensor has failed, and until every channel has given its first value.
Horn and lamp follow ISA-18.2 annunciation: the horn while an alarm is unacknowledged and not
silenced; the lamp flashing while one waits for somebody, else steady while one still stands.
"""

from protocols import alarm, codes

FLASH_MS = 500  # half a period of the lamp: 1 Hz, below the 3 Hz that can harm (WCAG 2.3.1)

_TRIPPING = (codes.LL, codes.HH, codes.FAULT)


class Outputs:
    """The three outputs of a board; writes a pin only when its value changes."""

    def __init__(self, board):
        self._relay = board.relay
        self._horn = board.horn
        self._lamp = board.lamp
        self._now = [0, 0, 0]
        self._silenced = False

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
        audible = flashing = steady = False
        for channel in channels:
            for one in channel.alarms:
                if one.state != codes.NORM:
                    shown = alarm.annunciation(one.state)
                    audible = audible or shown.audible
                    flashing = flashing or shown.flashing
                    steady = steady or shown.steady
        lit = now_ms // FLASH_MS % 2 == 0 if flashing else steady
        self._set(1, self._horn, 1 if audible and not self._silenced else 0)
        self._set(2, self._lamp, 1 if lit else 0)

    def silence(self) -> bool:
        """Stop the horn without acknowledging anything, until `sound`: False if it was still."""
        if not self._now[1]:
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


def _safe(channels):
    for channel in channels:
        if not channel.ready:
            return False
        for one in channel.alarms:
            if one.condition in _TRIPPING and one.tripping:
                return False
    return True
