"""The parts that models share, each against what is on paper."""

import random
from math import exp, pi, sin, sqrt

import pytest

from sim.errors import ScenarioError
from sim.physics.parts.air import Air
from sim.physics.parts.filter import Filter
from sim.physics.parts.gas import ATMOSPHERE_PA, CRITICAL_RATIO, Receiver, sonic_pa
from sim.physics.parts.orifice import CHOKED_RATIO, leak_m3_s
from sim.physics.parts.piston import Piston
from sim.physics.parts.runaway import Runaway
from sim.physics.parts.steps import cut
from sim.physics.parts.valve import Valve
from sim.physics.parts.wander import Wander


@pytest.mark.parametrize(
    ("dt_s", "parts"), [(0.001, 1), (0.02, 1), (0.06, 3), (0.021, 2), (1.0, 50)]
)
def test_a_step_is_cut_into_equal_parts(dt_s, parts):
    steps = list(cut(dt_s, 0.02))
    assert len(steps) == parts
    assert sum(steps) == pytest.approx(dt_s)


def test_a_receiver_gives_back_what_was_put_in():
    gas = Receiver(0.5, 600_000.0)
    gas.fill(0.2)
    assert gas.value == pytest.approx(600_000.0 + ATMOSPHERE_PA * 0.2 / 0.5)
    gas.fill(-0.2)
    assert gas.value == pytest.approx(600_000.0)
    gas.fill(-1000.0)
    assert gas.value == 0.0


def test_a_sonic_conductance_is_smooth_where_it_chokes_and_zero_at_no_pressure():
    edge_pa = ATMOSPHERE_PA / CRITICAL_RATIO - ATMOSPHERE_PA
    assert sonic_pa(edge_pa - 1) == pytest.approx(sonic_pa(edge_pa + 1), rel=1e-4)
    assert sonic_pa(0.0) == 0.0


def test_a_hole_passes_what_a_table_says_and_is_smooth_where_it_chokes():
    # 1 mm2 sharp-edged at 7 bar gauge: 0.04042 p A / sqrt(T) = 1.90e-3 kg/s ideal (c = 1)
    ideal_kg_s = 0.040418 * (700_000.0 + ATMOSPHERE_PA) * 1e-6 / sqrt(293.15)
    free_kg_m3 = ATMOSPHERE_PA / (287.05 * 293.15)
    assert leak_m3_s(1.0, 700_000.0) * free_kg_m3 == pytest.approx(0.8 * ideal_kg_s, rel=1e-3)
    edge_pa = ATMOSPHERE_PA / CHOKED_RATIO - ATMOSPHERE_PA
    assert leak_m3_s(1.0, edge_pa - 1) == pytest.approx(leak_m3_s(1.0, edge_pa + 1), rel=1e-4)
    assert leak_m3_s(1.0, 0.0) == 0.0


def test_a_slow_hole_obeys_bernoulli():
    """At a hundredth of a bar air is nearly incompressible: v = sqrt(2 dp / rho)."""
    rho = ATMOSPHERE_PA / (287.05 * 293.15)
    assert leak_m3_s(1.0, 1000.0) == pytest.approx(0.8e-6 * sqrt(2 * 1000.0 / rho), rel=0.01)


def test_a_valve_opens_at_its_set_pressure_and_closes_a_blowdown_below():
    valve = Valve(900_000.0, 810_000.0, 1e-7)
    pressures = (899_999.0, 900_000.0, 850_000.0, 810_001.0, 810_000.0, 850_000.0)
    assert [valve.flow_m3_s(pressure) > 0 for pressure in pressures] == [
        False,
        True,
        True,
        True,
        False,
        False,
    ]
    assert valve.flow_m3_s(820_000.0, pilot=True) == pytest.approx(
        1e-7 * (820_000.0 + ATMOSPHERE_PA)
    )


def test_a_valve_sticks_shut_or_open_and_works_again():
    valve = Valve(900_000.0, 810_000.0, 1e-7, "shut")
    assert valve.flow_m3_s(2e6) == valve.flow_m3_s(2e6, pilot=True) == 0.0
    valve.state = "open"
    assert valve.flow_m3_s(100_000.0) > 0.0
    valve.state = "works"
    assert valve.flow_m3_s(100_000.0) == 0.0
    with pytest.raises(ScenarioError, match="choose from works, shut, open"):
        valve.state = "ajar"


