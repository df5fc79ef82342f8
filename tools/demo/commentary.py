"""One line per thing that happens, as the records arrive at the gateway."""

from collections.abc import Callable
from time import monotonic
from typing import Any

from protocols import codes, words
from sim.world import World
from tools.demo.evidence import Evidence


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
                text = _text(event)
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


def _text(event: dict[str, Any]) -> str:
    code = event["code"]
    if code == codes.EV_BOOT:
        return f"booted: firmware {event['version']} on {event['runtime']}"
    if code == codes.EV_GAP:
        return f"gap recorded: {(event['to_ms'] - event['from_ms']) / 1000:.1f} s without record"
    if code == codes.EV_CRASH:
        return f"crashed before: {event['text']}"
    if code != codes.EV_ALARM:
        return ""
    if event["old"] == event["new"]:  # what stands at a boot
        return ""
    condition = words.name(words.CONDITIONS, event["condition"])
    state = words.name(words.ALARM_STATES, event["new"])
    if event["condition"] & codes.PREDICTED and event["new"] == codes.UNACK:
        when = "" if event["tte_ms"] is None else f" in {event['tte_ms'] / 1000:.1f} s"
        chance = f"{event['p_permille'] / 10:.0f} %"
        return f"predictive alarm: {condition[1:]} will be crossed{when} ({chance})"
    if event["new"] == codes.UNACK:
        return f"ALARM {condition}"
    return f"{condition}: {state}"
