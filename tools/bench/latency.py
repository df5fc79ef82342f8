"""`tocsin bench latency`: from the sensor's own output beyond a limit to the released relay.

One node of each example profile, the whole firmware, in lock step with a world whose value leaps
beyond HH at random instants and back once the relay has gone. Every erase of its flash takes the
45 ms that the memory's data sheet calls typical, and stops the board meanwhile. Time that code
takes is not simulated; what counts here is schedule, sensor periods and flash.
"""

import asyncio
import random
import tempfile
from pathlib import Path

from sim import clock, faults, plant
from sim.image import NodeSpec
from sim.net import GATEWAY
from sim.physics.constant import Constant
from sim.supervisor import SimNode
from sim.world import World
from tools.bench import KEY, SEED, Row, limit
from tools.node import workshop

CROSSINGS = 1_000
ERASE_MS = 45
MARGIN_MS = 50  # design: one period and this
REST_S = (0.5, 2.5)
PATIENCE_S = 20.0
# profile -> (a value at rest, one beyond HH), in the wire unit
LEAPS = {"pressure": (500_000.0, 1_100_000.0), "dust": (80.0, 1_200.0), "speed": (8.0, 18.0)}


def run(crossings: int = CROSSINGS) -> list[Row]:
    """The rows `latency.relay_ms_*` of every instrument."""
    rows = []
    for profile in LEAPS:
        with tempfile.TemporaryDirectory(prefix="tocsin-bench-") as folder:
            period_ms, found = clock.run(_leap(Path(folder), profile, crossings), SEED)
        bound = period_ms + MARGIN_MS
        for name, share in (("p50", 0.5), ("p99", 0.99), ("max", 1.0)):
            value = found[min(len(found) - 1, int(share * len(found)))]
            rows.append(limit(f"latency.relay_ms_{name}.{profile}", value, "ms", bound))
    return rows


async def _leap(folder: Path, profile: str, crossings: int) -> tuple[int, list[float]]:
    """(sample period in ms, reaction times in ms, rising)."""
    image = workshop.image(NodeSpec(profile, "n1"), GATEWAY, 5683, KEY)
    (channel,) = image.channels
    calm, beyond = LEAPS[profile]
    (edge,) = (one["value"] for one in image.limits if one["at"] == "HH")
    part = plant.build(channel, {"physics": "constant", "value": calm}, f"{SEED} {profile}")
    model = part.model
    assert isinstance(model, Constant)
    shown: list[float] = []
    changes: asyncio.Queue[tuple[int, float]] = asyncio.Queue()
    part.watch = lambda at_s, value, seen: shown.append(at_s) if seen >= edge else None

    def on_pin(node: SimNode, output: str, level: int, at_s: float) -> None:
        if output == "relay":
            changes.put_nowait((level, at_s))

    world = World(SEED, "lockstep")
    node = world.add(
        image.node, image.board, folder / "flash", workshop.library(), [part], on_pin=on_pin
    )
    node.provision(dict(image.files))
    erases = faults.build("slow_erase", world, image.node, channel["ch"], {"stall_ms": ERASE_MS})
    noise = random.Random(f"{SEED} {profile}")
    found = []
    try:
        await world.start()
        await erases.begin()
        await _next(changes, 1)
        for _ in range(crossings):
            await asyncio.sleep(noise.uniform(*REST_S))
            shown.clear()
            part.advance(asyncio.get_running_loop().time())  # until now it was at rest
            model.value = beyond
            released_s = await _next(changes, 0)
            found.append(1_000 * (released_s - shown[0]))
            model.value = calm
            await _next(changes, 1)
    finally:
        await world.stop()
    return channel["period_ms"], sorted(found)


async def _next(changes: asyncio.Queue[tuple[int, float]], level: int) -> float:
    """When the relay takes that level, which it must do next."""
    found, at_s = await asyncio.wait_for(changes.get(), PATIENCE_S)
    if found != level:
        raise RuntimeError(f"the relay went to {found} at {at_s:.3f} s; {level} was due")
    return at_s
