"""One run of the demo: start everything, look on, break what was asked for, add up, clean up."""

import asyncio
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sim import stage
from sim.account import Observed
from sim.evidence import Evidence
from sim.image import NodeSpec
from sim.nodes import Nodes
from sim.process import Gateway
from sim.scenario import SCENARIOS
from sim.supervisor import SimNode
from sim.world import World
from tools.demo import report
from tools.demo.commentary import Commentary
from tools.node import workshop

OFF_S = 3.0  # how long what was killed stays dead
KILL_PART = 0.4  # of the run, when something is to be killed
KILL_AFTER_S = 20.0  # the same without a time limit
DRAIN_S = 40.0  # longest wait for the backlog at the end: three retransmissions
POLL_S = 1.0
PROFILES = ("pressure", "dust", "speed")

Say = Callable[[str], None]


@dataclass(frozen=True)
class Options:
    """What the command line asked for; `seconds` None means until stopped."""

    seconds: float | None = None
    port: int = 8080
    kill: str | None = None
    replay: Path | None = None
    language: str = "en"
    profiles: tuple[str, ...] = PROFILES


async def run(options: Options, stop: asyncio.Event, say: Say) -> dict[str, Any] | None:
    """The report, or None if `stop` was set before the time was up; nothing is left behind."""
    with tempfile.TemporaryDirectory(prefix="tocsin-demo-") as folder:
        scene = _stage(Path(folder), options)
        gateway = Gateway(scene.config, scene.folder / "gateway.log")
        observed = Observed()
        world = _world(scene, observed, options.replay)
        try:
            await gateway.start()
            async with Nodes(scene.addresses) as nodes:
                return await _course(options, stop, say, scene, gateway, world, nodes, observed)
        finally:
            await asyncio.gather(world.stop(), gateway.stop())


async def _course(
    options: Options,
    stop: asyncio.Event,
    say: Say,
    scene: stage.Stage,
    gateway: Gateway,
    world: World,
    nodes: Nodes,
    observed: Observed,
) -> dict[str, Any] | None:
    evidence = Evidence(scene.database)
    try:
        await world.start()
        say(f"console: {gateway.console_url}   (Ctrl-C ends everything)")
        if options.replay is not None:
            _tell_sources(world, say)
        looking = asyncio.create_task(_look_on(nodes, Commentary(evidence, world, say)))
        breaking = asyncio.create_task(_break(options, gateway, world, say))
        try:
            ended = await _wait(stop, options.seconds)
            if ended:
                return None
            await breaking
        finally:
            for task in (looking, breaking):
                task.cancel()
            await asyncio.gather(looking, breaking, return_exceptions=True)
        if not await _drained(nodes, world, evidence, stop):
            return None
        await world.stop()
        journals = _journals(world, scene.folder)
        observed.crossings = world.crossings
        observed.indications = world.indications
        observed.duplicates = await _duplicates(gateway.console_url)
        return report.build(evidence, nodes, observed, journals, gateway.console_url)
    finally:
        evidence.close()


def _stage(folder: Path, options: Options) -> stage.Stage:
    specs = [NodeSpec(name) for name in options.profiles]
    return stage.build(folder, workshop, specs, options.port, options.language)


def _world(scene: stage.Stage, observed: Observed, replay: Path | None) -> World:
    def on_pin(node: SimNode, output: str, level: int, at_s: float) -> None:
        if output == "relay" and level == 0:
            observed.released_ms.setdefault(node.name, []).append(world.unix_ms(at_s))

    world = World.load(
        SCENARIOS / "demo.toml",
        scene.images,
        scene.folder,
        scene.library,
        on_pin=on_pin,
        recordings=replay,
    )
    return world


def _tell_sources(world: World, say: Say) -> None:
    """Which recording feeds which channel, and which has none."""
    for name, node in world.nodes.items():
        for plant in node.plants:
            source = world.replayed.get((name, plant.ch), "no recording; the built-in physics")
            say(f"{name}, channel {plant.ch}: {source}")


async def _look_on(nodes: Nodes, commentary: Commentary) -> None:
    while True:
        await nodes.poll()
        commentary.tell()
        await asyncio.sleep(POLL_S)


async def _break(options: Options, gateway: Gateway, world: World, say: Say) -> None:
    """Kill what is to be killed, once, and bring it back."""
    if options.kill is None:
        return
    await asyncio.sleep(options.seconds * KILL_PART if options.seconds else KILL_AFTER_S)
    if options.kill == "gateway":
        say("SIGKILL to the gateway")
        await gateway.kill()
        await asyncio.sleep(OFF_S)
        await gateway.start()
        say("the gateway is back")
        return
    victim = next(iter(world.nodes.values()))
    say(f"{victim.name}: SIGKILL")
    await victim.power_off()
    await asyncio.sleep(OFF_S)
    await victim.power_on()
    say(f"{victim.name}: powered on again")


async def _wait(stop: asyncio.Event, seconds: float | None) -> bool:
    """True if it was stopped, False if the time was up."""
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return False
    return True


async def _drained(nodes: Nodes, world: World, evidence: Evidence, stop: asyncio.Event) -> bool:
    """Let every node close its block, wait until the gateway has them all: False if stopped.

    Nodes that take longer than `DRAIN_S` are left: what is missing then is counted as lost.
    """
    waiting = set(world.nodes)
    flushed: dict[str, int] = {}
    deadline_s = asyncio.get_running_loop().time() + DRAIN_S
    while waiting and asyncio.get_running_loop().time() < deadline_s:
        for node in sorted(waiting):
            if node not in flushed and await nodes.flush(node):
                flushed[node] = nodes.latest(node)["journal"]["last"]
            if node in flushed and flushed[node] <= evidence.contiguous(node):
                waiting.discard(node)
        if await _wait(stop, 0.1):
            return False
    return True


def _journals(world: World, folder: Path) -> dict[str, Path]:
    """Every node's journal, copied off its flash."""
    found = {}
    for name, node in world.nodes.items():
        found[name] = folder / f"journal-{name}"
        found[name].mkdir()
        node.extract("/journal", found[name])
    return found


async def _duplicates(url: str) -> int:
    """Blocks that the gateway had already when they came, by its own count."""
    import httpx

    async with httpx.AsyncClient() as client:
        answer = await client.get(f"{url}/api/snapshot")
    return int(answer.json()["counters"]["duplicates"])
