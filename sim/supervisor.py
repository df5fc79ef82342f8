"""One node: a board and its sensors, with all that stands around them on a bench.

`power_on` starts the interpreter with the board's shim (`sim/board/boot.py`); `power_off` is
SIGKILL, as sudden as a cut wire. What the board does between them stands in `life.py`: why it was
left off stands in `exit_reason`, its words in `console`.
"""

import asyncio
import struct
from collections.abc import Callable, Sequence
from functools import partial
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Any

from sim import boards, clock, interpreter, wiring
from sim.board import ops
from sim.console import Console
from sim.contact import Contact
from sim.ethernet import Ethernet
from sim.flash import Operation
from sim.flash_image import FlashImage
from sim.free import Free
from sim.life import Board, Life
from sim.net import Network
from sim.peripherals import Peripherals
from sim.plant import Plant
from sim.sockets import SocketFrames
from sim.supply import Supply
from sim.ticks import Ticks
from sim.watchdog import Watchdog

# What the shims of `board/` take of the heap, which a board keeps outside of it: so much is added
# to the cap, and so much of what a node says of its heap is not the firmware's.
SHIMS_KIB = 36

_CTRL_C = b"\x03"

# (node, output name, level, loop time)
OnPin = Callable[["SimNode", str, int, float], None]


