"""pytest fixtures of the bench: `stand` and, of it, `world`, `gateway`, `dut`; `fleet`.

    @pytest.mark.scenario("bench")              # a name or a file; this one if nothing is said
    async def test_an_alarm_trips(dut, world):
        world.set("pg-01", 1, 1_200_000)
        await dut.expect("alarm", at="HH", within=2)

Load it with `pytest_plugins = ("sim.pytest_plugin",)` and give it a `workshop` fixture, which
makes images (`sim.image.Workshop`). A scenario's own steps and expectations are not used: the test
is the timeline. Such a test runs on the real clock, as does one with several nodes:

    async def test_one_alarm_trips_one_node(fleet):
        duts = await fleet("pg-01", "pg-02")
        fleet.stand.set("pg-02", 1, 1_200_000)
        await duts["pg-02"].expect("alarm", at="HH", within=2)

On the lock-step clock an hour takes seconds:

    def test_a_quiet_hour(virtual):
        async def hour(world, dut):
            await world.until(3600)
        virtual(hour)
"""

import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sim import clock, scenario
from sim.expect import Expectation
from sim.image import Workshop
from sim.record import OUTPUTS, Happening
from sim.stand import Stand
from sim.supervisor import SimNode

WITHIN_S = 10.0


class Dut:
    """The device under test: one node and what is expected of it."""

    def __init__(self, stand: Stand, node: SimNode) -> None:
        self.stand = stand
        self.node = node
        self._expected: list[Happening] = []

    async def expect(self, event: str, within: float = WITHIN_S, **where: Any) -> Happening:
        """Wait for an event of its chain (`alarm`, `fault`, `boot` ...) or, with `level`, for an
        output: the first since the test last did something that was not expected before.

        AssertionError that explains itself if it does not come `within` so many seconds.
        """
        level = where.pop("level", None)
        what, value = (event, level) if event in OUTPUTS else ("event", event)
        start_s = self.stand.acted_s
        window_s = self.stand.now_s - start_s + within
        wanted = Expectation(
            what, value, self.node.name, after_s=start_s, within_s=window_s, **where
        )
        found = await self.stand.expect(wanted, self._expected)
        self._expected.append(found)
        return found

    async def restart(self) -> None:
        """Cut the supply and bring it back."""
        self.stand.acted()
        await self.node.power_off()
        await self.node.power_on()


def pytest_configure(config: pytest.Config) -> None:
    """Markers of this plugin."""
    config.addinivalue_line("markers", "scenario(name): world of a test, a name or a file")


@pytest.fixture
def workshop() -> Workshop:
    """Who makes images of nodes; a conftest.py says who."""
    raise pytest.UsageError("sim.pytest_plugin needs a fixture `workshop`, see sim.image.Workshop")


@pytest.fixture
async def stand(
    request: pytest.FixtureRequest, workshop: Workshop, tmp_path: Path
) -> AsyncIterator[Stand]:
    """Everything under power, on the real clock."""
    async with Stand(_chosen(request, "real"), workshop, tmp_path) as one:
        yield one
    _sound(one)


def _sound(stand: Stand) -> None:
    """What the bench noticed by itself fails a test, too."""
    stand.witness.end()
    if stand.witness.defects.found:
        pytest.fail("\n".join(map(str, stand.witness.defects.found)), pytrace=False)


@pytest.fixture
def world(stand: Stand) -> Stand:
    """The bench: `set` a value, `until` a time, `do` a step, `nodes` by name."""
    return stand


@pytest.fixture
def gateway(stand: Stand) -> Any:
    """The gateway: `kill` and `start`."""
    return stand.gateway


@pytest.fixture
def dut(stand: Stand) -> Dut:
    """The scenario's first node."""
    return Dut(stand, next(iter(stand.world.nodes.values())))


class Fleet:
    """Makes nodes by name, all like the scenario's first one, with one gateway among them."""

    def __init__(self, chosen: scenario.Scenario, workshop: Workshop, folder: Path) -> None:
        self._chosen = chosen
        self._workshop = workshop
        self._folder = folder
        self._stack = AsyncExitStack()
        self._stand: Stand | None = None

    async def __call__(self, *names: str) -> dict[str, Dut]:
        """Power to nodes of these names; once in a test."""
        if self._stand is not None or len(set(names)) != len(names) or not names:
            raise pytest.UsageError("fleet: call it once, with names that are all different")
        model = self._chosen.nodes[0]
        own = self._workshop.node(model)
        physics = {ch: cfg for (node, ch), cfg in self._chosen.plants.items() if node == own}
        made = replace(
            self._chosen,
            nodes=tuple(replace(model, id=name) for name in names),
            plants={(name, ch): cfg for name in names for ch, cfg in physics.items()},
        )
        self._stand = Stand(made, self._workshop, self._folder)
        await self._stack.enter_async_context(self._stand)
        return {name: Dut(self._stand, node) for name, node in self._stand.world.nodes.items()}

    @property
    def stand(self) -> Stand:
        """The bench that they stand on."""
        if self._stand is None:
            raise pytest.UsageError("fleet: call it first, with the names of its nodes")
        return self._stand

    async def close(self) -> None:
        """Nothing is left."""
        await self._stack.aclose()


@pytest.fixture
async def fleet(
    request: pytest.FixtureRequest, workshop: Workshop, tmp_path: Path
) -> AsyncIterator[Fleet]:
    """`await fleet("pg-01", "pg-02", ...)`: devices by name, on the real clock."""
    made = Fleet(_chosen(request, "real"), workshop, tmp_path)
    try:
        yield made
    finally:
        await made.close()


class Virtual:
    """Runs a coroutine function `(stand, dut)` on the lock-step clock."""

    def __init__(self, chosen: scenario.Scenario, workshop: Workshop, folder: Path) -> None:
        self._chosen = chosen
        self._workshop = workshop
        self._folder = folder

    def __call__(self, test: Any) -> Any:
        """What the test returns, once the world is over."""
        return clock.run(self._within(test), self._chosen.seed)

    async def _within(self, test: Any) -> Any:
        folder = Path(tempfile.mkdtemp(dir=self._folder))  # each time a world of its own
        async with Stand(self._chosen, self._workshop, folder) as one:
            return await test(one, Dut(one, next(iter(one.world.nodes.values()))))


@pytest.fixture
def virtual(request: pytest.FixtureRequest, workshop: Workshop, tmp_path: Path) -> Virtual:
    """`virtual(coroutine function)`: an hour of plant takes seconds."""
    return Virtual(_chosen(request, "lockstep"), workshop, tmp_path)


def _chosen(request: pytest.FixtureRequest, on: str) -> scenario.Scenario:
    marker = request.node.get_closest_marker("scenario")
    found = scenario.named(marker.args[0] if marker else "bench")
    return replace(found, clock=on, steps=(), expectations=())
