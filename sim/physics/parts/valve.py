"""Safety valve: opens at its set pressure, closes a blowdown below it, or sticks.

A spring-loaded valve with pop action has full lift from its set pressure down to the reseating
pressure, which lies the blowdown below; the terms are those of ISO 4126-1, clause 3. Its flow is
that of a sonic conductance (`gas.sonic_pa`).
"""

from sim.errors import ScenarioError
from sim.physics.parts.gas import sonic_pa

STATES = ("works", "shut", "open")  # the last two: it sticks there


class Valve:
    """`state` may be changed at any time; `lifted` says whether it is open."""

    def __init__(
        self, set_pa: float, reseat_pa: float, m3_s_pa: float, state: str = "works"
    ) -> None:
        self.state = state
        self.lifted = state == "open"
        self._set_pa = set_pa
        self._reseat_pa = reseat_pa
        self._m3_s_pa = m3_s_pa

    @property
    def state(self) -> str:
        """One of `STATES`."""
        return self._state

    @state.setter
    def state(self, state: str) -> None:
        if state not in STATES:
            raise ScenarioError(f"valve: {state!r} is unknown; choose from {', '.join(STATES)}")
        self._state = state

    def flow_m3_s(self, gauge_pa: float, pilot: bool = False) -> float:
        """Free air that it lets out at that pressure; `pilot` opens it below its set pressure."""
        if self._state != "works":
            self.lifted = self._state == "open"
        elif gauge_pa <= self._reseat_pa:
            self.lifted = False
        elif pilot or gauge_pa >= self._set_pa:
            self.lifted = True
        return self._m3_s_pa * sonic_pa(gauge_pa) if self.lifted else 0.0
