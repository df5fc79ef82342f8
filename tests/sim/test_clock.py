"""Virtual clocks: the order of everything follows from the seed, and the firmware cannot tell."""

import asyncio
import hashlib
import itertools
import os
import subprocess
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from protocols import codes
from sim import clock
from sim.errors import SimError
from sim.net import GATEWAY, Network
from sim.plantside import InnerGateway
from sim.supervisor import SimNode
from sim.world import World
from tools.bench.sim import populate

ROOT = Path(__file__).resolve().parents[2]
WRAP_US = 1_000 * 2**30  # ticks_ms begins anew here; ticks_us has done so a thousand times

Play = Callable[[Coroutine[Any, Any, Any]], Any]


class Log:
    """Everything that a world says, with its time; `digest` of it."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def __call__(self, kind: str, node: str, **fields: Any) -> None:
        now_s = asyncio.get_running_loop().time()
        self.lines.append(repr((now_s, kind, node, sorted(fields.items()))))

    @property
    def digest(self) -> str:
        return hashlib.sha256("\n".join(self.lines).encode()).hexdigest()


async def bare(
    library: Callable[[str], Path], folder: Path, main: str, world_s: float, kind: str = "lockstep"
) -> SimNode:
    """A node of that `main.py` after so long; its power is off again."""
    world = World(1, kind)
    node = world.add("n1", "esp32_s3", folder / "n1.flash", library(main), [])
    try:
        await world.start()
        await world.at(world_s)
    finally:
        await world.stop()
    return node


async def plant_of_five(folder: Path, seed: int, world_s: float, lossy: bool = True) -> Log:
    """Five nodes and a gateway: the trace, every frame of every link in it."""
    world = World(seed, "lockstep")
    log = world.trace = Log()
    images = populate(world, folder, ("pressure", "dust", "speed", "pressure", "station"))
    for name, node in world.nodes.items():
        node.on_frame = lambda op, argument, payload, name=name: log(
            "frame", name, op=op, argument=argument, payload=payload
        )
        if lossy:
            world.network.impair(name, loss=0.1, jitter_ms=20, duplicate=0.02, reorder=0.05)
    gateway = InnerGateway.of(world.network, folder / "gateway.db", images)
    await gateway.start()
    try:
        await world.start()
        await world.at(world_s)
        for name in images:
            log("events", name, events=gateway.store.events(name))
    finally:
        await world.stop()
        await gateway.stop()
    return log


def test_time_passes_only_when_everything_waits():
    async def main() -> list[tuple[float, str]]:
        loop = asyncio.get_running_loop()
        seen = []

        async def sleeper(name: str, pause_s: float) -> None:
            for _ in range(2):
                await asyncio.sleep(pause_s)
                seen.append((loop.time(), name))

        job = asyncio.ensure_future(asyncio.to_thread(os.getpid))
        job.add_done_callback(lambda _: seen.append((loop.time(), "thread")))
        await asyncio.gather(sleeper("a", 1000.0), sleeper("b", 1500.0), job)
        return seen

    assert clock.run(main(), 1) == [
        (0.0, "thread"), (1000.0, "a"), (1500.0, "b"), (2000.0, "a"), (3000.0, "b"),
    ]  # fmt: skip


def test_wall_time_is_the_worlds():
    async def main() -> float:
        await asyncio.sleep(60)
        return clock.unix_s()

    assert clock.run(main(), 1) == clock.START_UNIX_S + 60


def test_a_callback_that_fails_ends_the_run():
    async def main() -> None:
        asyncio.get_running_loop().call_later(1, lambda: 1 / 0)
        await asyncio.sleep(10)

    with pytest.raises(ZeroDivisionError):
        clock.run(main(), 1)


async def test_a_virtual_world_needs_a_virtual_loop():
    with pytest.raises(SimError, match=r"clock: 'lockstep' does not fit"):
        await World(1, "lockstep").start()
    with pytest.raises(SimError, match=r"clock: 'sundial' is unknown; choose from real"):
        World(1, "sundial")


def test_two_runs_of_a_seed_are_the_same_to_the_byte_even_under_load(tmp_path):
    def play(name: str, seed: int) -> Log:
        folder = tmp_path / name
        folder.mkdir()
        return clock.run(plant_of_five(folder, seed, 20.0), seed)

    first, second = play("first", 1), play("second", 1)
    hogs = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(2)]
    try:
        third = play("third", 1)
    finally:
        for hog in hogs:
            hog.kill()
            hog.wait()
    assert first.lines == second.lines == third.lines
    assert first.digest == second.digest == third.digest
    assert play("other", 2).digest != first.digest


def test_the_trace_is_told_of_everything(tmp_path):
    log = clock.run(plant_of_five(tmp_path, 1, 5.0), 1)
    kinds = {line.split("'")[1] for line in log.lines}
    assert kinds == {"boot", "console", "datagram", "events", "flash", "frame", "pin"}


def test_the_trace_does_not_depend_on_the_process_that_makes_it(tmp_path):
    script = (
        "import sys; from pathlib import Path; sys.path[:0] = sys.argv[1:3]\n"
        "from sim import clock; from test_clock import plant_of_five\n"
        "print(clock.run(plant_of_five(Path(sys.argv[3]), 1, 20.0), 1).digest)"
    )
    digests = set()
    for hash_seed in ("1", "2"):
        folder = tmp_path / hash_seed
        folder.mkdir()
        done = subprocess.run(
            [sys.executable, "-c", script, str(ROOT), str(ROOT / "tests/sim"), str(folder)],
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        digests.add(done.stdout)
    assert len(digests) == 1


@pytest.mark.parametrize("kind", ["lockstep", "jump"])
def test_the_firmware_sleeps_and_counts_in_the_worlds_time(library, tmp_path, kind):
    node = clock.run(
        bare(
            library,
            tmp_path,
            """
