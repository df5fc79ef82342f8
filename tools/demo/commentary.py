"""One line per thing that happens, as the records arrive at the gateway."""

from collections.abc import Callable
from time import monotonic

from sim.commentary import text as told
from sim.evidence import Evidence
from sim.world import World


class Commentary:
    """Tells what is new each time it is asked."""

    def __init__(self, evidence: Evidence, world: World, say: Callable[[str], None]) -> None:
        self._evidence = evidence
        self._world = world
        self._say = say
        self._told = dict.fromkeys(world.nodes, 0)
        self._crashes = dict.fromkeys(world.nodes, 0)
        self._start_s = monotonic()

    def tell(self) -> None:
        """Everything since the last time."""
        for node in self._told:
            for event in self._evidence.events(node, self._told[node]):
                self._told[node] = event["number"]
                text = told(event)
                if text:
                    self._line(node, text)
            self._tell_crash(node)

    def _tell_crash(self, node: str) -> None:
        board = self._world.nodes[node]
        if board.crashes > self._crashes[node]:
            self._crashes[node] = board.crashes
            self._line(node, f"crashed: {board.exit_reason}")

    def _line(self, node: str, text: str) -> None:
        self._say(f"{monotonic() - self._start_s:6.1f} s  {node:6} {text}")
