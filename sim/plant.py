"""One measuring point: physics under a sensor on a named bus of a board.

`advance` is the only clock: the world calls it every few milliseconds, and the board's buses call
it before the firmware looks, so that what it reads is as new as on real silicon.
"""

import random
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from math import ceil
from typing import Any, TypeVar

from sim import chips, physics
from sim.chips import Chip
from sim.wire import Framing, Wire, hear

T = TypeVar("T")

STEP_S = 0.02  # longest step of the physics

# (instant at which the sensor had put it out, true value, indicated value)
Watch = Callable[[float, float, float], None]


class Plant:
    """Physics, chip and wire of one channel.

    What can go wrong in between hangs in three lists, applied in order (`sim.faults` fills them):
    `values` distort what the chip senses, `data` the bytes that it puts on the line or answers,
    and `gates` are called before each I2C transaction, which they stop by raising.
    """

    def __init__(self, ch: int, bus: str, model: physics.Model, chip: Chip) -> None:
        self.ch = ch
        self.bus = bus
        self.model = model
        self.chip = chip
        self.wire = _wire(chip)
        self.on_level: Callable[[float, int], None] | None = None  # of a pulse wire
        self.watch: Watch | None = None
        self.values: list[Callable[[float], float]] = []
        self.data: list[Callable[[bytes], bytes]] = []
        self.gates: list[Callable[[], None]] = []
        self._now_s: float | None = None
        self._quiet_s = 0.0  # when the board's last byte has reached the chip
        self._coming: deque[tuple[float, int, bool]] = deque()  # bytes on their way to the chip
        # does the board drive the pair of wires? None: their transceiver sees to that by itself
        self.driven: bool | None = None

    @property
    def now_s(self) -> float:
        """How far physics and chip have come."""
        return self._now_s or 0.0

    def power(self, now_s: float) -> None:
        """The board's supply, which feeds the sensor, has come on."""
        self._coming.clear()
        self.chip.power(now_s)

    def advance(self, now_s: float) -> None:
        """Bring physics, sensor and line up to now."""
        for _ in self._steps(now_s):
            assert self._now_s is not None
            true = self.model.value
            while self._coming and self._coming[0][0] <= self._now_s:
                self.chip.hear(*self._coming.popleft())
            for output in self.chip.advance(self._now_s, _through(self.values, true)):
                data = b"" if self.driven else _through(self.data, output.data)
                done_s = self.wire.carry(output.at_s, data) if self.wire else output.at_s
                if output.level is not None and self.on_level is not None:
                    self.on_level(output.at_s, output.level)
                if self.watch is not None:
                    self.watch(done_s, true, output.indicated)
        if self.wire is not None:
            self.wire.advance(now_s)

    def transfer(self, written: bytes, count: int) -> bytes:
        """One I2C transaction with the chip; Nak, or OSError of a bus that is held."""
        for gate in self.gates:
            gate()
        return _through(self.data, self.chip.transfer(written, count))

    def hear(self, now_s: float, data: bytes, framing: Framing) -> None:
        """The board sends these bytes from now on, or when it has sent the last ones."""
        if self.chip.baud is None or self.driven is False:
            return
        start_s = max(now_s, self._quiet_s)
        own = Framing(self.chip.baud, self.chip.parity, self.chip.stop)
        for after_s, byte, sound in hear(data, framing, own):
            self._coming.append((start_s + after_s, byte, sound))
        self._quiet_s = start_s + len(data) * framing.byte_s

    def turn(self, now_s: float, driven: bool) -> None:
        """The board takes the pair of wires, or leaves it: what it had not sent yet is cut off."""
        self.advance(now_s)
        self.driven = driven
        if not driven:
            self._coming.clear()
            self._quiet_s = now_s

    def permit(self, on: bool) -> None:
        """The relay's contact: released means that the machine must stop."""
        self.model.permit(on)

    def _steps(self, now_s: float) -> Iterator[None]:
        if self._now_s is None:
            self._now_s = now_s
        missing_s = now_s - self._now_s
        count = max(1, ceil(missing_s / STEP_S))
        start_s = self._now_s
        for step in range(1, count + 1):
            if missing_s > 0:
                self.model.step(missing_s / count)
            self._now_s = start_s + missing_s * step / count
            yield


def _wire(chip: Chip) -> Wire | None:
    return None if chip.baud is None else Wire(chip.baud, chip.parity, chip.stop)


def _through(distortions: Iterable[Callable[[T], T]], one: T) -> T:
    for distort in distortions:
        one = distort(one)
    return one


def build(
    channel_cfg: Mapping[str, Any], physics_cfg: Mapping[str, Any], seed: int | str
) -> Plant:
    """Plant for one channel of the sealed configuration; KeyError for an unknown sensor or model.

    `physics_cfg` is `{"physics": name, ...parameters of the model}`.
    """
    noise = random.Random(f"{seed} sensor")
    chip = chips.build(channel_cfg["sensor"], channel_cfg.get("params", {}), noise)
    model = physics.build(physics_cfg, random.Random(f"{seed} physics"))
    return Plant(channel_cfg["ch"], channel_cfg["bus"], model, chip)