import asyncio, time
start = time.ticks_ms()
time.sleep(1)
print("slept", time.ticks_diff(time.ticks_ms(), start))
wait = time.ticks_us()
while time.ticks_diff(time.ticks_us(), wait) < 5000:
    pass
print(time.gmtime()[:5], time.gmtime(0)[0], time.time_ns() // 1000000000 == time.time())
async def tick(name, ms):
    for _ in range(3):
        await asyncio.sleep_ms(ms)
        print(name, time.ticks_diff(time.ticks_ms(), start) // 1000)
async def main():
    await asyncio.gather(tick("a", 10000), tick("b", 15000))
asyncio.run(main())
while True:
    time.sleep(1)
""",
            100.0,
            kind,
        ),
        1,
    )
    assert list(node.console) == [
        "slept 1000",
        "(2026, 11, 24, 0, 0) 2000 True",
        *("a 11", "b 16", "a 21", "b 31", "a 31", "b 46"),
    ]


def test_a_reading_of_the_sensor_is_of_the_instant_of_the_reading(library, tmp_path, pressure):
    async def main() -> list[float]:
        world = World(1, "jump")
        heard: list[float] = []
        main = (
            "import machine, time\npin = machine.Pin(4, machine.Pin.OUT)\n"
            "for level in (1, 0, 1):\n    time.sleep_ms(300)\n    pin.value(level)\n"
            "while True:\n    time.sleep(1)\n"
        )
        node = world.add("n1", "esp32_s3", tmp_path / "n1.flash", library(main), [])
        node.on_pin = lambda node, name, level, at_s: heard.append(round(at_s, 2))
        await world.start()
        await world.at(3)
        await world.stop()
        return heard

    assert clock.run(main(), 1) == [0.3, 0.6, 0.9, 3.0]


@pytest.mark.parametrize("kind", ["lockstep", "jump"])
def test_a_sleep_beyond_the_watchdog_is_bitten_in_virtual_time(library, tmp_path, kind):
    node = clock.run(
        bare(
            library,
            tmp_path,
            "import machine, time\nprint('cause', machine.reset_cause())\n"
            "dog = machine.WDT(timeout=8000)\ntime.sleep(9)\nprint('survived')\n",
            30.0,
            kind,
        ),
        1,
    )
    assert node.boots == 4
    assert "survived" not in node.console
    assert node.console.count("cause 3") == 3


def test_a_loop_that_never_sleeps_is_bitten_too(library, tmp_path, monkeypatch):
    monkeypatch.setattr("sim.stepped.HANG_CPU_S", 0.2)
    node = clock.run(
        bare(
            library,
            tmp_path,
            "import machine\nprint('cause', machine.reset_cause())\n"
            "dog = machine.WDT(timeout=1000)\nwhile machine.reset_cause() == 1:\n    pass\n"
            "while True:\n    print(end='')\n",
            10.0,
        ),
        1,
    )
    assert "cause 3" in node.console


def test_the_firmware_survives_the_wrap_of_its_ticks(tmp_path):
    async def main() -> tuple[SimNode, Any]:
        world = World(1, "lockstep")
        images = populate(world, tmp_path, ("station",))
        (node,) = world.nodes.values()
        node.ticks.start_us = WRAP_US - 20_000_000
        gateway = InnerGateway.of(world.network, tmp_path / "gateway.db", images)
        await gateway.start()
        await world.start()
        await world.at(60)
        found = gateway.store.events("n1"), gateway.store.contiguous("n1")
        trend = gateway.store.trend("n1/pressure", 0, 2**60, 10_000)["t_ms"]
        await world.stop()
        await gateway.stop()
        return node, found, trend

    node, (events, (contiguous, above)), trend = clock.run(main(), 1)
    assert (node.boots, node.crashes, above) == (1, 0, [])
    assert contiguous >= 5
    assert {event["code"] for event in events}.isdisjoint({codes.EV_GAP, codes.EV_MISSED})
    gaps = {later - sooner for sooner, later in itertools.pairwise(trend)}
    assert max(gaps) <= 1000


def test_what_is_lost_is_sent_again_until_nothing_is_lost(tmp_path):
    async def main() -> dict[str, Any]:
        world = World(3, "lockstep")
        images = populate(world, tmp_path, ("pressure", "speed"))
        gateway = InnerGateway.of(world.network, tmp_path / "gateway.db", images)
        await gateway.start()
        for name in images:
            world.network.impair(name, loss=0.3)
        await world.start()
        await world.at(120)
        for name in images:
            world.network.heal(name)
        await world.at(240)
        found = {name: gateway.store.contiguous(name) for name in images}
        lost = world.network.lost
        await world.stop()
        await gateway.stop()
        return {"found": found, "lost": lost, "counters": gateway.live.snapshot()["counters"]}

    done = clock.run(main(), 3)
    assert done["lost"] > 20
    for contiguous, above in done["found"].values():
        assert contiguous >= 20 and above == []
    assert done["counters"]["broken"] == 0


def test_a_gateway_that_is_killed_comes_back_to_what_it_had_committed(tmp_path):
    async def main() -> tuple[int, int, int]:
        world = World(1, "lockstep")
        images = populate(world, tmp_path, ("pressure",))
        gateway = InnerGateway.of(world.network, tmp_path / "gateway.db", images)
        await gateway.start()
        await world.start()
        await world.at(61)
        before = gateway.store.contiguous("n1")[0]
        await gateway.kill()
        assert not gateway.running
        await world.at(180)
        await gateway.start()
        kept = gateway.store.contiguous("n1")[0]
        await world.at(400)
        after = gateway.store.contiguous("n1")
        await world.stop()
        await gateway.stop()
        return before, kept, after

    before, kept, (after, above) = clock.run(main(), 1)
    assert before == kept >= 5
    assert after >= 35 and above == []


def test_the_network_of_a_world_knows_the_gateway_by_one_address():
    network = Network(1)
    assert network.attach("a").ip != network.attach("b").ip != GATEWAY[0]
    assert network.attach("a") is network.attach("a")
