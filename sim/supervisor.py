"""Power, flash, console and fate of one node: what stands around a board on a bench.

`power_on` starts the interpreter with the board's shim (`sim/board/boot.py`); `power_off` is
SIGKILL, as sudden as a cut wire. Between them the board restarts by itself as a real one does: on
`machine.reset()`, on a starved watchdog, and when the firmware ends. One that keeps ending at once
is left off after `CRASHES_MAX` times, with the reason in `exit_reason` and its words in `console`.
"""

import asyncio
import socket
import subprocess
import tempfile
from collections import deque
from collections.abc import Callable, Sequence
from hashlib import sha256
from pathlib import Path

from sim import interpreter, wiring
from sim.board import ops
from sim.errors import FlashError
from sim.link import BoardLink
from sim.peripherals import Peripherals
from sim.plant import Plant
from sim.watchdog import Watchdog

FLASH_KIB = 1024
CONSOLE_LINES = 200
CRASHES_MAX = 5
RESET_PAUSE_S = 0.2  # from reset to firmware: a board's boot loader, or so
CRASH_PAUSE_S = 1.0  # before the restart: the watchdog of a board without firmware takes its time
STABLE_S = 10.0  # alive for so long: earlier crashes are forgotten

_TOOL_HEAP_KIB = 2048
_TOOL_TIMEOUT_S = 30
_LINE_BYTES = 4096

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
        heap_kib: int = 224,
        on_pin: OnPin | None = None,
    ) -> None:
        """`flash`: image file; `library`: tree with the packages `firmware` and `protocols`."""
        self.name = name
        self.board = board
        self.plants = list(plants)
        self.on_pin = on_pin
        self.console: deque[str] = deque(maxlen=CONSOLE_LINES)
        self.boots = 0
        self.crashes = 0
        self.exit_reason: str | None = None
        self._wiring = wiring.load(board)
        self._flash = flash.resolve()
        self._library = library.resolve()
        self._heap_kib = heap_kib
        unique_id = sha256(name.encode()).digest()[:6]
        self.peripherals = Peripherals(
            self._wiring, self.plants, unique_id, self._output, self._now_s
        )
        self._watchdog = Watchdog(self._bite)
        self._process: asyncio.subprocess.Process | None = None
        self._link: BoardLink | None = None
        self._life: asyncio.Task[None] | None = None
        self._off = asyncio.Event()
        self._restart_cause: int | None = None
        self._switching = asyncio.Lock()  # power goes on and off in one order for everybody

    @property
    def running(self) -> bool:
        """Is the firmware's process alive?"""
        return self._process is not None and self._process.returncode is None

    @property
    def pid(self) -> int | None:
        """Process of the firmware while it runs."""
        return self._process.pid if self._process is not None and self.running else None

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
        """Connect the supply; nothing happens if it is on."""
        async with self._switching:
            if self._life is not None:
                return
            self._make_flash()
            self._off.clear()
            self.exit_reason = None
            for plant in self.plants:
                plant.power(self._now_s())
            await self._boot(ops.PWRON_RESET)
            self._life = asyncio.create_task(self._live(), name=f"board {self.name}")

    async def power_off(self) -> None:
        """Cut the supply in the middle of whatever it does; nothing happens if it is off."""
        async with self._switching:
            life, self._life = self._life, None
            if life is None:
                return
            self._off.set()
            self._kill()
            await life

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
        self.peripherals.reset_cause = cause
        ours, theirs = socket.socketpair()
        with theirs:
            loop = asyncio.get_running_loop()
            _, self._link = await loop.create_connection(
                lambda: BoardLink(self._handle), sock=ours
            )
            command = interpreter.command(
                "boot.py",
                self._heap_kib,
                str(theirs.fileno()),
                str(self._flash),
                str(self._wiring.page_bytes),
                str(self._library),
            )
            self._process = await asyncio.create_subprocess_exec(
                *command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
                pass_fds=(theirs.fileno(),),
                env=interpreter.environment(),
                start_new_session=True,
                preexec_fn=interpreter.die_with_parent,
            )
        self.boots += 1

    async def _end(self) -> None:
        """Read the console until the process is over, then let the outputs fall."""
        assert self._process is not None and self._link is not None
        await self._listen()
        await self._process.wait()
        self._watchdog.disarm()
        self._link.close()
        await self._link.closed
        self.peripherals.restart()

    async def _listen(self) -> None:
        assert self._process is not None and self._process.stdout is not None
        pending = b""
        while data := await self._process.stdout.read(_LINE_BYTES):
            *lines, pending = (pending + data).split(b"\n")
            self.console.extend(line.decode(errors="replace").rstrip() for line in lines)
            if len(pending) > _LINE_BYTES:
                self.console.append(pending.decode(errors="replace"))
                pending = b""
        if pending:
            self.console.append(pending.decode(errors="replace"))

    def _handle(self, operation: int, argument: int, payload: bytes) -> bytes:
        if operation == ops.WDT_FEED:
            self._watchdog.feed()
        elif operation == ops.WDT_ARM:
            self._watchdog.arm(int.from_bytes(payload, "little") / 1000)
        elif operation == ops.RESET:
            self._restart(self._wiring.reset_cause)
        else:
            return self.peripherals.handle(operation, argument, payload)
        return b""

    def _bite(self) -> None:
        self.console.append("watchdog: not fed, the board restarts")
        self._restart(ops.WDT_RESET)

    def _restart(self, cause: int) -> None:
        self._restart_cause = cause
        self._kill()

    def _kill(self) -> None:
        if self._process is not None and self._process.returncode is None:
            self._process.kill()

    def _last_words(self) -> str:
        assert self._process is not None
        words = self.console[-1] if self.console else "no output"
        return f"firmware ended with status {self._process.returncode}: {words}"

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
            self._flash.write_bytes(b"\xff" * (FLASH_KIB * 1024))

    def _output(self, name: str, level: int) -> None:
        if name == "relay":
            for plant in self.plants:
                plant.permit(bool(level))
        if self.on_pin is not None:
            self.on_pin(self, name, level, self._now_s())

    @staticmethod
    def _now_s() -> float:
        return asyncio.get_running_loop().time()
