"""What vessels under pressure with a valve have in common: gas, valve, and a relay that acts."""

from sim.physics.parts.gas import Receiver
from sim.physics.parts.runaway import Runaway
from sim.physics.parts.valve import Valve


class Vented:
    """Base of a model whose `value` is the gauge pressure of its receiver, in Pa."""

    QUANTITY = "pressure"

    def __init__(self, gas: Receiver, valve: Valve, runaway: Runaway) -> None:
        self._gas = gas
        self._valve = valve
        self._runaway = runaway

    @property
    def value(self) -> float:
        """Gauge pressure in Pa."""
        return self._gas.value

    @value.setter
    def value(self, gauge_pa: float) -> None:
        self._gas.value = gauge_pa

    @property
    def valve(self) -> str:
        """It works, or sticks shut or open."""
        return self._valve.state

    @valve.setter
    def valve(self, state: str) -> None:
        self._valve.state = state

    def permit(self, on: bool) -> None:
        """The relay lets the machine run, or acts as the model says."""
        self._runaway.permit(on)
