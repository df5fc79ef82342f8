"""Wiring: between a transmitter or contact and the board, or a serial sensor and its port."""

from sim.errors import ScenarioError
from sim.faults.fault import PlantFault, Target
from sim.plant import Plant
from sim.transducer import Loop


def loop_of(plant: Plant) -> Loop | None:
    """The 4-20 mA loop under a plant's chip, if it has one."""
    signals = getattr(plant.chip, "signals", {}).values()
    return next((signal for signal in signals if isinstance(signal, Loop)), None)


class WireFault(PlantFault):
    """Base: `distort` makes what arrives of an analog signal: mA of a loop, or a share of the
    supply of anything else."""

    def __init__(self, target: Target) -> None:
        super().__init__(target)
        self._loop = loop_of(self.plant)
        if self._loop is None and (self.plant.chip.address, self.plant.wire) != (None, None):
            raise ScenarioError(f"{target.fault}: channel {target.ch} has no analog signal")
        self._wires = self.plant.chip.wires if self._loop is None else self._loop.currents

    def distort(self, level: float) -> float:
        """What arrives instead."""
        raise NotImplementedError

    def _attach(self) -> None:
        self._wires.append(self.distort)

    def _detach(self) -> None:
        self._wires.remove(self.distort)


class OpenLoop(WireFault):
    """A signal wire is broken: no current, or no voltage; a contact never closes."""

    def distort(self, level: float) -> float:
        """Nothing."""
        return 0.0


class ShortCircuit(WireFault):
    """A signal wire touches its supply: in a loop, what the supply's limiter lets through."""

    def __init__(self, target: Target, *, current_ma: float = 30.0) -> None:
        super().__init__(target)
        self._level = 1.0 if self._loop is None else current_ma

    def distort(self, level: float) -> float:
        """The limiter's, or the whole supply."""
        return self._level


class FaultCurrent(WireFault):
    """The transmitter reports a failure of its own by its current (NAMUR NE 43)."""

    def __init__(self, target: Target, *, current_ma: float = 21.5) -> None:
        super().__init__(target)
        if self._loop is None:
            raise ScenarioError(f"{target.fault}: channel {target.ch} has no 4-20 mA loop")
        self._current_ma = current_ma

    def distort(self, level: float) -> float:
        """The one it reports with, unless the wire is broken."""
        return self._current_ma if level else 0.0


class LooseContact(PlantFault):
    """A terminal that comes and goes: seeded gaps in the current, or holes in the bytes."""

    def __init__(
        self, target: Target, *, mean_closed_ms: float = 500.0, mean_open_ms: float = 500.0
    ) -> None:
        super().__init__(target)
        self._means_s = (mean_closed_ms / 1000.0, mean_open_ms / 1000.0)
        self._noise = target.noise()
        loop = loop_of(self.plant)
        self._wires = self.plant.chip.wires if loop is None else loop.currents
        self._serial = self.plant.wire is not None
        self._is_open = False
        self._until_s = 0.0

    def _broken(self) -> bool:
        while self.elapsed_s >= self._until_s:
            self._is_open = not self._is_open
            self._until_s += self._noise.expovariate(1 / self._means_s[self._is_open])
        return self._is_open

    def _level(self, level: float) -> float:
        return 0.0 if self._broken() else level

    def _bytes(self, data: bytes) -> bytes:
        return b"" if self._broken() else data

    def _attach(self) -> None:
        self._is_open, self._until_s = False, 0.0
        if self._serial:
            self.plant.data.append(self._bytes)
        else:
            self._wires.append(self._level)

    def _detach(self) -> None:
        if self._serial:
            self.plant.data.remove(self._bytes)
        else:
            self._wires.remove(self._level)
