"""Registry of faults: one file per layer, one small class per fault, one line here.

A fault begins and ends, at any instant, beside any other; what it takes by chance follows from the
world's seed. Parameters are the keyword arguments of its class, with the unit in the name.
"""

import inspect
from collections.abc import Mapping
from importlib import import_module
from typing import Any

from sim.faults.fault import Fault, Target

__all__ = ["NAMES", "Fault", "Target", "build", "layer", "load", "parameters", "purpose"]

NAMES = {
    "stuck": "transducer:Stuck",
    "drift": "transducer:Drift",
    "offset": "transducer:Offset",
    "noise": "transducer:Noise",
    "spikes": "transducer:Spikes",
    "saturation": "transducer:Saturation",
    "slow_response": "transducer:SlowResponse",
    "open_loop": "wiring:OpenLoop",
    "short_circuit": "wiring:ShortCircuit",
    "loose_contact": "wiring:LooseContact",
    "fault_current": "wiring:FaultCurrent",
    "i2c_nak": "bus:I2cNak",
    "i2c_stuck": "bus:I2cStuck",
    "uart_silence": "bus:UartSilence",
    "bad_checksums": "bus:BadChecksums",
    "half_frames": "bus:HalfFrames",
    "noise_bytes": "bus:NoiseBytes",
    "swapped_bytes": "bus:SwappedBytes",
    "power_cut": "power:PowerCut",
    "cut_at_operation": "power:CutAtOperation",
    "brown_out": "power:BrownOut",
    "reset_button": "power:ResetButton",
    "torn_write": "flash:TornWrite",
    "bit_rot": "flash:BitRot",
    "wear_out": "flash:WearOut",
    "slow_erase": "flash:SlowErase",
    "flash_full": "flash:FlashFull",
    "rtc_jump": "clock:RtcJump",
    "rtc_lost": "clock:RtcLost",
    "clock_drift": "clock:ClockDrift",
    "loss": "network:Loss",
    "delay": "network:Delay",
    "jitter": "network:Jitter",
    "duplication": "network:Duplication",
    "reorder": "network:Reorder",
    "corruption": "network:Corruption",
    "partition": "network:Partition",
    "link_down": "network:LinkDown",
    "small_mtu": "network:SmallMtu",
    "address_change": "network:AddressChange",
    "gateway_kill": "gateway:GatewayKill",
    "gateway_restart": "gateway:GatewayRestart",
    "gateway_disk_full": "gateway:GatewayDiskFull",
    "gateway_slow": "gateway:GatewaySlow",
    "gateway_clock_jump": "gateway:GatewayClockJump",
    "replay": "peer:Replay",
    "forgery": "peer:Forgery",
    "flood": "peer:Flood",
}


def load(name: str) -> type[Fault]:
    """Class of the fault called `name`; KeyError for an unknown one."""
    module, _, attribute = NAMES[name].partition(":")
    found: type[Fault] = getattr(import_module(f"sim.faults.{module}"), attribute)
    return found


def layer(name: str) -> str:
    """Where it strikes: transducer, wiring, bus, power, flash, clock, network, gateway, peer."""
    return NAMES[name].partition(":")[0]


def purpose(name: str) -> str:
    """What it does, in one line for people."""
    return (inspect.getdoc(load(name)) or "").partition("\n")[0]


def parameters(name: str) -> dict[str, inspect.Parameter]:
    """What it can be told, by name; one without a default has to be given."""
    found = dict(inspect.signature(load(name)).parameters)
    del found["target"]
    return found


def build(
    name: str,
    world: Any,
    node: str | None = None,
    ch: int | None = None,
    params: Mapping[str, Any] | None = None,
) -> Fault:
    """The fault, not begun; KeyError for an unknown name, ScenarioError for a bad target."""
    return load(name)(Target(world, node, ch, name), **(params or {}))
