"""Who sees and hears a run from outside: pins, readings, frames and the gateway's database.

All of it goes into the trace; what expectations are held against goes into the record, on the
clock that began at power-on.
"""

import asyncio
import hashlib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from sim.account import Observed
from sim.chain import Chain
from sim.defects import STALL_S, Defect, Defects
from sim.evidence import Evidence
from sim.image import NodeImage
from sim.record import Happening, Record, Seen, of_event
from sim.scenario import Scenario
from sim.supervisor import SimNode
from sim.trace import Trace
from sim.world import World

LATE_S = 1.0  # an event that says it is later than this after being seen has another clock
HEARD_S = 5.0  # how long before power-on an event may say it was

Say = Callable[[str], None]


class Witness:
    """`record` of happenings, `trace` of everything, `observed` for the account."""

    def __init__(
        self,
        folder: Path,
        images: Mapping[str, NodeImage],
        say: Say,
        allowed: Iterable[str] = (),
    ) -> None:
        """`allowed`: kinds of defects that the scenario means to provoke."""
        self.record = Record()
        self.defects = Defects(allowed)
        self.observed = Observed()
        self.trace = Trace(folder / "trace.jsonl", lambda: self.now_s)
        self._images = images
        self._say = say
        self._world: World | None = None
        self._start_s: float | None = None
        self._seen = {name: Seen() for name in images}

    @property
    def now_s(self) -> float:
        """Time since power-on."""
        return self._since(asyncio.get_running_loop().time())

    def follow(self, world: World) -> None:
        """Hear of everything in that world; not yet of its pins, see `pin`."""
        self._world = world
        world.trace = self._heard
        for name, node in world.nodes.items():
            for plant in node.plants:
                plant.watch = self._watch(name, plant.ch, plant.watch)

    def begin(self, scenario: Scenario, seed: int) -> None:
        """Power-on is now: first lines of the trace, what is needed to read the rest."""
        self._start_s = asyncio.get_running_loop().time()
        text = scenario.path.read_text(encoding="utf-8")
        self.trace.write("start", scenario=scenario.name, seed=seed, text=text)
        for name, image in self._images.items():
            for cfg in image.channels:
                wanted = ("ch", "name", "instrument", "period_ms", "range")
                self.trace.write("channel", node=name, **{key: cfg[key] for key in wanted})
            for limit in image.limits:
                self.trace.write(
                    "limit", node=name, ch=limit["ch"], at=limit["at"], value=limit["value"]
                )

    def pin(self, node: SimNode, output: str, level: int, at_s: float) -> None:
        """An output changed its level."""
        assert self._world is not None
        if output == "relay" and level == 0:
            self.observed.released_ms.setdefault(node.name, []).append(self._world.unix_ms(at_s))
        self.trace.write("pin", self._since(at_s), node=node.name, output=output, level=level)
        word = {"relay": ("released", "closed")}.get(output, ("off", "on"))[level]
        text = f"{output} {word}"
        one = Happening(self._since(at_s), output, node.name, text, level=level)
        if output == "relay":
            self._add(one)
        else:
            self.record.add(one)  # a lamp blinks

    def look_at(self, nodes: Mapping[str, SimNode]) -> None:
        """Which of the boards that run has stopped to look at its sensors?"""
        now_s = asyncio.get_running_loop().time()
        for name, node in nodes.items():
            if node.running:
                slowest_s = max(cfg["period_ms"] for cfg in self._images[name].channels) / 1000
                bound_s = max(STALL_S, 3 * slowest_s)
                self._tell(self.defects.look(name, self.now_s, now_s - node.sensed_s, bound_s))

    def end(self) -> None:
        """Nothing more will be said."""
        for one in self.defects.end(self.now_s):
            self._tell(one)

    def look(self, evidence: Evidence | Chain) -> None:
        """Take in what is new in the evidence."""
        for name, seen in self._seen.items():
            for event in evidence.events(name, seen.upto):
                if not seen.add(event["number"]):
                    continue
                one = of_event(event, name, self._at(event["t_ms"]))
                if one is not None:
                    self._add(one)
                    self.trace.write("event", node=name, at=round(one.at_s, 3), event=event)
        self.record.now_s = self.now_s

    def _at(self, t_ms: int) -> float:
        """When an event happened: by its own stamp, or when it was seen if that cannot be."""
        assert self._start_s is not None and self._world is not None
        stamped_s = (t_ms - self._world.unix_ms(self._start_s)) / 1000
        now_s = self.now_s
        return max(0.0, stamped_s) if -HEARD_S <= stamped_s <= now_s + LATE_S else now_s

    def _add(self, one: Happening) -> None:
        self.record.add(one)
        self._say(str(one))

    def _since(self, loop_s: float) -> float:
        return loop_s - self._start_s if self._start_s is not None else 0.0

    def _watch(self, node: str, ch: int, inner: Any) -> Callable[[float, float, float], None]:
        def watch(at_s: float, value: float, shown: float) -> None:
            inner(at_s, value, shown)
            self.trace.value(node, ch, self._since(at_s), value, shown)

        return watch

    def _heard(self, kind: str, node: str, **fields: Any) -> None:
        """The world tells of datagrams, console lines, boots and the like."""
        if kind == "datagram":
            data = fields.pop("data")
            fields |= {"bytes": len(data), "sha": hashlib.sha256(data).hexdigest()[:16]}
        if kind != "pin":  # which `pin` writes
            self.trace.write(kind, node=node, **fields)
        self._tell(self.defects.hear(kind, node, self.now_s, fields))

    def _tell(self, defect: Defect | None) -> None:
        if defect is not None:
            self._say(str(defect))
            self.trace.write("defect", node=defect.node, name=defect.kind, text=defect.text)
