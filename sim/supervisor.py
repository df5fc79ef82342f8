"""Power, flash, console and fate of one node: what stands around a board on a bench.

`power_on` starts the interpreter with the board's shim (`sim/board/boot.py`); `power_off` is
SIGKILL, as sudden as a cut wire. Between them the board restarts by itself as a real one does: on
`machine.reset()`, on a starved watchdog, and when the firmware ends. One that keeps ending at once
is left off after `CRASHES_MAX` times, with the reason in `exit_reason` and its words in `console`.
"""

import asyncio
import struct
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

from sim import clock, interpreter, wiring
from sim.board import ops
from sim.console import Console
from sim.errors import FlashError
from sim.flash import Operation
from sim.net import Network
from sim.peripherals import Peripherals
from sim.plant import Plant
from sim.running import Free, Stepped
from sim.ticks import Ticks
from sim.watchdog import Watchdog

# What the shims of `board/` take of the heap, which a board keeps outside of it: so much is added
# to the cap, and so much of what a node says of its heap is not the firmware's.
SHIMS_KIB = 36
CRASHES_MAX = 5
RESET_PAUSE_S = 0.2  # from reset to firmware: a board's boot loader, or so
CRASH_PAUSE_S = 1.0  # before the restart: the watchdog of a board without firmware takes its time
STABLE_S = 10.0  # alive for so long: earlier crashes are forgotten

