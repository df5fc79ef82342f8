"""`tocsin bench node`: what a sample costs a node, and what a node costs its board.

Times come from `micropython/node.py` on the real interpreter, the heap of each sensor's driver
from `micropython/drivers.py`, bytes per sample from sealing the same walk with our block and as
SenML, the heap from the whole firmware with three channels on the simulated board under the cap,
for `HEAP_S` seconds of real time, served and observed.
"""

import asyncio
import random
import tempfile
from pathlib import Path

from protocols import block, codes, cose, senml
from sim import stage
from sim.image import NodeSpec
from sim.nodes import Nodes
from sim.scenario import SCENARIOS
from sim.world import World
from tools.bench import Row, faster, interpreter, limit, share
from tools.node import workshop

HEAP_CAP_KIB = 224
HEAP_S = 45.0
READY_S = 15.0
CHANNELS = 3
SLOTS = 10
PROFILE = "station"
DRIVER_KIB = (7, 14)  # heap of one sensor's driver; of the one that takes spectra
FFT = "doppler_if"
FFT_TIMES = 4  # machine code against plain MicroPython, one spectrum of 256 pairs

_URN = "urn:dev:os:32473-ST-2026-0001:"


def run() -> list[Row]:
    """The rows `node.*`."""
    found = interpreter.measure("node.py")
    ours, plain = bytes_per_sample()
    drivers = interpreter.measure("drivers.py")
    return [
        limit("node.relay_path_ms", found["relay_path_ms"], "ms", 0.1),
        limit("node.sample_ms", found["sample_ms"], "ms", 0.5),
        limit("node.sample_bytes", found["sample_bytes"], "B", 400),
        faster("node.fft_ms", found["fft_ms"], "ms", found["plain_fft_ms"], FFT_TIMES),
        limit("node.heap_kib", asyncio.run(heap_kib()), "KiB", HEAP_CAP_KIB),
        bounded_share("node.bytes_per_sample", ours, "B", plain, 5),
        *(
            limit(f"node.driver_kib.{name}", drivers[name] / 1024, "KiB", DRIVER_KIB[name == FFT])
            for name in sorted(drivers)
        ),
    ]


def bounded_share(name: str, value: float, unit: str, yardstick: float, most: float) -> Row:
    """A cost with a bound of its own, shown beside what it would cost otherwise."""
    shown = share(name, value, unit, yardstick, 1.0)
    return Row(name, value, unit, yardstick, shown.ratio, f"<= {most:g} {unit}", value <= most)


def bytes_per_sample() -> tuple[float, float]:
    """Sealed bytes per sample of three channels at 1 Hz: as our block, as SenML-CBOR."""
    noise = random.Random(20261124)
    walks = [_walk(noise) for _ in range(CHANNELS)]
    mac = cose.Mac(bytes(32))
    header = block.Header(
        "st-01", 100_000, bytes(block.LINK_BYTES), 1_795_000_000_000, codes.MODE_NORMAL,
        codes.CLOCK_SYNCED, bytes(block.ID_BYTES), bytes(block.ID_BYTES), 12, 300,
    )  # fmt: skip
    series = [
        block.Series(ch + 1, 2, 1000, 0, walk, [codes.GOOD] * SLOTS)
        for ch, walk in enumerate(walks)
    ]
    ours = cose.seal(block.encode(header, series, []), mac)
    groups = [
        (_URN, header.t0_ms + 1000 * slot, [(f"c{ch}", "Pa", 100 * walk[slot]) for ch, walk in
         enumerate(walks)])
        for slot in range(SLOTS)
    ]  # fmt: skip
    plain = cose.seal(senml.encode_cbor(groups), mac)
    count = CHANNELS * SLOTS
    return len(ours) / count, len(plain) / count


async def heap_kib() -> float:
    """Highest heap in use right after a collection, with everything running."""
    with tempfile.TemporaryDirectory(prefix="tocsin-bench-") as folder:
        scene = stage.build(Path(folder), workshop, [NodeSpec(PROFILE)])
        world = World.load(
            SCENARIOS / f"{PROFILE}.toml",
            scene.images,
            scene.folder,
            scene.library,
            heap_kib=HEAP_CAP_KIB,
        )
        try:
            await world.start()
            async with Nodes(scene.addresses) as nodes:
                (node,) = scene.images
                await asyncio.wait_for(nodes.ready(), READY_S)
                await nodes.observe(node)
                await asyncio.sleep(HEAP_S)
                await nodes.poll()
                return nodes.heap_peak(node) / 1024
        finally:
            await world.stop()


def _walk(noise: random.Random) -> list[int]:
    """A quiet pressure in hPa: 800 kPa with the noise of a loop transmitter."""
    return [8000 + round(noise.gauss(0, 3)) for _ in range(SLOTS)]
