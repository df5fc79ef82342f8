"""Flash: the node's memory is torn, rots, wears out, is slow or has no room."""

from sim.faults.fault import Fault, Target
from sim.faults.power import CutAtOperation
from sim.flash import Operation, Verdict

_EIO, _ENOSPC = 5, 28
_BLANK = 0xFF


class TornWrite(CutAtOperation):
    """The supply fails in the middle of the n-th flash operation, `share` of its bytes done."""

    def __init__(
        self,
        target: Target,
        *,
        nth_operation: int,
        share: float = 0.5,
        times: int = 1,
        off_ms: float = 200.0,
    ) -> None:
        super().__init__(target, nth_operation=nth_operation, times=times, off_ms=off_ms)
        self.share = share


class BitRot(Fault):
    """Seeded bits of what is written turn over while the power is off for it; they stay so."""

    def __init__(self, target: Target, *, bits: int = 1) -> None:
        super().__init__(target)
        self._node = target.node
        self._bits = bits
        self._noise = target.noise()
        self.turned: list[int] = []  # offsets in the image of the bytes that were hit

    async def _begin(self) -> None:
        await self._node.supply.interrupt(self)
        self._rot()
        await self._node.supply.restore(self)

    async def _end(self) -> None:
        """What has rotted is rotten."""

    def _rot(self) -> None:
        path = self._node.flash_path
        image = bytearray(path.read_bytes() if path.exists() else b"")
        written = [at for at, byte in enumerate(image) if byte != _BLANK]
        for _ in range(self._bits if written else 0):
            at = self._noise.choice(written)
            image[at] ^= 1 << self._noise.randrange(8)
            self.turned.append(at)
        path.write_bytes(image)


class RuleFault(Fault):
    """Base of what decides over flash operations."""

    def rule(self, operation: Operation) -> Verdict | None:
        """What becomes of one."""
        raise NotImplementedError

    async def _begin(self) -> None:
        self.target.node.peripherals.flash.rules.append(self.rule)

    async def _end(self) -> None:
        self.target.node.peripherals.flash.rules.remove(self.rule)


class WearOut(RuleFault):
    """A block that was erased so often (in this node's life) refuses to be erased again."""

    def __init__(self, target: Target, *, after_erases: int = 10) -> None:
        super().__init__(target)
        self._most = after_erases

    def rule(self, operation: Operation) -> Verdict | None:
        """EIO for the worn block."""
        erased = self.target.node.peripherals.flash.erases_of[operation.block]
        return Verdict(errno=_EIO) if operation.erase and erased > self._most else None


class SlowErase(RuleFault):
    """Every erase takes that long, as it does on an old or cold chip; the board stands still."""

    def __init__(self, target: Target, *, stall_ms: int = 200) -> None:
        super().__init__(target)
        self._stall_ms = stall_ms

    def rule(self, operation: Operation) -> Verdict | None:
        """Later."""
        return Verdict(stall_ms=self._stall_ms) if operation.erase else None


class FlashFull(RuleFault):
    """There is no free block: whatever needs one is refused."""

    def rule(self, operation: Operation) -> Verdict | None:
        """ENOSPC for an erase, which is how a file system takes a block."""
        return Verdict(errno=_ENOSPC) if operation.erase else None
