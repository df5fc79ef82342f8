"""Every node and the world it measures, in real time and in one task; one seed for all its noise.

Time is the event loop's, everywhere: what the physics did, when a sensor spoke and when an output
changed are instants of one clock, and a loop with another clock moves this world by it.
"""

import asyncio
import contextlib
from collections.abc import Mapping
from pathlib import Path
from time import time
from typing import Any

from firmware import instruments
from sim import plant, replay, scenario
from sim.crossings import Crossing, Watch
from sim.errors import ScenarioError
from sim.image import NodeImage
from sim.plant import Plant
from sim.supervisor import OnPin, SimNode

TICK_S = 0.01


class World:
    """Nodes by name, and the truth about them.

    `crossings`: limits that the true value passed; `indications`: those that the sensor's own
    reading passed, which is what a node can know of: noise may make it a little earlier or later
    than the truth, or pass twice. Reaction times count from the last indication before.
    """

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.nodes: dict[str, SimNode] = {}
        self.crossings: list[Crossing] = []
        self.indications: list[Crossing] = []
        self._ticking: asyncio.Task[None] | None = None
        self._unix_offset_s = 0.0

    @classmethod
    def load(
        cls,
        path: Path,
        images: Mapping[str, NodeImage],
        flash: Path,
        library: Path,
        seed: int | None = None,
        heap_kib: int = 224,
        on_pin: OnPin | None = None,
        recordings: Path | None = None,
    ) -> "World":
        """World of a scenario file with these nodes, provisioned; ScenarioError if it has none.

        `flash`: folder for the flash images; `recordings`: folder of CSV files that replace the
        physics of every channel whose quantity they hold.
        """
        found = scenario.load(path)
        world = cls(found.seed if seed is None else seed)
        for name, image in images.items():
            plants = [world._plant(found, image, cfg, recordings) for cfg in image.channels]
            file = flash / f"{name}.flash"
            node = SimNode(name, image.board, file, library, plants, heap_kib, on_pin)
            node.provision(dict(image.files))
            world.nodes[name] = node
        return world

    async def start(self) -> None:
        """Power everything on and let time run."""
        loop = asyncio.get_running_loop()
        self._unix_offset_s = time() - loop.time()
        try:
            await asyncio.gather(*(node.power_on() for node in self.nodes.values()))
        except BaseException:
            await self.stop()
            raise
        self._ticking = loop.create_task(self._tick(), name="world")

    async def stop(self) -> None:
        """Cut every supply; no process is left. Raises what the physics died of, if it did."""
        await asyncio.gather(*(node.power_off() for node in self.nodes.values()))
        ticking, self._ticking = self._ticking, None
        if ticking is not None:
            ticking.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await ticking

    def unix_ms(self, loop_s: float) -> int:
        """Unix time of an instant of the loop's clock."""
        return round(1000 * (loop_s + self._unix_offset_s))

    async def _tick(self) -> None:
        loop = asyncio.get_running_loop()
        plants = [one for node in self.nodes.values() for one in node.plants]
        while True:
            for one in plants:
                one.advance(loop.time())
            await asyncio.sleep(TICK_S)

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
            physics = _recorded(recordings, quantity, channel) or physics
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
