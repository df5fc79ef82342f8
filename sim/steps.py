"""What a step of a scenario can do: actions of a person at the bench, and the faults.

An action is a coroutine (stand, step). Adding one is a function here and a line in `ACTIONS`.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING

from sim import faults
from sim.faults.fault import Fault

if TYPE_CHECKING:
    from sim.scenario import Step
    from sim.stand import Stand

Action = Callable[["Stand", "Step"], Awaitable[None]]


async def power_off(stand: "Stand", step: "Step") -> None:
    """Cut the supply of a node, as sudden as a wire that breaks."""
    await stand.node(step.node).power_off()


async def power_on(stand: "Stand", step: "Step") -> None:
    """Bring it back."""
    await stand.node(step.node).power_on()


async def press(stand: "Stand", step: "Step") -> None:
    """Press the button: acknowledge; held for 3 s it resets."""
    stand.node(step.node).press()


async def release(stand: "Stand", step: "Step") -> None:
    """Let go of the button."""
    stand.node(step.node).release()


async def kill_gateway(stand: "Stand", step: "Step") -> None:
    """SIGKILL to the gateway."""
    await stand.kill_gateway()


async def start_gateway(stand: "Stand", step: "Step") -> None:
    """Start it again, with what its disk holds."""
    await stand.start_gateway()


async def set_value(stand: "Stand", step: "Step") -> None:
    """Give a `constant` physics another value."""
    stand.set(str(step.node), step.ch or 1, step.parameters["value"])


# name -> (action, its parameters, does it happen to a node?)
ACTIONS: Mapping[str, tuple[Action, tuple[str, ...], bool]] = {
    "power_off": (power_off, (), True),
    "power_on": (power_on, (), True),
    "press": (press, (), True),
    "release": (release, (), True),
    "kill_gateway": (kill_gateway, (), False),
    "start_gateway": (start_gateway, (), False),
    "set": (set_value, ("value",), True),
}


def known(kind: str) -> list[str]:
    """Names of all actions (`do`) or faults (`fault`)."""
    return list(ACTIONS if kind == "do" else faults.NAMES)


def parameters(kind: str, name: str) -> list[str]:
    """What a step of that name may say besides where and when."""
    return list(ACTIONS[name][1] if kind == "do" else faults.parameters(name))


def required(kind: str, name: str) -> list[str]:
    """Those of its parameters that have no default."""
    if kind == "do":
        return list(ACTIONS[name][1])
    return [key for key, one in faults.parameters(name).items() if one.default is one.empty]


def needs_node(kind: str, name: str) -> bool:
    """Does it happen to one node?"""
    return kind == "do" and ACTIONS[name][2]


def fault(stand: "Stand", step: "Step") -> Fault:
    """The fault of a step, not begun."""
    return faults.build(step.action, stand.world, step.node, step.ch, step.parameters)
