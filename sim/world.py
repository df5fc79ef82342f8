"""Every node and the world it measures, in one task; one seed for all its noise.

Time is the event loop's, everywhere: what the physics did, when a sensor spoke and when an output
changed are instants of one clock. On the loop of `sim.clock.run` that clock is virtual.
"""

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from firmware import instruments
from sim import clock as clocks
from sim import plant, replay, scenario
from sim.crossings import Crossing, Watch
from sim.errors import ScenarioError, SimError
from sim.image import NodeImage
from sim.net import Network
from sim.plant import Plant
from sim.supervisor import OnPin, SimNode

TICK_S = 0.01
VIRTUAL_TICK_S = 0.25  # boards bring their sensors up to date by themselves, whenever they look

CLOCKS = ("real", "lockstep", "jump")


class World:
    """Nodes by name, and the truth about them.

    `crossings`: limits that the true value passed; `indications`: those that the sensor's own
    reading passed, which is what a node can know of: noise may make it a little earlier or later
    than the truth, or pass twice. Reaction times count from the last indication before.
    """

    def __init__(self, seed: int, clock: str = "real") -> None:
        """`clock`: one of CLOCKS; all but the first need the loop of `sim.clock.run`.

        `trace(kind, node, **fields)` is told of datagrams, pins, console lines, flash operations
        and boots: set it before the start.
        """
        if clock not in CLOCKS:
            raise SimError(f"clock: {clock!r} is unknown; choose from {', '.join(CLOCKS)}")
        self.seed = seed
        self.clock = clock
        self.trace: Callable[..., None] = _silent
        self.network = Network(seed, self._trace)
        self.nodes: dict[str, SimNode] = {}
        self.gateway: Any = None  # for faults: whoever runs one says so here
        self.crossings: list[Crossing] = []
        self.indications: list[Crossing] = []
        self.replayed: dict[tuple[str, int], str] = {}  # (node, ch) -> file and column
        self._ticking: asyncio.Task[None] | None = None
        self._unix_offset_s = 0.0
        self._start_s = 0.0

    @classmethod
    def load(
        cls,
        path: Path | scenario.Scenario,
        images: Mapping[str, NodeImage],
        flash: Path,
        library: Path,
        seed: int | None = None,
        heap_kib: int | None = None,
        on_pin: OnPin | None = None,
        recordings: Path | None = None,
        clock: str = "real",
    ) -> "World":
        """World of a scenario or its file, nodes provisioned; ScenarioError if one lacks physics.

        `flash`: folder for the flash images; `recordings`: folder of CSV files that replace the
        physics of every channel whose quantity they hold.
        """
        found = path if isinstance(path, scenario.Scenario) else scenario.load(path)
        world = cls(found.seed if seed is None else seed, clock)
        for name, image in images.items():
            plants = [world._plant(found, image, cfg, recordings) for cfg in image.channels]
            file = flash / f"{name}.flash"
            node = world.add(name, image.board, file, library, plants, heap_kib, on_pin)
            node.provision(dict(image.files))
        if recordings is not None and not world.replayed:
            raise ScenarioError(
                f"{recordings}: no recording fits any channel: a file needs {replay.NEEDED}"
            )
        return world

    def add(
        self,
        name: str,
        board: str,
        flash: Path,
        library: Path,
        plants: list[Plant],
        heap_kib: int | None = None,
        on_pin: OnPin | None = None,
    ) -> SimNode:
        """A node of this world, its power off."""
        node = SimNode(
            name, board, flash, library, plants, heap_kib, on_pin, self.network, self.seed
        )
        node.trace = self._trace
        node.jump = self.clock == "jump"
        self.nodes[name] = node
        return node

    async def start(self) -> None:
        """Power everything on and let time run."""
        loop = asyncio.get_running_loop()
        if (clocks.virtual() is None) != (self.clock == "real"):
            raise SimError(f"clock: {self.clock!r} does not fit this loop; see sim.clock.run")
        self._start_s = loop.time()
        self._unix_offset_s = clocks.unix_s() - self._start_s
        try:
            await asyncio.gather(*(node.power_on() for node in self.nodes.values()))
        except BaseException:
            await self.stop()
            raise
        self._ticking = loop.create_task(self._tick(), name="world")

    async def stop(self) -> None:
        """Cut every supply; no process or port is left. Raises what the physics died of, if so."""
        await asyncio.gather(*(node.power_off() for node in self.nodes.values()))
        for node in self.nodes.values():
            node.console.close()
        ticking, self._ticking = self._ticking, None
        if ticking is not None:
            ticking.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await ticking

    @property
    def now_s(self) -> float:
        """Time since the start."""
        return asyncio.get_running_loop().time() - self._start_s

    async def at(self, at_s: float) -> None:
        """Return at that time after the start, at once if it has passed."""
        await asyncio.sleep(max(0.0, at_s - self.now_s))

    def unix_ms(self, loop_s: float) -> int:
        """Unix time of an instant of the loop's clock."""
        return round(1000 * (loop_s + self._unix_offset_s))

    async def _tick(self) -> None:
        loop = asyncio.get_running_loop()
        plants = [one for node in self.nodes.values() for one in node.plants]
        tick_s = TICK_S if self.clock == "real" else VIRTUAL_TICK_S
        while True:
            for one in plants:
                one.advance(loop.time())
            await asyncio.sleep(tick_s)

    def _trace(self, kind: str, node: str, **fields: Any) -> None:
        self.trace(kind, node, **fields)

    def _plant(
        self,
        found: scenario.Scenario,
        image: NodeImage,
        channel: Mapping[str, Any],
        recordings: Path | None,
    ) -> Plant:
        ch, quantity = channel["ch"], instruments.load(channel["instrument"]).QUANTITY
        physics = found.plants.get((image.node, ch))
        if recordings is not None:
            recorded = _recorded(recordings, quantity, channel)
            if recorded is not None:
                physics = recorded
                self.replayed[image.node, ch] = f"{recorded['file']}, {recorded['column']}"
        if physics is None:
            raise ScenarioError(f"{found.path}: no plant for node {image.node}, channel {ch}")
        built = plant.build(channel, physics, f"{self.seed} {image.node} {ch}")
        limits = image.limits_of(ch)
        true, indicated = Watch(limits), Watch(limits)

        def watch(at_s: float, value: float, shown: float) -> None:
            for watched, of, into in (
                (true, value, self.crossings),
                (indicated, shown, self.indications),
            ):
                for limit in watched.see(of):
                    at_ms = self.unix_ms(at_s)
                    into.append(Crossing(image.node, ch, quantity, limit, of, at_ms, at_s))

        built.watch = watch
        return built


def _recorded(folder: Path, quantity: str, channel: Mapping[str, Any]) -> dict[str, Any] | None:
    match = replay.find(folder, quantity, channel.get("params", {}).get("size", ""))
    if match is None:
        return None
    path, column = match
    return {"physics": "recording", "file": str(path), "column": column.name}


def _silent(*args: Any, **fields: Any) -> None:
    pass
