"""Pressure models, each against a case that has an answer on paper."""

from itertools import pairwise
from math import atanh, exp, log, sqrt

import pytest

from sim.physics.compressor import Compressor
from sim.physics.hammer import WATER_KG_M3, Hammer
from sim.physics.leak import Leak
from sim.physics.parts.gas import ATMOSPHERE_PA
from sim.physics.pipe import Pipe
from sim.physics.relief import Relief
from sim.physics.vessel import Vessel

NEVER_S = 1e9


def run(model, seconds, step_s=0.02):
    for _ in range(round(seconds / step_s)):
        model.step(step_s)
    return model.value


def trace(model, seconds, step_s=0.02):
    return [run(model, step_s, step_s) for _ in range(round(seconds / step_s))]


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
    assert 1_100_000 <= max(trace(vessel, 100.0)) < 1_105_000


def test_a_stuck_valve_lets_a_vessel_run_away_even_from_the_relay(calm):
    vessel = Vessel(calm, relief_pa=1_100_000.0, valve="shut", start_s=0.0)
    assert max(trace(vessel, 60.0)) > 1_500_000
    vessel.permit(False)
    before = vessel.value
    assert run(vessel, 60.0) == pytest.approx(before, rel=0.01)
    vessel.valve = "works"
    assert run(vessel, 60.0) == pytest.approx(600_000, rel=1e-3)


def test_a_hole_that_opens_in_a_vessel_is_fed_by_its_controller_until_it_is_too_large(calm):
    vessel = Vessel(calm, start_s=NEVER_S)
    vessel.hole_mm2 = 20.0
    assert 580_000 < run(vessel, 60.0) < 600_000
    vessel.hole_mm2 = 500.0
    assert run(vessel, 60.0) < 300_000


def test_a_compressor_saws_between_the_pressures_of_its_switch(calm):
    values = trace(Compressor(calm, start_s=NEVER_S), 120.0)
    assert min(values) == pytest.approx(550_000, abs=4000)
    assert max(values) == pytest.approx(650_000, abs=4000)


def test_an_idle_compressor_is_emptied_as_the_consumers_conductance_says(calm):
    """Both pressures choked: t = V / (C p_atm) ln(p1 / p2) between the two."""
    compressor = Compressor(calm, start_s=NEVER_S)
    values = trace(compressor, 120.0, 0.01)
    top = max(range(len(values)), key=values.__getitem__)
    bottom = next(at for at in range(top, len(values)) if values[at] <= 560_000)
    conductance = 0.03 / (550_000 + ATMOSPHERE_PA)
    start_pa, end_pa = values[top] + ATMOSPHERE_PA, 560_000 + ATMOSPHERE_PA
    expected = 0.3 / (conductance * ATMOSPHERE_PA) * log(start_pa / end_pa)
    assert (bottom - top) * 0.01 == pytest.approx(expected, abs=0.05)


def test_a_compressor_ripples_with_its_revolutions(calm):
    compressor = Compressor(calm, demand_m3_s=0.0, cut_out_pa=1e9, relief_pa=1e9, start_s=NEVER_S)
    values = trace(compressor, 1.0, 0.002)
    bends = [c - 2 * b + a for a, b, c in zip(values, values[1:], values[2:], strict=False)]
    rising = sum(1 for a, b in pairwise(bends) if a <= 0 < b)
    assert rising == pytest.approx(12, abs=1)


def test_a_stuck_compressor_rises_to_where_its_delivery_is_drawn(calm):
    """Without a safety valve: eta(p) f V_s = C p_abs."""
    compressor = Compressor(calm, valve="shut", start_s=0.0, demand_m3_s=0.08)
    run(compressor, 600.0)
    absolute_pa = sum(trace(compressor, 10.0)) / 500 + ATMOSPHERE_PA
    delivered = 0.12 * (1 - 0.04 * ((absolute_pa / ATMOSPHERE_PA) ** (1 / 1.3) - 1))
    drawn = 0.08 * absolute_pa / (550_000 + ATMOSPHERE_PA)
    assert delivered == pytest.approx(drawn, rel=0.01)


def test_a_blocked_vessel_saws_between_set_pressure_and_blowdown(calm):
    relief = Relief(calm, start_s=0.0)
    run(relief, 60.0)
    values = trace(relief, 60.0, 0.01)
    assert max(values) == pytest.approx(900_000, abs=1500)
    assert min(values) == pytest.approx(810_000, abs=1500)
    peaks = [
        at * 0.01
        for at, (a, b, c) in enumerate(zip(values, values[1:], values[2:], strict=False))
        if a < b >= c and b > 890_000
    ]
    # fills in a straight line, empties towards feed / conductance
    fill_s = 0.5 * 90_000 / (ATMOSPHERE_PA * 0.1)
    rest = 0.1 / 4e-7
    from_pa, to_pa = (one + ATMOSPHERE_PA - rest for one in (900_000, 810_000))
    empty_s = 0.5 / (ATMOSPHERE_PA * 4e-7) * log(from_pa / to_pa)
    periods = [b - a for a, b in pairwise(peaks)]
    assert sum(periods) / len(periods) == pytest.approx(fill_s + empty_s, rel=0.02)


def test_a_valve_stuck_shut_does_not_protect_and_one_stuck_open_does_not_hold(calm):
    assert run(Relief(calm, valve="shut", start_s=0.0), 60.0) > 1_500_000
    assert run(Relief(calm, valve="open", start_s=NEVER_S), 60.0) < 200_000


