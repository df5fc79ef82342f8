"""Boundaries of what is made of the value: how fast it changes, how far it is from its set point
or from another channel that measures the same.

They are looked at like the others, after the same deadband and delays; loaded only where a
configuration has one.
"""

from firmware.limits import Limit

WINDOW_S = 10  # our choice: noise divided by one period would be no rate


class Rate(Limit):
    """`RATE`: size of the change per second between the ends of the last whole window."""

    def __init__(self, cfg: dict):
        super().__init__(cfg)
        self._window_ms = 1000 * cfg.get("window_s", WINDOW_S)
        self._begun: "tuple | None" = None
        self._rate = 0.0

    def check(self, value: float, t_ms: int) -> bool:
        """Hold the rate against the boundary: True if the alarm changed."""
        if self._begun is None:
            self._begun = (t_ms, value)
        elapsed_ms = t_ms - self._begun[0]
        if elapsed_ms >= self._window_ms:
            self._rate = abs(value - self._begun[1]) * 1000 / elapsed_ms
            self._begun = (t_ms, value)
        return super().check(self._rate, t_ms)


class Deviation(Limit):
    """`DEV`: distance from the set point, either way."""

    def __init__(self, cfg: dict):
        super().__init__(cfg)
        self._setpoint = cfg["setpoint"]

    def check(self, value: float, t_ms: int) -> bool:
        """Hold the distance against the boundary: True if the alarm changed."""
        return super().check(abs(value - self._setpoint), t_ms)


class Difference(Limit):
    """`DIFF`: distance from the other of two channels, either way.

    Which of them is wrong nobody can tell, so both are marked. Without a value of the other the
    distance is unknown; its own fault alarm speaks then.
    """

    def __init__(self, cfg: dict):
        super().__init__(cfg)
        self.other_ch = cfg["other"]
        self.pair: "tuple | list" = ()  # both channels, this one's own first

    def check(self, value: float, t_ms: int) -> bool:
        """Hold the distance against the boundary: True if the alarm changed."""
        other = self.pair[1].last
        if other is None or other.value is None:
            self.alarm.hold()
            return False
        if not super().check(abs(value - other.value), t_ms):
            return False
        for one in self.pair:
            one.discrepant = self.alarm.active
        return True


def build(cfg: dict) -> Limit:
    """The boundary that `cfg` describes."""
    at = cfg["at"]
    return Rate(cfg) if at == "RATE" else Deviation(cfg) if at == "DEV" else Difference(cfg)
