"""The world: the demo's timing in virtual time, nodes and truth in real time, bad scenarios."""

import asyncio
import time
from pathlib import Path

import pytest

from protocols import cbor
from sim import plant, scenario
from sim.crossings import Watch
from sim.errors import ScenarioError
from sim.image import NodeImage
from sim.world import World

DEMO = scenario.SCENARIOS / "demo.toml"
STEP_S = 0.01

GUARD = """
import time
from firmware import board, sensors
node = board.build("esp32_s3")
sensor = sensors.build("ads1115_loop", node, "i2c0", {"low": 0, "high": 1600000})
while True:
    value, quality = sensor.read(time.ticks_ms())
    if value is not None:
        node.relay.value(1 if value < 1000000 else 0)
    time.sleep_ms(10)
"""


def image(node: str, channel: dict[str, object], kind: str, *limits: tuple[str, float]):
    sealed = {
        "node": node,
        "board": "esp32_s3",
        "channels": [{**channel, "name": kind, "instrument": kind}],
    }
    operating = {"limits": [{"ch": channel["ch"], "at": at, "value": v} for at, v in limits]}
    cfg = cbor.encode([cbor.encode(sealed), cbor.encode(operating), b""])
    return NodeImage.of({"/cfg.cbor": cfg, "/key.bin": bytes(32)})


@pytest.fixture
def write(tmp_path: Path):
    def make(text: str) -> Path:
        path = tmp_path / "scenario.toml"
        path.write_text(text)
        return path

    return make


@pytest.fixture
async def load(tmp_path: Path, library):
    """World with the firmware GUARD, stopped when the test ends."""
    worlds: list[World] = []

    def make(path: Path, images: dict[str, NodeImage], **options) -> World:
        world = World.load(path, images, tmp_path / "flash", library(GUARD), **options)
        worlds.append(world)
        return world

    yield make
    for world in worlds:
        await world.stop()


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize(
    ("node", "sensor", "limit", "clear", "quiet"),
    [
        ("pg-01", "pressure", 1_000_000.0, 968_000.0, 600_000.0),
        ("dm-01", "dust", 1000.0, 900.0, 80.0),
        ("sm-01", "speed", 16.0, 15.2, 8.0),
    ],
)
def test_each_instrument_of_the_demo_crosses_in_time_and_comes_back(
    request, node, sensor, limit, clear, quiet, seed
):
    channel = request.getfixturevalue(sensor)
    one = plant.build(channel, scenario.load(DEMO).plants[node, 1], f"{seed} {node}")
    one.power(0.0)
    true, seen, crossed = [], Watch([{"at": "HH", "value": limit}]), []

    def watch(at_s: float, value: float, shown: float) -> None:
        true.append((at_s, value))
        if seen.see(value):
            crossed.append(at_s)
        if shown >= limit or shown < clear:
            one.permit(shown < clear)

    one.watch = watch
    one.advance(0.0)
    if sensor == "pressure":
        one.chip.transfer(b"\x01\x42\x83", 0)  # what the driver does: convert continuously
    for step in range(round(240 / STEP_S)):
        one.advance(step * STEP_S)
    assert len(crossed) == 2
    assert 18.0 <= crossed[0] <= 28.0
    assert crossed[1] - crossed[0] == pytest.approx(120.0, abs=3.0)
    slow_s, before = min((abs(crossed[0] - 8.0 - at_s), value) for at_s, value in true)
    assert slow_s < 1.0
    assert quiet < before < 0.8 * limit  # eight seconds before, it was under way and far off
    assert true[-1][1] == pytest.approx(quiet, rel=0.05)


async def test_a_world_runs_its_nodes_and_records_the_truth(load, write, pressure):
    path = write("""
name = "fast"
purpose = "over the limit within a second"
seed = 7
[[plant]]
node = "n1"
ch = 1
physics = "vessel"
start_s = 0.3
full_load_m3_s = 3.0
""")
    node_image = image("n1", pressure, "pressure", ("HH", 1_000_000.0), ("LL", 100.0))
    pins = []
    world = load(
        path, {"n1": node_image}, on_pin=lambda node, *what: pins.append((node.name, *what))
    )
    assert world.seed == 7
    await world.start()
    await _until(lambda: ("n1", "relay", 0) in [pin[:3] for pin in pins])
    started = time.monotonic()
    await world.stop()
    assert time.monotonic() - started < 1.0
    assert not world.nodes["n1"].running
    crossing = world.crossings[0]
    assert (crossing.node, crossing.ch, crossing.limit) == ("n1", 1, "HH")
    assert crossing.quantity == "pressure" and crossing.value >= 1_000_000.0
    assert abs(crossing.at_unix_ms - 1000 * time.time()) < 20_000
    indication = world.indications[0]
    relay_s = next(at_s for _, name, level, at_s in pins if (name, level) == ("relay", 0))
    assert 0 <= relay_s - indication.at_loop_s < 0.5


