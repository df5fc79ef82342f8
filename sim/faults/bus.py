"""Bus: between a chip and the board. `share` is the part of the messages that suffers."""

from sim.chips import Nak
from sim.errors import ScenarioError
from sim.faults.fault import PlantFault, Target

_ETIMEDOUT = 110


class GateFault(PlantFault):
    """Base of what stops I2C transactions."""

    def __init__(self, target: Target) -> None:
        super().__init__(target)
        if self.plant.chip.address is None:
            raise ScenarioError(f"{target.fault}: channel {target.ch} is not on an I2C bus")

    def gate(self) -> None:
        """Raises instead of the transaction."""
        raise NotImplementedError

    def _attach(self) -> None:
        self.plant.gates.append(self.gate)

    def _detach(self) -> None:
        self.plant.gates.remove(self.gate)


class I2cNak(GateFault):
    """The chip does not acknowledge its address, or not always."""

    def __init__(self, target: Target, *, share: float = 1.0) -> None:
        super().__init__(target)
        self._share = share
        self._noise = target.noise()

    def gate(self) -> None:
        """Nobody there."""
        if self._noise.random() < self._share:
            raise Nak


class I2cStuck(GateFault):
    """A part holds the data line low: every transaction on that bus times out."""

    def __init__(self, target: Target) -> None:
        super().__init__(target)
        self._all = [one for one in target.node.plants if one.bus == self.plant.bus]

    def gate(self) -> None:
        """The controller gives up."""
        raise OSError(_ETIMEDOUT, "bus held")

    def _attach(self) -> None:
        for plant in self._all:
            plant.gates.insert(0, self.gate)

    def _detach(self) -> None:
        for plant in self._all:
            plant.gates.remove(self.gate)


class MessageFault(PlantFault):
    """Base of what damages serial messages."""

    def __init__(self, target: Target, *, share: float = 1.0) -> None:
        super().__init__(target)
        if self.plant.wire is None:
            raise ScenarioError(f"{target.fault}: channel {target.ch} is not on a serial line")
        self._share = share
        self._noise = target.noise()

    def damage(self, data: bytes) -> bytes:
        """What becomes of a message, or of the nothing between two."""
        raise NotImplementedError

    def distort(self, data: bytes) -> bytes:
        """Damage this one, or let it pass."""
        return self.damage(data) if data and self._noise.random() < self._share else data

    def _attach(self) -> None:
        self.plant.data.append(self.distort)

    def _detach(self) -> None:
        self.plant.data.remove(self.distort)


class UartSilence(MessageFault):
    """The sensor says nothing, or leaves messages out."""

    def damage(self, data: bytes) -> bytes:
        """Nothing."""
        return b""


class BadChecksums(MessageFault):
    """One bit of a message is wrong, anywhere in it: its check no longer agrees."""

    def damage(self, data: bytes) -> bytes:
        """The same, but for a bit."""
        found = bytearray(data)
        found[self._noise.randrange(len(found))] ^= 1 << self._noise.randrange(8)
        return bytes(found)


class HalfFrames(MessageFault):
    """Messages break off in the middle."""

    def damage(self, data: bytes) -> bytes:
        """The first half."""
        return data[: len(data) // 2]


class SwappedBytes(MessageFault):
    """Neighbouring bytes of a message change places."""

    def damage(self, data: bytes) -> bytes:
        """Every pair turned round."""
        pairs = [data[at : at + 2][::-1] for at in range(0, len(data), 2)]
        return b"".join(pairs)


class NoiseBytes(MessageFault):
    """Bytes that nobody sent stand between the messages, as from a bad earth."""

    def __init__(self, target: Target, *, share: float = 1.0, most_bytes: int = 8) -> None:
        super().__init__(target, share=share)
        self._most = most_bytes

    def damage(self, data: bytes) -> bytes:
        """Some noise before it."""
        return self._noise.randbytes(self._noise.randint(1, self._most)) + data
