"""One node at the end of a serial port: simulated or, with `--port`, whatever is there.

`port` and `dut` are pytest-embedded's. The node starts after the port is open, so that a test
reads it from its first byte on: a simulated one gets power, a real one a restart over its console.
"""

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import pexpect
import pytest
from pytest_embedded import Dut

from sim import scenario, stage
from sim.world import World
from tools.node import workshop

CTRL_B, CTRL_C, CTRL_D = b"\x02", b"\x03", b"\x04"
NODE = "pg-01"
PATIENCE_S = 30.0
PROMPTS, PROMPT_S = 10, 3.0

Restart = Callable[[], None]


def pytest_configure(config: pytest.Config) -> None:
    """Together with other tests these would meet another `dut`."""
    if not config.pluginmanager.has_plugin("pytest_embedded"):
        raise pytest.UsageError("tests/hardware runs on its own: pytest tests/hardware")


class SimulatedBoard:
    """The node of the scenario `bench`, without a gateway, in a thread with a loop of its own."""

    def __init__(self, folder: Path) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="bench")
        self._thread.start()
        found = scenario.named("bench")
        scene = stage.build(folder, workshop, found.nodes, seed=found.seed)
        self._levels: dict[str, int] = {}
        self._world = World.load(found, scene.images, folder, scene.library, on_pin=self._pin)
        self._node = self._world.nodes[NODE]
        self.port = self._do(self._open())

    def close(self) -> None:
        """No power, no port, no thread."""
        self._do(self._world.stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def power_on(self) -> None:
        self._do(self._node.power_on())

    def power_off(self) -> None:
        self._do(self._node.power_off())

    def set(self, value: float) -> None:
        """What is measured, in the wire unit."""
        self._do(self._call(setattr, self._node.plants[0].model, "value", value))

    def press(self) -> None:
        self._do(self._call(self._node.press))

    def release(self) -> None:
        self._do(self._call(self._node.release))

    def level(self, output: str) -> int:
        """1 while it is energised."""
        return self._levels.get(output, 0)

    def _pin(self, node: Any, output: str, level: int, at_s: float) -> None:
        self._levels[output] = level

    async def _open(self) -> str:
        return self._node.console.open()

    async def _call(self, function: Callable[..., None], *arguments: Any) -> None:
        function(*arguments)

    def _do(self, what: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(what, self._loop).result(PATIENCE_S)


@pytest.fixture(scope="session")
def session_root_logdir(request: pytest.FixtureRequest, tmp_path_factory: Any) -> str:
    """Where pytest-embedded keeps what the boards said: `--root-logdir`, or with pytest's own."""
    return str(request.config.getoption("root_logdir") or tmp_path_factory.getbasetemp())


@pytest.fixture
def board(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SimulatedBoard | None]:
    """The simulated board, its power off; None if there is a real one."""
    if request.config.getoption("port"):
        yield None
        return
    found = SimulatedBoard(tmp_path)
    try:
        yield found
    finally:
        found.close()


@pytest.fixture
def simulated(board: SimulatedBoard | None) -> SimulatedBoard:
    """The same, for tests that need a hand at the bench."""
    if board is None:
        pytest.skip(
            "needs the simulator: it cuts the power, presses the button, sets the pressure"
        )
    return board


@pytest.fixture
def port(request: pytest.FixtureRequest, board: SimulatedBoard | None) -> str:
    """`--port`, or the simulated board's."""
    return board.port if board is not None else str(request.config.getoption("port"))


@pytest.fixture
def dut(dut: Dut, board: SimulatedBoard | None) -> Dut:
    """The node, starting."""
    if board is None:
        _restart(dut)
    else:
        board.power_on()
    return dut


@pytest.fixture
def restart(dut: Dut) -> Restart:
    """Restart the node over its console."""
    return lambda: _restart(dut)


def _restart(dut: Dut) -> None:
    """Out of the firmware, out of raw mode, and on; a board that just starts hears nothing yet."""
    for left in reversed(range(PROMPTS)):
        dut.write(CTRL_C + CTRL_B)
        try:
            dut.expect_exact(b">>> ", timeout=PROMPT_S)
            break
        except pexpect.TIMEOUT:
            if not left:
                raise
    dut.write(CTRL_D)
