"""Dust models against answers on paper; no mass is lost."""

import random
from math import exp

import pytest

from sim.physics.cloud import Cloud
from sim.physics.dust_room import DustRoom
from sim.physics.liftoff import Liftoff
from sim.physics.workshop import Workshop

NEVER_S = 1e9


def run(model, seconds, step_s=0.02):
    for _ in range(round(seconds / step_s)):
        model.step(step_s)
    return model.value


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


def test_a_workshop_of_steady_sources_stands_at_their_sum_over_the_loss(calm):
    shop = Workshop(calm, sources_mg_s=(0.3, 0.2), duty=1.0, settling_per_h=0.0, start_s=NEVER_S)
    start = shop.value
    assert start == pytest.approx(500.0 / shop.filter.flow_m3_s)
    assert run(shop, 600.0, 0.1) == pytest.approx(start, rel=2e-2)


def test_a_workshop_swings_about_its_mean_as_its_sources_come_and_go():
    shop = Workshop(random.Random(2), start_s=NEVER_S)
    mean = shop.value
    seen = [run(shop, 10.0, 1.0) for _ in range(2000)]
    assert sum(seen) / len(seen) == pytest.approx(mean, rel=0.03)
    assert max(seen) > 1.2 * mean > 0.8 * mean > min(seen)


def test_a_filter_weakens_the_extraction_for_weeks_until_it_is_shaken(calm):
    """Six weeks in an hour: a thousandth of the area, drags that give the same pressures."""
    shop = Workshop(
        calm,
        duty=1.0,
        settling_per_h=0.0,
        volume_m3=10.0,
        filter_m2=0.02,
        clean_pa_s_m=5.0,
        cake_pa_s_m_per_g_m2=0.3,
        start_s=NEVER_S,
    )
    fresh, flow = shop.value, shop.filter.flow_m3_s
    tired = run(shop, 3600.0, 1.0)
    assert shop.filter.flow_m3_s < 0.5 * flow
    # C follows S / Q, about a time constant V / Q late
    assert tired == pytest.approx(fresh * flow / shop.filter.flow_m3_s, rel=0.05)
    shop.filter.loaded_g_m2 = 0.0
    assert run(shop, 600.0, 1.0) < 0.7 * tired


def test_a_filter_catches_what_the_sources_gave(calm):
    shop = Workshop(calm, duty=1.0, settling_per_h=0.0, sources_mg_s=(1.0,), start_s=NEVER_S)
    before_ug = shop.value * 200.0
    run(shop, 1000.0, 0.5)
    given_ug = 1000.0 * 1000.0
    caught_ug = 1e6 * 20.0 * shop.filter.loaded_g_m2
    assert before_ug + given_ug == pytest.approx(caught_ug + shop.value * 200.0, rel=1e-9)


def test_a_blast_lifts_its_share_of_the_layer(calm):
    room = Liftoff(calm, quiet_ug_m3=0.0, changes_per_h=0.0, settling_per_h=0.0, start_s=1.0)
    run(room, 60.0)
    assert room.air_g == pytest.approx(0.001 * 200.0, rel=1e-6)
    assert room.value == pytest.approx(1e6 * 0.2 / 60.0, rel=1e-6)
    assert room.layer_g == pytest.approx(199.8, rel=1e-6)


def test_each_blast_lifts_a_share_of_what_is_left(calm):
    room = Liftoff(
        calm, quiet_ug_m3=0.0, changes_per_h=0.0, settling_per_h=0.0, share=0.5, period_s=60.0
    )
    run(room, 290.0)  # at 60, 120, 180, 240 s
    assert room.layer_g == pytest.approx(200.0 / 16, rel=1e-6)


def test_dust_only_moves_between_layer_air_and_extraction(calm):
    room = Liftoff(calm, quiet_ug_m3=0.0, period_s=100.0, share=0.1)
    for second in range(600):
        run(room, 1.0, 0.1)
        room.permit(second % 150 < 100)
        assert room.layer_g + room.air_g + room.drawn_g == pytest.approx(200.0, rel=1e-9)
    assert room.drawn_g > 1.0


def test_a_clean_floor_gives_nothing_to_lift(calm):
    room = Liftoff(calm, layer_g_m2=0.0, start_s=1.0)
    assert run(room, 60.0) == pytest.approx(80.0, rel=0.01)


def test_a_healthy_duct_stays_far_below_what_explodes(calm):
    duct = Cloud(calm, start_s=NEVER_S)
    assert run(duct, 60.0) == pytest.approx(3e6, rel=1e-3)
    assert not duct.explosive


def test_a_duct_without_air_fills_in_a_straight_line_until_it_is_explosive(calm):
    """dC/dt = F / V: from 3 to 30 g/m3 at 0.9 g/m3/s."""
    duct = Cloud(calm, fan_s=1e-3, start_s=0.0)
    seconds = 0.0
    while not duct.explosive:
        duct.step(0.01)
        seconds += 0.01
    assert seconds == pytest.approx(27.0 / 0.9, abs=0.1)
    assert duct.value == pytest.approx(30e6, rel=0.01)


def test_another_dust_explodes_at_another_concentration(calm):
    thick, thin = Cloud(calm, mec_g_m3=60.0, start_s=0.0), Cloud(calm, start_s=0.0)
    run(thick, 40.0)
    run(thin, 40.0)
    assert (thick.explosive, thin.explosive) == (False, True)


def test_a_shut_feed_sweeps_the_duct(calm):
    duct = Cloud(calm, start_s=0.0)
    full = run(duct, 40.0)
    duct.permit(False)
    run(duct, 0.5)
    left = duct.value
    assert left > full
    assert run(duct, 10.0) == pytest.approx(left * exp(-0.6 / 2.0 * 10.0), rel=0.01)
