"""Each model against a case that has an answer on paper; the relay brings each one back."""

import random
from math import exp, sqrt, tanh
from pathlib import Path

import pytest

from sim import physics
from sim.physics.constant import Constant
from sim.physics.dust_room import DustRoom
from sim.physics.hoist import GRAVITY_M_S2, KMH_PER_M_S, Hoist
from sim.physics.runaway import Runaway
from sim.physics.vessel import ATMOSPHERE_PA, Vessel
from sim.physics.wander import Wander

STEP_S = 0.02
NEVER_S = 1e9


def run(model, seconds):
    for _ in range(round(seconds / STEP_S)):
        model.step(STEP_S)
    return model.value


@pytest.mark.parametrize("exponent", [1.0, 1.4])
def test_a_vessel_fills_in_a_straight_line_at_constant_flow(calm, exponent):
    vessel = Vessel(
        calm, volume_m3=0.5, full_load_m3_s=0.1, demand_m3_s=0.0, polytropic=exponent, start_s=0.0
    )
    expected = 600_000 + exponent * ATMOSPHERE_PA * 0.1 / 0.5 * 10.0
    assert run(vessel, 10.0) == pytest.approx(expected, rel=1e-4)


def test_a_vessel_blows_off_as_an_exponential_of_absolute_pressure(calm):
    vessel = Vessel(calm, set_pa=600_000.0, volume_m3=0.5, valve_m3_s_pa=1.6e-7, relief_pa=0.0)
    vessel.value = 1_000_000.0
    vessel.permit(False)
    run(vessel, 0.2)  # the lag
    start_pa = vessel.value + ATMOSPHERE_PA
    expected = start_pa * exp(-ATMOSPHERE_PA * 1.6e-7 * 5.0 / 0.5) - ATMOSPHERE_PA
    assert run(vessel, 5.0) == pytest.approx(expected, rel=1e-3)


def test_a_healthy_vessel_keeps_its_set_point(calm):
    assert run(Vessel(calm, start_s=NEVER_S), 60.0) == pytest.approx(600_000, rel=1e-3)


def test_a_relief_valve_holds_a_vessel_without_a_relay(calm):
    vessel = Vessel(calm, relief_pa=1_100_000.0, valve_m3_s_pa=4e-7, start_s=0.0)
    highest = max(run(vessel, STEP_S) for _ in range(5000))
    assert 1_100_000 <= highest < 1_105_000


def test_a_room_approaches_its_new_level_exponentially(calm):
    room = DustRoom(
        calm,
        quiet_ug_m3=0.0,
        volume_m3=20.0,
        changes_per_h=60.0,
        settling_per_h=12.0,
        outbreak_mg_s=0.4,
        start_s=0.0,
    )
    level = 20.0 / 0.02  # (400 ug/s over 20 m3) over 72 per hour
    assert run(room, 100.0) == pytest.approx(level * (1 - exp(-0.02 * 100.0)), rel=1e-3)


def test_a_quiet_room_stays_as_it_is(calm):
    assert run(DustRoom(calm, quiet_ug_m3=80.0, start_s=NEVER_S), 60.0) == pytest.approx(80.0)


def test_a_hoist_without_brake_falls_as_tanh_towards_its_terminal_speed(calm):
    hoist = Hoist(
        calm, set_kmh=0.0, mass_kg=1000.0, imbalance_kg=100.0, drag_kg_m=10.0, start_s=0.0
    )
    terminal = sqrt(100.0 * GRAVITY_M_S2 / 10.0)
    acceleration = 100.0 * GRAVITY_M_S2 / 1000.0
    expected = terminal * tanh(acceleration * 8.0 / terminal)
    assert run(hoist, 8.0) / KMH_PER_M_S == pytest.approx(expected, rel=1e-2)
    assert run(hoist, 200.0) / KMH_PER_M_S == pytest.approx(terminal, rel=1e-6)


def test_a_hoist_brakes_to_standstill_and_starts_again(calm):
    hoist = Hoist(calm, set_kmh=8.0, start_s=NEVER_S)
    hoist.permit(True)
    hoist.permit(False)
    hoist.permit(True)  # at once: the safety gear still holds until standstill
    assert min(run(hoist, STEP_S) for _ in range(100)) == 0.0
    assert run(hoist, 20.0) == pytest.approx(8.0, abs=0.01)


@pytest.mark.parametrize(
    ("name", "quiet", "limit"),
    [("vessel", 600_000.0, 1_000_000.0), ("dust_room", 80.0, 1000.0), ("hoist", 8.0, 16.0)],
)
def test_what_runs_away_is_stopped_by_the_relay_and_runs_away_again(calm, name, quiet, limit):
    model = physics.build({"physics": name, "start_s": 5.0, "period_s": 120.0}, calm)
    trips = []
    for step in range(round(240 / STEP_S)):
        model.step(STEP_S)
        model.permit(model.value < limit)
        if model.value >= limit and (not trips or step * STEP_S - trips[-1] > 60):
            trips.append(step * STEP_S)
    assert len(trips) == 2
    assert trips[1] - trips[0] == pytest.approx(120, abs=2)
    assert model.value == pytest.approx(quiet, rel=0.02)


@pytest.mark.parametrize("name", ["vessel", "dust_room", "hoist"])
def test_a_machine_whose_node_is_dead_stays_stopped(calm, name):
    model = physics.build({"physics": name, "start_s": 5.0}, calm)
    quiet = model.value
    model.permit(False)
    assert run(model, 300.0) <= quiet * 1.01


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


def test_wandering_has_the_deviation_it_was_given():
    wander = Wander(random.Random(1), 0.05, 2.0)
    seen = []
    for _ in range(200_000):
        wander.step(0.02)
        seen.append(wander.value)
    assert sqrt(sum(x * x for x in seen) / len(seen)) == pytest.approx(0.05, rel=0.1)


def test_every_model_is_listed_and_loads(calm):
    parts = {"__init__", "runaway", "wander"}
    files = {path.stem for path in Path(physics.__path__[0]).glob("*.py")} - parts
    assert files | {"recording"} == set(physics.MODELS)
    for name in sorted(files):
        model = physics.build({"physics": name}, calm)
        model.permit(True)
        assert run(model, 1.0) >= 0.0


def test_a_constant_stays(calm):
    model = Constant(calm, 5.0)
    assert run(model, 10.0) == 5.0
