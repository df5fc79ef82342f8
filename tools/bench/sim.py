"""`tocsin bench sim`: how much faster than life the world runs on its virtual clocks.

`sim.virtual_speed`: one node alone on the jump clock. `sim.lockstep_speed`: five nodes and the
gateway in lock step, every tenth datagram lost. Each for `WORLD_S` seconds of world time, the
start of interpreter and firmware included; the value is world time over the host's time. Only one
process runs at a time, so all share one core, which spares the host waking another one each turn.
"""

import contextlib
import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from sim import clock, plant
from sim.image import NodeImage, NodeSpec
from sim.net import GATEWAY
from sim.plantside import InnerGateway
from sim.world import World
from tools.bench import CALM, KEY, SEED, Row, at_least
from tools.node import workshop

WORLD_S = 3600.0
LOSS = 0.1
PORT = 5683
ALONE = ("pressure",)
TOGETHER = ("pressure", "dust", "speed", "pressure", "dust")


def run() -> list[Row]:
    """The rows `sim.*`."""
    with _one_core():
        return [
            at_least("sim.virtual_speed", virtual_speed(WORLD_S), "x", 200),
            at_least("sim.lockstep_speed", lockstep_speed(WORLD_S), "x", 20),
        ]


def virtual_speed(world_s: float) -> float:
    """One node on the jump clock."""
    with tempfile.TemporaryDirectory(prefix="tocsin-bench-") as folder:
        return clock.run(_alone(Path(folder), world_s), SEED)


def lockstep_speed(world_s: float) -> float:
    """Five nodes, a gateway and a bad network in lock step."""
    with tempfile.TemporaryDirectory(prefix="tocsin-bench-") as folder:
        return clock.run(_together(Path(folder), world_s), SEED)


def populate(world: World, folder: Path, profiles: Sequence[str]) -> dict[str, NodeImage]:
    """Nodes `n1`, `n2` ... of these profiles with values that stand still; their images."""
    images = {}
    for number, profile in enumerate(profiles, 1):
        spec = NodeSpec(profile, f"n{number}")
        image = images[spec.id] = workshop.image(spec, GATEWAY, PORT, KEY)
        plants = [
            plant.build(
                one,
                {"physics": "constant", "value": CALM[one["sensor"]]},
                f"{world.seed} {number}",
            )
            for one in image.channels
        ]
        flash = folder / f"{spec.id}.flash"
        world.add(spec.id, image.board, flash, workshop.library(), plants).provision(
            dict(image.files)
        )
    return images


async def _alone(folder: Path, world_s: float) -> float:
    world = World(SEED, "jump")
    populate(world, folder, ALONE)
    return await _timed(world, world_s)


async def _together(folder: Path, world_s: float) -> float:
    world = World(SEED, "lockstep")
    images = populate(world, folder, TOGETHER)
    gateway = InnerGateway.of(world.network, folder / "gateway.db", images)
    await gateway.start()
    for node in images:
        world.network.impair(node, loss=LOSS)
    try:
        return await _timed(world, world_s)
    finally:
        await gateway.stop()


async def _timed(world: World, world_s: float) -> float:
    started_s = time.monotonic()
    try:
        await world.start()
        await world.at(world_s)
        return world_s / (time.monotonic() - started_s)
    finally:
        await world.stop()


@contextlib.contextmanager
def _one_core() -> Iterator[None]:
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(cores)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, cores)