async def test_a_world_can_be_stopped_twice_and_before_its_start(load, pressure):
    world = load(DEMO, {"pg-01": image("pg-01", pressure, "pressure")})
    await world.stop()
    await world.start()
    await world.stop()
    await world.stop()


async def test_physics_that_breaks_is_not_silent(load, pressure):
    world = load(DEMO, {"pg-01": image("pg-01", pressure, "pressure")})

    def broken(dt_s: float) -> None:
        raise ZeroDivisionError

    world.nodes["pg-01"].plants[0].model.step = broken
    await world.start()
    await asyncio.sleep(0.1)
    with pytest.raises(ZeroDivisionError):
        await world.stop()
    assert not world.nodes["pg-01"].running


async def test_recordings_replace_the_physics_of_their_quantity(load, tmp_path, dust, pressure):
    folder = tmp_path / "recordings"
    folder.mkdir()
    (folder / "room.csv").write_text("t_s,pm25_ugm3,pm10_ugm3\n0,1,44\n60,1,44\n")
    dust["ch"] = 1
    images = {
        "dm-01": image("dm-01", dust, "dust"),
        "pg-01": image("pg-01", pressure, "pressure"),
    }
    world = load(DEMO, images, recordings=folder)
    assert world.nodes["dm-01"].plants[0].model.value == 44.0
    assert world.nodes["pg-01"].plants[0].model.value == 600_000.0


async def test_a_channel_without_a_plant_is_named(load, pressure):
    pressure["ch"] = 9
    with pytest.raises(ScenarioError, match=r"demo\.toml: no plant for node pg-01, channel 9"):
        load(DEMO, {"pg-01": image("pg-01", pressure, "pressure")})


PLANT = 'name = "x"\npurpose = "x"\nseed = 1\n[[plant]]\nnode = "a"\nch = 1\nphysics = "vessel"\n'


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (PLANT + "volume_m = 1", r"plant\[0\]\.volume_m: 'volume_m' is unknown; did you mean vol"),
        (PLANT.replace("vessel", "vesel"), r"plant\[0\]\.physics: 'vesel' .* mean vessel"),
        (PLANT.replace("vessel", "sun"), r"choose from cloud, .*dust_room"),
        (PLANT.replace("seed = 1", "seeds = 1"), r"seeds: 'seeds' is unknown; did you mean seed"),
        (PLANT.replace('purpose = "x"\n', ""), "purpose: must be there and be a text"),
        (
            PLANT.replace("ch = 1", 'ch = "1"'),
            r"plant\[0\]\.ch: must be there and be a whole number",
        ),
        ("name = ", "Invalid value"),
    ],
)
def test_a_slip_in_a_scenario_has_a_name(write, text, says):
    with pytest.raises(ScenarioError, match=rf"scenario\.toml: .*{says}"):
        scenario.load(write(text))


def test_a_missing_scenario_is_named(tmp_path):
    with pytest.raises(ScenarioError, match=r"nowhere\.toml"):
        scenario.load(tmp_path / "nowhere.toml")


@pytest.mark.parametrize("path", sorted(scenario.SCENARIOS.glob("*.toml")), ids=lambda p: p.stem)
def test_every_scenario_that_ships_loads(path):
    found = scenario.load(path)
    assert found.name == path.stem and found.purpose


def test_a_watch_speaks_once_per_crossing_and_in_the_dangerous_direction():
    watch = Watch([{"at": "HH", "value": 10}, {"at": "H", "value": 5}, {"at": "L", "value": 1}])
    seen = [watch.see(value) for value in (3, 5, 12, 11, 4, 1, 0, 2, 10)]
    assert seen == [[], ["H"], ["HH"], [], [], ["L"], [], [], ["HH", "H"]]


async def _until(condition) -> None:
    loop = asyncio.get_running_loop()
    end_s = loop.time() + 10.0
    while not condition():
        assert loop.time() < end_s, "it did not happen"
        await asyncio.sleep(0.005)
