"""Transducer: what the sensor senses is not what is there. Values are in the wire unit."""

from math import exp, inf

from sim.errors import ScenarioError
from sim.faults.fault import PlantFault, Target
from sim.faults.wiring import loop_of


class ValueFault(PlantFault):
    """Base: `distort` makes what the chip senses of what is there."""

    def distort(self, value: float) -> float:
        """The value that the chip gets instead."""
        raise NotImplementedError

    def _attach(self) -> None:
        self.plant.values.append(self.distort)

    def _detach(self) -> None:
        self.plant.values.remove(self.distort)


class Stuck(ValueFault):
    """The value stands still where it was; a transmitter's current too, noise and all.

    A sensor that speaks repeats its last message.
    """

    def __init__(self, target: Target) -> None:
        super().__init__(target)
        self._loop = loop_of(self.plant)
        self._value = 0.0
        self._current_ma: float | None = None
        self._message = b""

    def distort(self, value: float) -> float:
        """The first one for ever."""
        return self._value

    def _hold(self, current_ma: float) -> float:
        if self._current_ma is None:
            self._current_ma = current_ma
        return self._current_ma

    def _repeat(self, data: bytes) -> bytes:
        self._message = self._message or data
        return self._message if data else data

    def _attach(self) -> None:
        self._value, self._current_ma, self._message = self.plant.model.value, None, b""
        for distort in self.plant.values:
            self._value = distort(self._value)
        super()._attach()
        if self._loop is not None:
            self._loop.currents.append(self._hold)
        if self.plant.wire is not None:
            self.plant.data.append(self._repeat)

    def _detach(self) -> None:
        super()._detach()
        if self._loop is not None:
            self._loop.currents.remove(self._hold)
        if self.plant.wire is not None:
            self.plant.data.remove(self._repeat)


class Drift(ValueFault):
    """The value runs away slowly from what is there."""

    def __init__(self, target: Target, *, drift_per_s: float) -> None:
        super().__init__(target)
        self._drift_per_s = drift_per_s

    def distort(self, value: float) -> float:
        """The truth and what has gathered since the beginning."""
        return value + self._drift_per_s * self.elapsed_s


class Offset(ValueFault):
    """The value is wrong by a constant."""

    def __init__(self, target: Target, *, offset: float) -> None:
        super().__init__(target)
        self._offset = offset

    def distort(self, value: float) -> float:
        """The truth and the constant."""
        return value + self._offset


class Noise(ValueFault):
    """The value is noisy: a new normal deviate at every step of the physics."""

    def __init__(self, target: Target, *, sigma: float) -> None:
        super().__init__(target)
        self._sigma = sigma
        self._noise = target.noise()

    def distort(self, value: float) -> float:
        """The truth and a deviate."""
        return value + self._noise.gauss(0.0, self._sigma)


class Spikes(ValueFault):
    """The value jumps for a moment, once or every so often."""

    def __init__(
        self, target: Target, *, height: float, width_ms: float = 100.0, every_s: float = inf
    ) -> None:
        super().__init__(target)
        self._height = height
        self._width_s = width_ms / 1000.0
        self._every_s = every_s

    def distort(self, value: float) -> float:
        """The truth, with the height added at the beginning of each interval."""
        inside_s = self.elapsed_s % self._every_s
        return value + self._height if inside_s < self._width_s else value


class Saturation(ValueFault):
    """The value goes no higher or no lower than that: clipped."""

    def __init__(
        self, target: Target, *, highest: float | None = None, lowest: float | None = None
    ) -> None:
        super().__init__(target)
        if highest is None and lowest is None:
            raise ScenarioError(f"{target.fault}: needs highest or lowest")
        self._highest = inf if highest is None else highest
        self._lowest = -inf if lowest is None else lowest

    def distort(self, value: float) -> float:
        """The truth between the two."""
        return max(self._lowest, min(self._highest, value))


class SlowResponse(ValueFault):
    """The value follows late: a first-order lag, as of a blocked impulse line or filter."""

    def __init__(self, target: Target, *, tau_s: float) -> None:
        super().__init__(target)
        self._tau_s = tau_s
        self._value: float | None = None
        self._then_s = 0.0

    def distort(self, value: float) -> float:
        """Nearer to the truth with every step."""
        now_s = self.elapsed_s
        if self._value is None:
            self._value = value
        else:
            self._value += (value - self._value) * (1 - exp((self._then_s - now_s) / self._tau_s))
        self._then_s = now_s
        return self._value

    def _attach(self) -> None:
        self._value = None
        super()._attach()
