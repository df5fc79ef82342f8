"""Wiring: between a transmitter and its converter, or a serial sensor and its port."""

from sim.errors import ScenarioError
from sim.faults.fault import PlantFault, Target
from sim.plant import Plant
from sim.transducer import Loop


def loop_of(plant: Plant) -> Loop | None:
    """The 4-20 mA loop under a plant's chip, if it has one."""
    signals = getattr(plant.chip, "signals", {}).values()
    return next((signal for signal in signals if isinstance(signal, Loop)), None)


class LoopFault(PlantFault):
    """Base: `distort` makes what the shunt gets of what the transmitter drives, in mA."""

    def __init__(self, target: Target) -> None:
        super().__init__(target)
        loop = loop_of(self.plant)
        if loop is None:
            raise ScenarioError(f"{target.fault}: channel {target.ch} has no 4-20 mA loop")
        self._loop = loop

    def distort(self, current_ma: float) -> float:
        """The current that the shunt gets instead."""
        raise NotImplementedError

    def _attach(self) -> None:
        self._loop.currents.append(self.distort)

    def _detach(self) -> None:
        self._loop.currents.remove(self.distort)


class OpenLoop(LoopFault):
    """A wire of the loop is broken: no current."""

    def distort(self, current_ma: float) -> float:
        """None."""
        return 0.0


class ShortCircuit(LoopFault):
    """The loop's wires touch before the transmitter: what the supply's limiter lets through."""

    def __init__(self, target: Target, *, current_ma: float = 30.0) -> None:
        super().__init__(target)
        self._current_ma = current_ma

    def distort(self, current_ma: float) -> float:
        """The limiter's."""
        return self._current_ma


class FaultCurrent(LoopFault):
    """The transmitter reports a failure of its own by its current (NAMUR NE 43)."""

    def __init__(self, target: Target, *, current_ma: float = 21.5) -> None:
        super().__init__(target)
        self._current_ma = current_ma

    def distort(self, current_ma: float) -> float:
        """The one it reports with, unless the wire is broken."""
        return self._current_ma if current_ma else 0.0


class LooseContact(PlantFault):
    """A terminal that comes and goes: seeded gaps in the current, or holes in the bytes."""

    def __init__(
        self, target: Target, *, mean_closed_ms: float = 500.0, mean_open_ms: float = 500.0
    ) -> None:
        super().__init__(target)
        self._means_s = (mean_closed_ms / 1000.0, mean_open_ms / 1000.0)
        self._noise = target.noise()
        self._loop = loop_of(self.plant)
        self._is_open = False
        self._until_s = 0.0

    def _broken(self) -> bool:
        while self.elapsed_s >= self._until_s:
            self._is_open = not self._is_open
            self._until_s += self._noise.expovariate(1 / self._means_s[self._is_open])
        return self._is_open

    def _current(self, current_ma: float) -> float:
        return 0.0 if self._broken() else current_ma

    def _bytes(self, data: bytes) -> bytes:
        return b"" if self._broken() else data

    def _attach(self) -> None:
        self._is_open, self._until_s = False, 0.0
        if self._loop is not None:
            self._loop.currents.append(self._current)
        else:
            self.plant.data.append(self._bytes)

    def _detach(self) -> None:
        if self._loop is not None:
            self._loop.currents.remove(self._current)
        else:
            self.plant.data.remove(self._bytes)
