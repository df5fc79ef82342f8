"""A node as a tester meets it: fixtures of the plugin, on the real and on the lock-step clock."""

import pytest

from sim.expect import Expectation

HIGH, NORMAL = 1_200_000, 600_000


async def test_a_dangerous_value_releases_the_relay(dut, world):
    await dut.expect("relay", level=1, within=5)
    world.set("pg-01", 1, HIGH)
    await dut.expect("relay", level=0, within=2)
    found = await dut.expect("alarm", at="HH", within=2)
    assert (found.node, found.ch, found.state) == ("pg-01", 1, "UNACK")


async def test_a_killed_gateway_learns_of_it_later(dut, world, gateway):
    await dut.expect("relay", level=1, within=5)
    await gateway.kill()
    world.set("pg-01", 1, HIGH)
    await dut.expect("relay", level=0, within=2)
    await gateway.start()
    await dut.expect("alarm", at="HH", within=10)


async def test_in_a_fleet_the_danger_of_one_node_is_not_that_of_others(fleet):
    duts = await fleet("pg-01", "pg-02", "pg-03")
    for dut in duts.values():
        await dut.expect("relay", level=1, within=5)
    fleet.stand.set("pg-02", 1, HIGH)
    await duts["pg-02"].expect("relay", level=0, within=2)
    found = await duts["pg-02"].expect("alarm", at="HH", within=2)
    assert found.node == "pg-02"
    alarms = [one.node for one in fleet.stand.record.of(("alarm",)) if one.at == "HH"]
    released = [one.node for one in fleet.stand.record.of(("relay",)) if one.level == 0]
    assert alarms == released == ["pg-02"]


async def test_a_fleet_has_names_of_its_own(fleet):
    with pytest.raises(pytest.UsageError, match="all different"):
        await fleet("pg-01", "pg-01")
    with pytest.raises(pytest.UsageError, match="call it first"):
        assert fleet.stand


def test_a_button_acknowledges(virtual):
    async def course(world, dut):
        await world.until(5)
        world.set("pg-01", 1, HIGH)
        await dut.expect("alarm", at="HH", within=1)
        dut.node.press()
        await dut.expect("alarm", state="ACKED", within=1)
        dut.node.release()

    virtual(course)


def test_a_restart_is_told(virtual):
    async def course(world, dut):
        await world.until(12)
        await dut.restart()
        await dut.expect("boot", cause="power", within=3)

    virtual(course)


def test_a_quiet_quarter_of_an_hour_has_no_event(virtual):
    async def course(world, dut):
        await world.until(900)
        return [one.kind for one in world.record.told()]

    kinds = virtual(course)
    assert set(kinds) <= {"relay", "boot", "clock", "selftest"}


def test_what_does_not_come_explains_itself(virtual):
    async def course(world, dut):
        await world.until(3)
        with pytest.raises(AssertionError) as failed:
            await dut.expect("alarm", at="HH", within=2)
        return str(failed.value)

    text = virtual(course)
    assert "expected: alarm HH of pg-01 within 5 s" in text
    assert "waited 5 s" in text and "relay closed" in text and "console of pg-01" in text


def test_the_same_seed_gives_the_same_trace(virtual):
    async def course(world, dut):
        await world.until(30)
        return world.trace.sha256

    assert virtual(course) == virtual(course)


@pytest.mark.scenario("quiet")
def test_other_worlds_are_a_marker_away(virtual):
    async def course(world, dut):
        await world.until(1)
        wanted = Expectation("relay", 1, "sm-01", within_s=5)
        return (await world.expect(wanted)).node

    assert virtual(course) == "sm-01"
