"""The bench of one scenario: gateway, nodes and physics together, and a witness.

On the real clock the gateway is a process, so that a kill is a kill. Everything is timed by the
event loop's clock, from power-on: another clock is another loop.
"""

import asyncio
import contextlib
import random
from collections.abc import Sequence
from pathlib import Path

from sim import stage, steps
from sim.chain import Chain
from sim.defects import CHECK_S
from sim.errors import ScenarioError
from sim.evidence import Evidence
from sim.expect import Expectation
from sim.image import Workshop
from sim.nodes import Nodes
from sim.plantside import InnerGateway
from sim.process import Gateway
from sim.record import Happening
from sim.scenario import Scenario, Step
from sim.supervisor import SimNode
from sim.witness import Say, Witness
from sim.world import World

LOOK_S = 0.1  # between looks at the gateway's database
POLL_S = 2.0  # between questions to the nodes
DRAIN_S = 40.0  # longest wait for the backlog at the end: three retransmissions


# `ticks_ms` goes round at 2^30; a program that forgets it fails within the first minute of a run.
_WRAP_US = (1 << 30) * 1000
_WRAP_S = (10.0, 50.0)


class Stand:
    """Use it as an async context: everything has power inside, nothing is left after it."""

    def __init__(
        self,
        scenario: Scenario,
        workshop: Workshop,
        folder: Path,
        seed: int | None = None,
        say: Say = lambda line: None,
    ) -> None:
        self.scenario = scenario
        self.seed = scenario.seed if seed is None else seed
        virtual = scenario.clock != "real"
        self.scene = stage.build(folder, workshop, scenario.nodes, seed=self.seed, virtual=virtual)
        self.witness = Witness(folder, self.scene.images, say, scenario.allow)
        self.record, self.trace = self.witness.record, self.witness.trace
        self.observed = self.witness.observed
        self.world = World.load(
            scenario,
            self.scene.images,
            folder,
            self.scene.library,
            seed=self.seed,
            on_pin=self.witness.pin,
            clock=scenario.clock,
        )
        self.witness.follow(self.world)
        self.gateway = self._gateway(virtual)
        self.world.gateway = self.gateway
        self.nodes = Nodes(self.scene.addresses, self.world.network if virtual else None)
        self.acted_s = 0.0
        self._say = say
        self._evidence: Evidence | Chain | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._stack = contextlib.AsyncExitStack()

    @property
    def now_s(self) -> float:
        """Time since power-on."""
        return self.witness.now_s

    @property
    def evidence(self) -> Evidence | Chain:
        """The gateway's database; without a gateway what the journals say, at the end."""
        assert self._evidence is not None
        return self._evidence

    async def __aenter__(self) -> "Stand":
        self._stack.callback(self.trace.close)
        try:
            if self.gateway is not None:
                self._stack.push_async_callback(self.gateway.stop)
                await self.gateway.start()
                self._evidence = Evidence(self.scene.database)
                self._stack.callback(self._evidence.close)
                await self._stack.enter_async_context(self.nodes)
            self._stack.push_async_callback(self._cut)
            self._stack.push_async_callback(self._end_tasks)
            self.witness.begin(self.scenario, self.seed)
            self._open_consoles()
            for node in self.world.nodes.values():
                node.ticks.start_us = _before_the_wrap(self.seed, node.name)
            await self.world.start()
            self._tasks = [asyncio.create_task(self._watch_over())]
            if self.gateway is not None:
                self._tasks += [asyncio.create_task(one) for one in (self._look(), self._poll())]
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    def node(self, name: str | None) -> SimNode:
        """Node by name; the only one if there is no name."""
        if name is None and len(self.world.nodes) == 1:
            return next(iter(self.world.nodes.values()))
        if name not in self.world.nodes:
            raise ScenarioError(f"there is no node {name}: {', '.join(self.world.nodes)}")
        return self.world.nodes[name]

    def set(self, node: str, ch: int, value: float) -> None:
        """Give a channel with `constant` physics another value."""
        for plant in self.node(node).plants:
            if plant.ch == ch and hasattr(plant.model, "permitted"):
                self.acted()
                plant.model.value = value  # type: ignore[misc]
                self.trace.write("set", node=node, ch=ch, value=value)
                return
        raise ScenarioError(f"{node} ch {ch}: only constant physics can be set")

    async def kill_gateway(self) -> None:
        """SIGKILL."""
        self.acted()
        await self._there().kill()

    async def start_gateway(self) -> None:
        """Start it again."""
        self.acted()
        await self._there().start()

    def acted(self) -> None:
        """The test has done something: what it expects from here on is new."""
        self.acted_s = self.now_s

    async def do(self, step: Step) -> None:
        """Carry a step out; a fault that ends is followed to its end."""
        where = f" at {step.node}" if step.node else ""
        ch = f" ch {step.ch}" if step.ch is not None else ""
        more = "".join(f" {key}={value}" for key, value in step.parameters.items())
        self._say(f"{self.now_s:8.2f} s  bench  {step.action}{where}{ch}{more}")
        self.trace.write(
            "step",
            name=step.action,
            node=step.node,
            ch=step.ch,
            until=step.until_s,
            parameters=dict(step.parameters),
        )
        if step.action in steps.ACTIONS:
            await steps.ACTIONS[step.action][0](self, step)
            return
        fault = steps.fault(self, step)
        await fault.begin()
        if step.until_s is not None:
            await self.until(step.until_s)
            await fault.end()
            self._say(f"{self.now_s:8.2f} s  bench  {step.action}{where}{ch} ends")
            self.trace.write("end", name=step.action, node=step.node, ch=step.ch)

    async def until(self, at_s: float) -> None:
        """Let time pass up to that time since power-on."""
        await asyncio.sleep(max(0.0, at_s - self.now_s))

    async def expect(self, wanted: Expectation, but: Sequence[Happening] = ()) -> Happening:
        """Wait for one that is none of `but`; AssertionError that explains itself if none comes
        in time."""
        deadline_s = wanted.after_s + (wanted.within_s or 10.0)
        while True:
            found = [one for one in self.record.happenings if wanted.fits(one) and one not in but]
            if found:
                return found[0]
            if self.now_s > deadline_s + LOOK_S:
                raise AssertionError(self.explain(wanted))
            await asyncio.sleep(LOOK_S / 4)

    def explain(self, wanted: Expectation) -> str:
        """What was awaited, what came instead, and what the boards said last."""
        self.record.now_s = self.now_s
        found = wanted.judge(self.record)
        lines = [f"expected: {found.expected}", f"  seen: {found.seen}; {found.why}"]
        return "\n".join([*lines, *self.context(wanted.node, found.to_s)])

    def context(self, name: str | None = None, to_s: float = float("inf")) -> list[str]:
        """Last happenings and the tails of the consoles, as indented lines."""
        lines = ["  last events:", *(f"    {line}" for line in self.record.tail(to_s))]
        for node in self.world.nodes.values():
            if name in (None, node.name):
                told = list(node.console)[-5:] or ["(silent)"]
                lines += [f"  console of {node.name}:", *(f"    {line}" for line in told)]
        return lines

    async def drain(self) -> None:
        """Let every node that runs close its block, and wait until the gateway has them all."""
        if self.gateway is None:
            return
        loop = asyncio.get_running_loop()
        deadline_s = loop.time() + DRAIN_S
        waiting = {name for name, node in self.world.nodes.items() if node.running}
        flushed: dict[str, int] = {}
        while waiting and loop.time() < deadline_s:
            for node in sorted(waiting):
                if node not in flushed and await self.nodes.flush(node):
                    flushed[node] = self.nodes.latest(node)["journal"]["last"]
                if node in flushed and flushed[node] <= self.evidence.contiguous(node):
                    waiting.discard(node)
            await asyncio.sleep(LOOK_S)
        self.witness.look(self.evidence)

    async def stop(self) -> dict[str, Path]:
        """Cut the power, close the account; every node's journal, copied off its flash."""
        await self._end_tasks()
        await self.world.stop()
        self.observed.crossings = self.world.crossings
        self.observed.indications = self.world.indications
        found = {}
        for name, node in self.world.nodes.items():
            found[name] = self.scene.folder / f"journal-{name}"
            found[name].mkdir(exist_ok=True)
            node.extract("/journal", found[name])
        if self.gateway is None:
            self._evidence = Chain(found)
        self.witness.look(self.evidence)
        self.witness.end()
        return found

    def _there(self) -> Gateway | InnerGateway:
        if self.gateway is None:
            raise ScenarioError(f"{self.scenario.path}: on the jump clock there is no gateway")
        return self.gateway

    def _gateway(self, virtual: bool) -> Gateway | InnerGateway | None:
        if self.scenario.clock == "jump":  # one node alone
            return None
        if virtual:
            network = self.world.network
            return InnerGateway.of(network, self.scene.database, self.scene.images)
        return Gateway(self.scene.config, self.scene.folder / "gateway.log")

    def _open_consoles(self) -> None:
        """Before power-on, so that whoever is quick misses nothing."""
        for name, link in self.scenario.consoles.items():
            port = self.node(name).console.open(link)
            self._say(f"{self.now_s:8.2f} s  bench  console of {name}: {link or port}")

    async def _look(self) -> None:
        while True:
            self.witness.look(self.evidence)
            await asyncio.sleep(LOOK_S)

    async def _watch_over(self) -> None:
        while True:
            await asyncio.sleep(CHECK_S)
            self.witness.look_at(self.world.nodes)

    async def _poll(self) -> None:
        while True:
            await self.nodes.poll()
            await asyncio.sleep(POLL_S)

    async def _end_tasks(self) -> None:
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.cancel()
        for task in tasks:
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def _cut(self) -> None:
        await self.world.stop()


def _before_the_wrap(seed: int, node: str) -> int:
    """Where a board's count begins: each boot sees it go round at an instant of its own."""
    return _WRAP_US - round(1e6 * random.Random(f"{seed} {node} ticks").uniform(*_WRAP_S))