_CTRL_C = b"\x03"
_TOOL_HEAP_KIB = 2048
_TOOL_TIMEOUT_S = 30
_PORT_EPOCH_S = {"esp32": 946_684_800}  # time.time() counts from 2000 there, else from 1970

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
        self.jump = False  # on a virtual clock, let the board run ahead of the world
        self.trace: Callable[..., None] = _silent  # (kind, node, **fields)
        self.on_frame: Callable[[int, int, bytes], None] | None = None
        self._seed = seed
        self.board = board
        self.plants = list(plants)
        self.on_pin = on_pin
        self.console = Console(told=self._told, typed=self.type)
        self.boots = 0
        self.crashes = 0
        self.exit_reason: str | None = None
        self._wiring = wiring.load(board)
        self._flash = flash.resolve()
        self._library = library.resolve()
        self._heap_kib = heap_kib or self._wiring.silicon.heap_kib
        unique_id = sha256(name.encode()).digest()[:6]
        self.peripherals = Peripherals(
            self._wiring, self.plants, unique_id, self._output, self._now_s
        )
        self.peripherals.flash.heard.append(self._flash_changes)
        self.press("cover")  # closed, until somebody opens it
        self.peripherals.edges.on_edge = self.peripherals.ble.on_event = self.wake
        self._watchdog = Watchdog(self._bite)
        self._board: Free | Stepped | None = None
        self.station = (network or Network(seed)).attach(name)
        self.station.on_arrival = self.wake
        self._life: asyncio.Task[None] | None = None
        self._off = asyncio.Event()
        self._restart_cause: int | None = None
        self._broken = False  # Ctrl-C waits for the firmware
        self._at_prompt = self._to_prompt = False  # the board is, or goes there after the reset
        self._operations: dict[int, Callable[[int, bytes], bytes]] = {
            ops.START: self._start,
            ops.SOCKET_OPEN: lambda argument, payload: bytes((self.station.open(),)),
            ops.SOCKET_BIND: self._socket_bind,
            ops.SOCKET_SEND: self._socket_send,
            ops.SOCKET_RECEIVE: self._socket_receive,
            ops.SOCKET_CLOSE: self._socket_close,
        }
        self._switching = asyncio.Lock()  # power goes on and off in one order for everybody
        self._switched = False
        self._interruptions: set[object] = set()

    @property
    def running(self) -> bool:
        """Is the firmware's process alive?"""
        return self.pid is not None

    @property
    def pid(self) -> int | None:
        """Process of the firmware while it runs."""
        return self._board.pid if self._board is not None else None

    def wake(self) -> None:
        """Something arrived for the board."""
        if self._board is not None:
            self._board.wake()

    def arrived(self) -> int:
        """What waits for it, as `ops.AWAKE_FORMAT` has it."""
        events = ops.EVENTS if self.peripherals.events else 0
        return self.station.arrived | events | (ops.BREAK if self._broken else 0)

    def hear(self, data: bytes) -> None:
        """Bytes on its console; none: its process is over."""
        self.console.hear(data)

    def type(self, data: bytes) -> None:
        """Bytes for its console, on the real clock: Ctrl-C stops the firmware, as on a board."""
        if not isinstance(self._board, Free):
            return
        for number, rest in enumerate(data.split(_CTRL_C)):
            if number and self._at_prompt:
                rest = _CTRL_C + rest
            elif number:
                self._broken = True
                self.wake()
            if rest:
                self._board.type(rest)

    def provision(self, files: dict[str, bytes]) -> None:
        """Write files such as `/cfg.cbor` to the flash image, made and formatted if need be."""
        self._make_flash()
        with tempfile.TemporaryDirectory() as folder:
            for path, content in files.items():
                target = Path(folder) / path.lstrip("/")
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(content)
            self._on_flash("provision.py", folder)

    def extract(self, directory: str, folder: Path) -> None:
        """Copy the files of one directory of the flash into `folder`; the power must be off."""
        self._on_flash("extract.py", directory, str(folder.resolve()))

    async def power_on(self) -> None:
        """Close the switch of the supply; nothing happens if it is closed."""
        async with self._switching:
            self._switched = True
            await self._supply()

    async def power_off(self) -> None:
        """Open it in the middle of whatever the board does; nothing happens if it is open."""
        async with self._switching:
            self._switched = False
            await self._supply()

    async def interrupt(self, who: object) -> None:
        """Something breaks the supply, whatever the switch says, until it is `restore`d."""
        async with self._switching:
            self._interruptions.add(who)
            await self._supply()

    def collapse(self) -> None:
        """The supply breaks down within this operation of the board; `interrupt` it after."""
        self._off.set()
        self._kill()

    async def restore(self, who: object) -> None:
        """That one is over; with the last of them power comes back if the switch is closed."""
        async with self._switching:
            self._interruptions.discard(who)
            await self._supply()

    def reset(self) -> None:
        """Press the reset button; nothing happens without power."""
        if self._life is not None:
            self._restart(ops.HARD_RESET)

    @property
    def flash_path(self) -> Path:
        """Image of the flash; changed from outside only while the power is off."""
        return self._flash

    @property
    def powered(self) -> bool:
        """Is the supply on, whatever the firmware does?"""
        return self._life is not None

    def press(self, name: str = "button") -> None:
        """Pull a named input to ground."""
        self.peripherals.drive(self._wiring.inputs[name], 0)

    def release(self, name: str = "button") -> None:
        """Let go of it."""
        self.peripherals.drive(self._wiring.inputs[name], None)

    async def _supply(self) -> None:
        """Let the board live or die as switch and interruptions have it."""
        wanted = self._switched and not self._interruptions
        if wanted and self._life is None:
            self._make_flash()
            self._off.clear()
            self.exit_reason = None
            for plant in self.plants:
                plant.power(self._now_s())
            await self._boot(ops.PWRON_RESET)
            self._life = asyncio.create_task(self._live(), name=f"board {self.name}")
        elif self._life is not None and not wanted:
            life, self._life = self._life, None
            self._off.set()
            self._kill()
            await asyncio.shield(life)  # who gives up waiting does not end it

    async def _live(self) -> None:
        crashes = 0
        while True:
            started_s = self._now_s()
            await self._end()
            if self._off.is_set():
                return
            cause, pause_s = self._restart_cause, RESET_PAUSE_S
            if cause is None:
                cause, pause_s = ops.WDT_RESET, CRASH_PAUSE_S
                crashes = 1 if self._now_s() - started_s > STABLE_S else crashes + 1
                self.crashes += 1
                self.exit_reason = self._last_words()
                if crashes >= CRASHES_MAX:
                    return
            if await self._off_within(pause_s):
                return
            await self._boot(cause)
            if self._off.is_set():  # switched off while the process was being made
                self._kill()

    async def _boot(self, cause: int) -> None:
        self._restart_cause = None
        more = ("prompt",) if self._to_prompt and cause != ops.PWRON_RESET else ()
        self._broken = self._at_prompt = self._to_prompt = False
        self.peripherals.reset_cause = cause
        self.boots += 1
        self.trace("boot", self.name, cause=cause)
        self.ticks.restart(self._now_s())
        self._board = Free(self) if clock.virtual() is None else Stepped(self)
        await self._board.start(
            lambda link: interpreter.command(
                "boot.py",
                self._heap_kib + SHIMS_KIB,
                str(link),
                str(self._flash),
                str(self._wiring.page_bytes),
                str(self._library),
                *more,
            )
        )

    async def _end(self) -> None:
        """Wait until the process is over, then let the outputs fall."""
        assert self._board is not None
        await asyncio.shield(self._board.over)
        self._watchdog.disarm()
        self.station.restart()
        self.peripherals.restart()

    def handle(self, operation: int, argument: int, payload: bytes) -> bytes:
        """Carry out one operation that the board asks for or tells."""
        if self.on_frame is not None:
            self.on_frame(operation, argument, payload)
        if operation in self._operations:
            return self._operations[operation](argument, payload)
        if operation == ops.WDT_FEED:
            self._watchdog.feed()
        elif operation == ops.WDT_ARM:
            self._watchdog.arm(int.from_bytes(payload, "little") / 1000)
        elif operation == ops.RESET:
            self._to_prompt = argument == ops.RESET_TO_PROMPT
            self._restart(self._cause_of(argument))
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
        epoch_s = _PORT_EPOCH_S.get(self._wiring.platform, 0)
        seed = sha256(f"{self._seed} {self.name} {self.boots}".encode()).digest()[:16]
        return struct.pack(ops.START_FORMAT, kind, self.ticks.us(self._now_s()), epoch_s, seed)

    def _flash_changes(self, found: Operation) -> None:
        word = "erase" if found.erase else "program"
        where = {"block": found.block, "offset": found.offset, "bytes": found.size}
        self.trace("flash", self.name, operation=word, **where)

    def _socket_bind(self, argument: int, payload: bytes) -> bytes:
        self.station.bind(argument, int.from_bytes(payload, "little"))
        return b""

    def _socket_send(self, argument: int, payload: bytes) -> bytes:
        size = struct.calcsize(ops.PEER_FORMAT)
        ip, port = struct.unpack(ops.PEER_FORMAT, payload[:size])
        self.station.send(argument, (".".join(map(str, ip)), port), payload[size:])
        return b""

    def _socket_receive(self, argument: int, payload: bytes) -> bytes:
        data, (host, port) = self.station.receive(argument)
        ip = bytes(map(int, host.split(".")))
        return struct.pack(ops.FROM_FORMAT, ip, port, self.arrived()) + data

    def _socket_close(self, argument: int, payload: bytes) -> bytes:
        self.station.close(argument)
        return b""

    def _bite(self) -> None:
        self.console.note("watchdog: not fed, the board restarts")
        self._restart(ops.WDT_RESET)

    def _restart(self, cause: int) -> None:
        self._restart_cause = cause
        self._kill()

    def _kill(self) -> None:
        if self._board is not None:
            self._board.kill()

    def _last_words(self) -> str:
        assert self._board is not None
        words = self.console[-1] if self.console else "no output"
        return f"firmware ended with status {self._board.status}: {words}"

    async def _off_within(self, pause_s: float) -> bool:
        try:
            await asyncio.wait_for(self._off.wait(), pause_s)
        except TimeoutError:
            return False
        return True

    def _on_flash(self, script: str, *arguments: str) -> None:
        """A short run of the interpreter over the flash image, which nobody else may have open."""
        if self._life is not None:
            raise FlashError(f"{self._flash}: in use; switch {self.name} off first")
        page_bytes = str(self._wiring.page_bytes)
        done = subprocess.run(
            interpreter.command(script, _TOOL_HEAP_KIB, str(self._flash), page_bytes, *arguments),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_TOOL_TIMEOUT_S,
        )
        if done.returncode:
            raise FlashError(f"{self._flash}: {done.stdout}{done.stderr}")

    def _make_flash(self) -> None:
        if not self._flash.exists():
            self._flash.parent.mkdir(parents=True, exist_ok=True)
            self._flash.write_bytes(b"\xff" * (self._wiring.silicon.flash_kib * 1024))

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