def test_a_choked_leak_falls_as_an_exponential_of_absolute_pressure(calm):
    leak = Leak(calm, full_pa=800_000.0, volume_m3=0.2, hole_mm2=20.0, start_s=0.0)
    tau_s = 0.2 / (0.8 * 20e-6 * 198.6)
    expected = (800_000 + ATMOSPHERE_PA) * exp(-60.0 / tau_s) - ATMOSPHERE_PA
    assert expected > 92_000  # choked to the end
    assert run(leak, 60.0) == pytest.approx(expected, rel=1e-3)


def test_a_subsonic_leak_ends_in_finite_time_at_no_pressure(calm):
    """Nearly incompressible: sqrt(p) falls in a straight line."""
    leak = Leak(calm, full_pa=4000.0, volume_m3=0.2, hole_mm2=20.0, start_s=0.0)
    rho = ATMOSPHERE_PA / (287.05 * 293.15)
    fall = ATMOSPHERE_PA * 0.8 * 20e-6 * sqrt(2 / rho) / 0.2 / 2  # d sqrt(p) / dt
    expected = (sqrt(4000.0) - fall * 2.0) ** 2
    assert run(leak, 2.0) == pytest.approx(expected, rel=0.03)
    assert run(leak, 60.0) == pytest.approx(0.0, abs=1.0)


def test_a_tight_vessel_only_breathes(calm):
    assert run(Leak(calm, start_s=NEVER_S), 600.0) == pytest.approx(800_000)


def test_a_plug_drives_a_pump_to_its_shut_off_pressure(calm):
    pipe = Pipe(calm, start_s=0.0)
    values = trace(pipe, 120.0)
    assert values == sorted(values)
    assert values[-1] == pytest.approx(1_200_000, rel=1e-3)
    assert pipe.flow_m3_s < 0.001


def test_a_half_open_pipe_is_where_pump_and_orifice_agree(calm):
    """Slowly plugged: p = p_0 - a Q^2, p = K Q^2 / s^2; s = exp(-t / plug_s)."""
    pipe = Pipe(calm, plug_s=10_000.0, start_s=0.0)
    run(pipe, 7000.0, 0.5)
    share = exp(-7000.0 / 10_000.0)
    assert pipe.flow_m3_s == pytest.approx(0.02 * sqrt(2 / (1 + 1 / share**2)), rel=1e-3)


def test_water_starts_to_flow_as_tanh(calm):
    """I dQ/dt = p_0 - R Q^2 reaches half its end value at I atanh(1/2) / sqrt(p_0 R)."""
    pipe = Pipe(calm, start_s=NEVER_S, length_m=2000.0)
    pipe.flow_m3_s = 0.0
    resistance = 1_200_000 / 0.02**2
    inertia = 998 * 2000 / (3.14159 / 4 * 0.1**2)
    half_s = inertia * atanh(0.5) / sqrt(1_200_000 * resistance)
    run(pipe, half_s, half_s / 100)
    assert pipe.flow_m3_s == pytest.approx(0.01, rel=1e-4)


def test_a_stopped_pump_has_no_pressure_and_starts_again(calm):
    pipe = Pipe(calm, start_s=0.0)
    run(pipe, 60.0)
    pipe.permit(False)
    assert run(pipe, 20.0) < 10_000
    pipe.permit(True)
    assert run(pipe, 30.0) == pytest.approx(600_000, rel=1e-3)


def rigid(calm, **parameters):
    """Frictionless pipe whose valve shuts at once."""
    defaults = {"friction": 0.0, "closing_s": 0.001, "start_s": 1.0, "reservoir_pa": 600_000.0}
    return Hammer(calm, **{**defaults, **parameters})


def test_a_valve_that_shuts_at_once_sees_the_joukowsky_rise(calm):
    values = trace(rigid(calm, speed_m_s=0.4, wave_m_s=1200.0), 10.0, 0.01)
    rise = WATER_KG_M3 * 1200.0 * 0.4
    assert max(values) - 600_000 == pytest.approx(rise, rel=1e-6)
    assert min(values) == pytest.approx(600_000 - rise, rel=1e-6)


def test_water_without_friction_swings_on_for_ever_with_four_transit_times(calm):
    hammer = rigid(calm, speed_m_s=0.3, length_m=600.0, wave_m_s=1200.0)
    values = trace(hammer, 101.0, 0.01)
    rise = WATER_KG_M3 * 1200.0 * 0.3
    late = values[-1000:]
    assert max(late) - 600_000 == pytest.approx(rise, rel=1e-3)
    assert 600_000 - min(late) == pytest.approx(rise, rel=1e-3)
    ups = sum(1 for a, b in pairwise(values[200:]) if a < 600_000 <= b)
    assert ups == pytest.approx(99 / (4 * 600 / 1200), abs=1)


def test_friction_damps_the_swing(calm):
    values = trace(Hammer(calm, start_s=1.0, friction=0.04), 60.0, 0.01)
    early, late = (max(values[a:b]) - min(values[a:b]) for a, b in ((100, 400), (-300, None)))
    assert late < 0.7 * early


def test_a_valve_that_shuts_slowly_raises_the_pressure_less(calm):
    """Michaud: about 2 rho L v / T; a uniform closure of an orifice stays within twice that."""
    values = trace(rigid(calm, closing_s=20.0), 30.0, 0.01)
    michaud = 2 * WATER_KG_M3 * 600.0 * 0.4 / 20.0
    assert 0.5 * michaud < max(values) - 600_000 < 2 * michaud


def test_water_that_nobody_stops_flows_on(calm):
    assert run(Hammer(calm, start_s=NEVER_S), 60.0) == pytest.approx(590_419, rel=1e-3)


def test_water_flows_again_when_the_relay_opens_the_valve(calm):
    hammer = Hammer(calm, start_s=1.0)
    quiet = hammer.value
    run(hammer, 5.0)
    hammer.permit(False)
    assert run(hammer, 90.0) == pytest.approx(quiet, rel=0.01)