class SimNode:
    """One board with its sensors. Use it within one running event loop."""

    def __init__(
        self,
        name: str,
        board: str,
        flash: Path,
        library: Path,
        plants: Sequence[Plant],
        heap_kib: int | None = None,
        on_pin: OnPin | None = None,
        network: Network | None = None,
        seed: int | str = 0,
    ) -> None:
        """`flash`: image file; `library`: tree with the packages `firmware` and `protocols`.

        Without `heap_kib`, the heap is the board's own (`sim.boards`).
        """
        self.name = name
        self.ticks = Ticks()
        self.keeps_time = True  # its clock has a battery, or: what its port lets it outlive
        self.jump = False  # on a virtual clock, let the board run ahead of the world
        self.trace: Callable[..., None] = _silent  # (kind, node, **fields)
        self.on_frame: Callable[[int, int, bytes], None] | None = None
        self._seed = seed
        self.board = board
        self.plants = list(plants)
        self.on_pin = on_pin
        self.console = Console(told=self._told, typed=self.type)
        self.boots = 0
        self.sensed_s = 0.0  # when the firmware last looked at any sensor, on the loop's clock
        self._wiring = wiring.load(board)
        self.image = FlashImage(name, flash, self._wiring, lambda: self.powered)
        self._library = library.resolve()
        self._heap_kib = heap_kib or self._wiring.silicon.heap_kib
        unique_id = sha256(name.encode()).digest()[:6]
        self.peripherals = Peripherals(
            self._wiring, self.plants, unique_id, self._output, self._now_s
        )
        self.peripherals.flash.heard.append(self._flash_changes)
        self.contacts = {
            name: Contact(
                partial(self.peripherals.drive, pin), Random(f"{seed} {self.name} {name}")
            )
            for name, pin in self._wiring.inputs.items()
        }
        self.contacts["cover"].rest(closed=True)  # until somebody opens it
        self.peripherals.edges.on_edge = self.peripherals.ble.on_event = self.wake
        self._watchdog = Watchdog(self._bite)
        self._pulsed = any(plant.on_level is not None for plant in self.plants)
        self.station = (network or Network(seed)).attach(name)
        self.station.on_arrival = self.wake
        if self._wiring.silicon.ethernet:
            self.station.ethernet = Ethernet(self.station.carrier, self._now_s)
        self._life = Life(self, self._boot, self._over, name)
        self.supply = Supply(self._on, self._life.end)
        self._broken = False  # Ctrl-C waits for the firmware
        self._at_prompt = self._to_prompt = False  # the board is, or goes there after the reset
        self._softly = False  # the reset that is under way
        self._operations: dict[int, Callable[[int, bytes], bytes]] = {
            ops.START: self._start,
            **SocketFrames(self.station, self.arrived).operations,
        }

    @property
    def running(self) -> bool:
        """Is the firmware's process alive?"""
        return self.pid is not None

    @property
    def pid(self) -> int | None:
        """Process of the firmware while it runs."""
        return self._life.board.pid if self._life.board is not None else None

    def wake(self) -> None:
        """Something arrived for the board."""
        if self._life.board is not None:
            self._life.board.wake()

    def arrived(self) -> int:
        """What waits for it, as `ops.AWAKE_FORMAT` has it."""
        events = ops.EVENTS if self.peripherals.events else 0
        return self.station.arrived | events | (ops.BREAK if self._broken else 0)

    def edges(self) -> bool:
        """Is it worth asking for edges? Pulses are made when somebody asks."""
        edges = self.peripherals.edges
        return edges.waiting or (edges.awaited and self._pulsed)

    def hear(self, data: bytes) -> None:
        """Bytes on its console; none: its process is over."""
        self.console.hear(data)

    def type(self, data: bytes) -> None:
        """Bytes for its console, on the real clock: Ctrl-C stops the firmware, as on a board."""
        board = self._life.board
        if not isinstance(board, Free):
            return
        for number, rest in enumerate(data.split(_CTRL_C)):
            if number and self._at_prompt:
                rest = _CTRL_C + rest
            elif number:
                self._broken = True
                self.wake()
            if rest:
                board.type(rest)

    def provision(self, files: dict[str, bytes]) -> None:
        """Write files such as `/cfg.cbor` to the flash image, made and formatted if need be."""
        self.image.provision(files)

    def extract(self, directory: str, folder: Path) -> None:
        """Copy the files of one directory of the flash into `folder`; the power must be off."""
        self.image.extract(directory, folder)

    async def power_on(self) -> None:
        """Close the switch of the supply; nothing happens if it is closed."""
        await self.supply.switch(True)

    async def power_off(self) -> None:
        """Open it in the middle of whatever the board does; nothing happens if it is open."""
        await self.supply.switch(False)

    def collapse(self) -> None:
        """The supply breaks down within this operation of the board; interrupt it after."""
        self._life.collapse()

    def reset(self) -> None:
        """Press the reset button; nothing happens without power."""
        if self.powered:
            self._life.restart(ops.HARD_RESET)

    def lose_time(self) -> None:
        """The battery clock begins anew where its port begins."""
        self.peripherals.rtc_offset_s = self._wiring.port.rtc_blank_s - clock.unix_s()

    @property
    def flash_path(self) -> Path:
        """Image of the flash; changed from outside only while the power is off."""
        return self.image.path

    @property
    def powered(self) -> bool:
        """Is the supply on, whatever the firmware does?"""
        return self.supply.powered

    @property
    def crashes(self) -> int:
        """How often the firmware ended."""
        return self._life.crashes

    @property
    def exit_reason(self) -> str | None:
        """Of the last crash since power-on."""
        return self._life.exit_reason

    def press(self, name: str = "button") -> None:
        """Close the contact that pulls a named input to ground."""
        self.contacts[name].move(closed=True)

    def release(self, name: str = "button") -> None:
        """Let go of it."""
        self.contacts[name].move(closed=False)

    async def _on(self) -> None:
        self.image.make()
        for plant in self.plants:
            plant.power(self._now_s())
        await self._life.begin()

    async def _boot(self, board: Board, cause: int) -> None:
        self._keep_time(cause)
        more = ("prompt",) if self._to_prompt and cause != ops.PWRON_RESET else ()
        self._broken = self._at_prompt = self._to_prompt = False
        self.peripherals.reset_cause = cause
        self.boots += 1
        self.sensed_s = self._now_s()
        self.trace("boot", self.name, cause=cause)
        self.ticks.restart(self._now_s())
        await board.start(
            lambda link: interpreter.command(
                "boot.py",
                self._heap_kib + SHIMS_KIB,
                str(link),
                str(interpreter.alias(self.image.path)),
                str(self._wiring.page_bytes),
                str(interpreter.alias(self._library)),
                *more,
            )
        )

    def _keep_time(self, cause: int) -> None:
        """Let the clock begin anew if it does not outlive this; it was set when the board came."""
        reset = boards.SOFT_RESET if self._softly else boards.RESET
        happened = boards.POWER_LOSS if cause == ops.PWRON_RESET else reset
        self._softly = False
        lost = happened > self._wiring.port.rtc_outlives
        if self.boots and lost and not self.keeps_time:
            self.lose_time()

    def _over(self) -> str:
        """The process is over: the outputs fall."""
        self._watchdog.disarm()
        self.station.restart()
        self.peripherals.restart()
        return self.console[-1] if self.console else "no output"

    def handle(self, operation: int, argument: int, payload: bytes) -> bytes:
        """Carry out one operation that the board asks for or tells."""
        if self.on_frame is not None:
            self.on_frame(operation, argument, payload)
        if operation in ops.SENSING:
            self.sensed_s = self._now_s()
        if operation in self._operations:
            return self._operations[operation](argument, payload)
        if operation == ops.WDT_FEED:
            self._watchdog.feed()
        elif operation == ops.WDT_ARM:
            self._watchdog.arm(int.from_bytes(payload, "little") / 1000)
        elif operation == ops.RESET:
            self._to_prompt = argument == ops.RESET_TO_PROMPT
            self._softly = argument != ops.RESET_HARD
            self._life.restart(self._cause_of(argument))
        elif operation == ops.BROKEN:
            self._broken = False
        elif operation == ops.PROMPT:
            self._at_prompt = True
        else:
            return self.peripherals.handle(operation, argument, payload)
        return b""

    def _start(self, argument: int, payload: bytes) -> bytes:
        kind = ops.REAL_CLOCK
        if clock.virtual() is not None:
            kind = ops.JUMP_CLOCK if self.jump else ops.LOCKSTEP_CLOCK
        epoch_s = self._wiring.port.epoch_s
        seed = sha256(f"{self._seed} {self.name} {self.boots}".encode()).digest()[:16]
        return struct.pack(ops.START_FORMAT, kind, self.ticks.us(self._now_s()), epoch_s, seed)

    def _flash_changes(self, found: Operation) -> None:
        word = "erase" if found.erase else "program"
        where = {"block": found.block, "offset": found.offset, "bytes": found.size}
        self.trace("flash", self.name, operation=word, **where)

    def _bite(self) -> None:
        text = f"watchdog: not fed for {self._watchdog.timeout_s:g} s, the board restarts"
        self.console.note(text)
        self._life.restart(ops.WDT_RESET)

    def _cause_of(self, reset: int) -> int:
        """What a board calls it afterwards; an RP2 does not notice a soft reset."""
        if reset == ops.RESET_HARD:
            return self._wiring.reset_cause
        return self.peripherals.reset_cause if self._wiring.platform == "rp2" else ops.SOFT_RESET

    def _told(self, line: str) -> None:
        self.trace("console", self.name, line=line)

    def _output(self, name: str, level: int) -> None:
        if name == "relay":
            for plant in self.plants:
                plant.permit(bool(level))
        self.trace("pin", self.name, output=name, level=level)
        if self.on_pin is not None:
            self.on_pin(self, name, level, self._now_s())

    @staticmethod
    def _now_s() -> float:
        return asyncio.get_running_loop().time()


def _silent(*args: Any, **fields: Any) -> None:
    pass
