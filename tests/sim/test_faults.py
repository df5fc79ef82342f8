"""Faults as a family: registered, described, begun and ended once, composable, without residue."""

import inspect
import itertools
import struct
from pathlib import Path
from types import SimpleNamespace

import pytest

from sim import clock, faults, plant
from sim.board import ops
from sim.carrier import Impairment
from sim.errors import ScenarioError
from sim.flash import Flash, Verdict
from sim.world import World

README = Path(faults.__file__).parents[1] / "README.md"

LAYERS = (
    "transducer", "wiring", "bus", "power", "flash", "clock", "network", "gateway", "peer",
)  # fmt: skip
NEEDED = {
    "drift_per_s": 100.0,
    "offset": 1.0,
    "sigma": 5.0,
    "height": 9.0,
    "tau_s": 2.0,
    "highest": 10.0,
    "nth_operation": 3,
    "jump_s": 3600.0,
    "drift_ppm": 200.0,
    "share": 0.5,
    "delay_ms": 10.0,
    "jitter_ms": 10.0,
    "mtu_bytes": 200,
}


class FakeGateway:
    """One in this process, as far as faults know it."""

    def __init__(self):
        self.store = None
        self.pid = None
        self.clock_offset_s = 0.0
        self.running = True

    async def kill(self):
        self.running = False

    async def start(self):
        self.running = True


@pytest.fixture
def world(tmp_path, pressure, dust, library):
    """Make a world of one node, its power off, and a gateway that is none."""
    main = library("")

    def make():
        found = World(5, "lockstep")
        found.gateway = FakeGateway()
        plants = [
            plant.build(one, {"physics": "constant", "value": 50.0}, 1) for one in (pressure, dust)
        ]
        found.add("n1", "esp32_s3", tmp_path / "n1.flash", main, plants)
        return found

    return make


def build(world, name):
    """The fault with the parameters that it needs, on a channel that it fits."""
    wanted = faults.parameters(name)
    params = {
        key: NEEDED[key]
        for key, one in wanted.items()
        if one.default is inspect.Parameter.empty or key == "highest"
    }
    try:
        return faults.build(name, world, "n1", 1, params)
    except ScenarioError:
        return faults.build(name, world, "n1", 2, params)


def residue(world):
    """What a fault could have left behind."""
    node = world.nodes["n1"]
    station = world.network.attach("n1")
    return {
        "values": [one.values for one in node.plants],
        "data": [one.data for one in node.plants],
        "gates": [one.gates for one in node.plants],
        "currents": [one.currents for one in node.plants[0].chip.signals.values()],
        "rules": node.peripherals.flash.rules,
        "interruptions": node.supply.interruptions,
        "impairment": station.carrier.impairment,
        "address": station.ip,
        "taps": world.network.taps,
        "gateway": world.gateway.running,
        "offset": world.gateway.clock_offset_s,
        "rate": node.ticks._rate,
    }


def clean(world):
    return {
        **{key: [[], []] for key in ("values", "data", "gates")},
        "currents": [[]],
        "rules": [],
        "interruptions": set(),
        "impairment": Impairment(),
        "address": "10.83.0.11",
        "taps": [],
        "gateway": True,
        "offset": 0.0,
        "rate": 1.0,
    }


@pytest.mark.parametrize("name", faults.NAMES)
def test_a_fault_has_a_layer_a_purpose_and_parameters_with_units(name):
    assert faults.layer(name) in LAYERS
    assert 10 < len(faults.purpose(name)) < 110
    for key, one in faults.parameters(name).items():
        assert one.kind is inspect.Parameter.KEYWORD_ONLY, key
    assert faults.load(name) in vars(inspect.getmodule(faults.load(name))).values()


def test_every_layer_has_faults():
    assert {faults.layer(name) for name in faults.NAMES} == set(LAYERS)


def test_no_fault_is_registered_twice():
    assert len(set(faults.NAMES.values())) == len(faults.NAMES)


@pytest.mark.parametrize("name", faults.NAMES)
def test_beginning_and_ending_twice_is_once(world, name):
    async def main():
        one = world()
        assert residue(one) == clean(one)
        fault = build(one, name)
        await fault.end()
        assert residue(one) == clean(one)
        await fault.begin()
        begun = str(residue(one))
        await fault.begin()
        assert str(residue(one)) == begun and fault.active
        await fault.end()
        await fault.end()
        assert residue(one) == clean(one) and not fault.active
        await fault.begin()  # and it can begin anew
        await fault.end()
        assert residue(one) == clean(one)

    clock.run(main(), 1)


@pytest.mark.parametrize("first", faults.NAMES)
def test_any_two_faults_compose_and_end_without_residue(world, first):
    """Nested and overlapping."""

    async def main():
        one = world()
        for second, nested in itertools.product(faults.NAMES, (True, False)):
            two = [build(one, first), build(one, second)]
            for fault in two:
                await fault.begin()
            for plant_ in one.nodes["n1"].plants:
                plant_.advance(plant_.now_s + 0.1)
            for fault in reversed(two) if nested else two:
                await fault.end()
            assert residue(one) == clean(one), (first, second, nested)

    clock.run(main(), 1)


async def test_an_unknown_name_and_a_bad_target_say_so(tmp_path):
    empty = SimpleNamespace(seed=1, nodes={})
    with pytest.raises(KeyError, match="sunspots"):
        faults.build("sunspots", empty)
    with pytest.raises(ScenarioError, match="stuck: needs a node, and 'x' is none"):
        faults.build("stuck", empty, "x", 1)
    with pytest.raises(ScenarioError, match="gateway_kill: there is no gateway in this world"):
        await faults.build("gateway_kill", empty).begin()


async def test_a_fault_that_needs_a_virtual_clock_says_so_and_has_not_begun():
    world = SimpleNamespace(seed=1, nodes={"n1": None})
    fault = faults.build("clock_drift", world, "n1", None, {"drift_ppm": 10.0})
    with pytest.raises(ScenarioError, match="clock_drift: needs a virtual clock"):
        await fault.begin()
    assert not fault.active


def rows():
    """The table of the section \"Faults\" of the README: name -> (layer, parameters, effect)."""
    text = README.read_text(encoding="utf-8")
    section = text.partition("\n## Faults\n")[2].partition("\n## ")[0]
    cells = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in section.splitlines()
        if line.startswith("| `")
    ]
    return {name.strip("`"): rest for name, *rest in cells}


def test_the_readme_describes_exactly_the_faults_that_there_are():
    table = rows()
    assert list(table) == list(faults.NAMES)
    for name, (layer, parameters, shown) in table.items():
        assert layer == faults.layer(name)
        described = [one.strip(" `*") for one in parameters.split(",") if one.strip(" –")]
        assert described == list(faults.parameters(name)), name
        assert len(shown) > 10


def test_flash_rules_are_heard_in_order_and_a_cut_is_final():
    flash, cuts = Flash(), []
    question = bytes.fromhex("020000000010")  # block 2, offset 0, 4096 bytes
    assert flash.erase(0, question) == b""
    flash.rules = [
        lambda one: Verdict(stall_ms=7),
        lambda one: Verdict(cut_bytes=9, cut=lambda: cuts.append(one.number)),
        lambda one: Verdict(errno=5),
    ]
    assert struct.unpack(ops.FLASH_VERDICT, flash.erase(0, question)) == (9, 7, 0)
    assert flash.cut(0, b"") == b"" and cuts == [2]
    assert (flash.operations, flash.erases, flash.programs) == (2, 2, 0)
    assert flash.erases_of == {2: 2}