def test_a_piston_delivers_its_swept_volume_less_what_the_clearance_keeps():
    piston = Piston(0.01, 12.0, 0.04, 1.3)
    assert piston.mean_m3_s(0.0) == pytest.approx(0.12)
    ratio = (600_000.0 + ATMOSPHERE_PA) / ATMOSPHERE_PA
    efficiency = 1 - 0.04 * (ratio ** (1 / 1.3) - 1)
    whole = sum(piston.turn(0.005, 600_000.0) for _ in range(50))  # three revolutions
    assert whole == pytest.approx(0.25 * 0.12 * efficiency, rel=1e-9)
    stall = ATMOSPHERE_PA * ((1 + 1 / 0.04) ** 1.3 - 1)
    assert piston.mean_m3_s(stall - 1) >= 0.0 == piston.mean_m3_s(stall + 1)


def test_a_piston_delivers_in_pulses_that_no_step_length_changes():
    coarse, fine = Piston(0.01, 12.0, 0.0, 1.3), Piston(0.01, 12.0, 0.0, 1.3)
    total = sum(fine.turn(0.001, 0.0) for _ in range(30))
    assert coarse.turn(0.03, 0.0) == pytest.approx(total, rel=1e-9)
    turns = 0.03 * 12
    assert total == pytest.approx(0.01 * (turns - sin(2 * pi * turns) / (2 * pi)))


def test_air_goes_to_its_level_exponentially_and_loses_no_mass():
    air = Air(20.0, 50.0)
    gone = sum(air.step(3.0, 400.0, 0.02) for _ in range(40))
    level = 400.0 / 20.0 / 0.02
    assert air.value == pytest.approx(level + (50.0 - level) * exp(-0.02 * 120))
    assert pytest.approx(air.value * 20 + gone) == 50.0 * 20 + 400.0 * 120


def test_air_that_loses_nothing_fills_in_a_straight_line():
    air = Air(20.0, 0.0)
    assert air.step(10.0, 400.0, 0.0) == 0.0
    assert air.value == pytest.approx(200.0)


def test_a_clean_filter_moves_what_fan_and_cloth_agree_on():
    one = Filter(10.0, 1000.0, 5000.0, fan_m3_s=1.0, fan_pa=1000.0)
    flow = one.flow_m3_s
    assert 1000.0 * flow / 10.0 == pytest.approx(1000.0 * (1 - flow / 1.0))


def test_a_filter_clogs_as_a_parabola_under_a_constant_pressure():
    """S_e W + K_2 W^2 / 2 = C p t for a fan whose pressure does not depend on the flow."""
    one = Filter(10.0, 1000.0, 5000.0, fan_m3_s=1e9, fan_pa=1000.0)
    dust_g_m3, dt_s, days = 0.001, 600.0, 30
    for _ in range(round(days * 86_400 / dt_s)):
        one.catch(dust_g_m3 * one.flow_m3_s * dt_s)
    load = one.loaded_g_m2
    forced = dust_g_m3 * 1000.0 * days * 86_400
    assert 1000.0 * load + 5000.0 * load**2 / 2 == pytest.approx(forced, rel=1e-3)


def test_a_fault_stays_until_the_relay_releases():
    runaway = Runaway(1.0, 10.0, 0.5)
    seen = []
    for step in range(1, 16):
        runaway.step(0.5, safe=True)
        if step == 6:  # at 3 s
            runaway.permit(False)
        seen.append((runaway.present, runaway.tripped))
    assert seen[:6] == [(False, False)] + [(True, False)] * 5
    assert set(seen[6:]) == {(False, True)}
    runaway.permit(True)
    runaway.step(0.5, safe=False)
    assert runaway.tripped
    runaway.step(0.5, safe=True)
    assert not runaway.tripped


def test_a_fault_counts_how_often_it_came_and_how_long_ago():
    runaway = Runaway(1.0, 10.0, 0.5)
    for _ in range(23):
        runaway.step(0.5, safe=True)
    assert runaway.count == 2
    assert runaway.since_s == pytest.approx(0.5)


def test_wandering_has_the_deviation_it_was_given():
    wander = Wander(random.Random(1), 0.05, 2.0)
    seen = []
    for _ in range(200_000):
        wander.step(0.02)
        seen.append(wander.value)
    assert sqrt(sum(x * x for x in seen) / len(seen)) == pytest.approx(0.05, rel=0.1)


def test_wandering_forgets_within_its_correlation_time():
    wander = Wander(random.Random(1), 1.0, 2.0)
    seen = []
    for _ in range(100_000):
        wander.step(0.2)
        seen.append(wander.value)
    together = sum(a * b for a, b in zip(seen, seen[10:], strict=False)) / len(seen)
    assert together / (sum(x * x for x in seen) / len(seen)) == pytest.approx(exp(-1), abs=0.05)


def test_wandering_does_not_depend_on_the_step():
    slow, fast = Wander(random.Random(1), 1.0, 2.0), Wander(random.Random(1), 1.0, 2.0)
    for _ in range(100):
        slow.step(1.0)
        for _ in range(1000):
            fast.step(0.001)
        assert slow.value == pytest.approx(fast.value, abs=1e-6)
