"""Speed models against answers on paper."""

import random
from math import exp, log, pi, sqrt, tanh

import pytest

from sim.errors import ScenarioError
from sim.physics.conveyor import Conveyor
from sim.physics.hoist import GRAVITY_M_S2, KMH_PER_M_S, Hoist
from sim.physics.road import Road

NEVER_S = 1e9


def run(model, seconds, step_s=0.02):
    for _ in range(round(seconds / step_s)):
        model.step(step_s)
    return model.value


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
    assert min(run(hoist, 0.02) for _ in range(100)) == 0.0
    assert run(hoist, 20.0) == pytest.approx(8.0, abs=0.01)


def test_a_dry_belt_runs_with_its_drum(calm):
    conveyor = Conveyor(calm, start_s=NEVER_S)
    run(conveyor, 60.0)
    assert conveyor.belt_m_s == conveyor.drum_m_s == pytest.approx(8.0 / 3.6)
    assert conveyor.grip_n == pytest.approx(6000 * (exp(0.35 * 210 * pi / 180) - 1))


def test_a_wet_belt_slips_when_its_grip_falls_below_the_load(calm):
    """mu falls as a straight line; the belt slips from F(mu) = pull on."""
    conveyor = Conveyor(calm, start_s=0.0, at="slip")
    critical = log(12_000 / 6_000 + 1) / (210 * pi / 180)
    expected_s = 20.0 * (0.35 - critical) / (0.35 - 0.22)
    seconds = 0.0
    while conveyor.value <= 1e-9:
        conveyor.step(0.01)
        seconds += 0.01
    assert seconds == pytest.approx(expected_s, abs=0.05)


def test_a_slipping_belt_slows_as_its_missing_grip_says(calm):
    conveyor = Conveyor(calm, start_s=0.0, soak_s=0.01, wet_mu=0.22)
    run(conveyor, 0.1)
    before = conveyor.belt_m_s
    run(conveyor, 1.0)
    force = 6000 * (exp(0.22 * 210 * pi / 180) - 1) - 12_000
    assert conveyor.belt_m_s - before == pytest.approx(force / 4000, rel=1e-6)
    assert conveyor.drum_m_s == pytest.approx(8.0 / 3.6)


def test_belt_drum_and_slip_are_three_views_of_one_conveyor(calm):
    views = {at: Conveyor(calm, at=at, start_s=0.0) for at in ("belt", "drum", "slip")}
    seen = {at: run(view, 12.0) for at, view in views.items()}
    assert 0 < seen["belt"] < seen["drum"]
    assert seen["slip"] == pytest.approx(seen["drum"] - seen["belt"])
    with pytest.raises(ScenarioError, match="choose from belt, drum, slip"):
        Conveyor(calm, at="belts")


def test_a_stopped_conveyor_starts_again_without_slip(calm):
    conveyor = Conveyor(calm, start_s=0.0)
    run(conveyor, 30.0)
    conveyor.permit(False)
    assert run(conveyor, 10.0) == 0.0
    conveyor.permit(True)
    assert run(conveyor, 20.0) == pytest.approx(8.0)
    assert conveyor.belt_m_s == conveyor.drum_m_s


def road(**parameters):
    return Road(random.Random(4), **{"start_s": NEVER_S, **parameters})


def test_the_beam_is_empty_as_often_as_a_queue_without_waiting(calm):
    """P(empty) = exp(-rate x beam / speed), number in it Poisson: M/G/inf."""
    one = road(vehicles_per_h=600.0, mean_kmh=12.0, sd_kmh=0.01, beam_m=15.0)
    counts = []
    for _ in range(400_000):
        one.step(0.5)
        counts.append(len(one.speeds_kmh))
    mean = 600 / 3600 * 15.0 / (12.0 / 3.6)
    assert counts.count(0) / len(counts) == pytest.approx(exp(-mean), rel=0.02)
    assert sum(counts) / len(counts) == pytest.approx(mean, rel=0.02)
    assert counts.count(2) / len(counts) == pytest.approx(exp(-mean) * mean**2 / 2, rel=0.05)


def test_vehicles_have_the_speeds_they_were_given():
    one = road(vehicles_per_h=60.0, beam_m=1.0, mean_kmh=12.0, sd_kmh=1.0)
    seen = set()
    for _ in range(1_000_000):
        one.step(0.1)
        seen.update(one.speeds_kmh)
    mean = sum(seen) / len(seen)
    assert len(seen) == pytest.approx(60 * 100_000 / 3600, rel=0.1)
    assert mean == pytest.approx(12.0, abs=0.1)
    assert sqrt(sum((x - mean) ** 2 for x in seen) / len(seen)) == pytest.approx(1.0, rel=0.1)


def test_the_fastest_of_two_vehicles_is_what_the_meter_reads():
    one = road(vehicles_per_h=1800.0)
    while len(one.speeds_kmh) < 2:
        one.step(0.1)
    assert one.value == max(one.speeds_kmh) > min(one.speeds_kmh)


def test_a_burst_is_too_fast_and_over_in_time():
    one = road(vehicles_per_h=1800.0, start_s=60.0, burst_s=30.0, period_s=NEVER_S)
    seconds = [max(run(one, 0.1) for _ in range(10)) for _ in range(180)]
    assert max(seconds[:60]) < 16.0 < max(seconds[62:90])
    assert max(seconds[95:]) < 16.0


def test_a_red_signal_empties_the_road_and_green_fills_it():
    one = road(vehicles_per_h=1800.0)
    run(one, 60.0)
    one.permit(False)
    run(one, 20.0)
    assert all(run(one, 1.0) == 0.0 for _ in range(60))
    one.permit(True)
    assert max(run(one, 1.0) for _ in range(60)) > 8.0


def test_an_empty_road_reads_nothing():
    assert run(road(vehicles_per_h=0.0), 100.0) == 0.0
