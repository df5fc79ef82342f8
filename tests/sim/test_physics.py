"""What every model promises: steps of any length, a seed that says it all, a relay that helps."""

import random
from math import isfinite
from pathlib import Path
from time import perf_counter

import pytest

from sim import physics
from sim.physics.constant import Constant

STEP_S = 0.02

FILES = {path.stem for path in Path(physics.__path__[0]).glob("*.py")}
NAMES = sorted(FILES - {"__init__", "__main__"})
MACHINES = sorted(set(NAMES) - {"constant"})
CYCLE = {"start_s": 5.0, "period_s": 120.0}

# what runs away upwards or downwards, and the limit at which the relay releases
LIMITS = {
    "cloud": 15e6,
    "compressor": 1_000_000.0,
    "conveyor": 2.0,
    "dust_room": 1000.0,
    "hoist": 16.0,
    "liftoff": 1000.0,
    "pipe": 1_000_000.0,
    "relief": 850_000.0,
    "vessel": 1_000_000.0,
    "workshop": 1000.0,
}
LOW_LIMITS = {"leak": 500_000.0}
MORE = {"conveyor": {"at": "slip"}}  # a belt that stands still would look like a slipping one


def run(model, seconds, step_s=STEP_S):
    for _ in range(round(seconds / step_s)):
        model.step(step_s)
    return model.value


def test_every_file_is_a_listed_model():
    assert {*NAMES, "recording"} == set(physics.MODELS)


@pytest.mark.parametrize("name", NAMES)
def test_a_model_needs_no_parameters_and_has_one_word(calm, name):
    model = physics.build({"physics": name}, calm)
    model.permit(True)
    assert run(model, 1.0) >= 0.0
    assert name == "constant" or model.QUANTITY in ("pressure", "dust", "speed")


@pytest.mark.parametrize("name", MACHINES)
def test_a_model_says_where_its_equations_come_from(name):
    text = physics.load(name).__doc__
    module = physics.load(name).__module__
    source = Path(physics.__path__[0], f"{module.rpartition('.')[2]}.py").read_text()
    assert len(source.splitlines()) < 120
    assert "(" in text and ("`parts." in text or any(year in text for year in ("19", "20", "ed.")))


@pytest.mark.parametrize("name", MACHINES)
@pytest.mark.parametrize("step_s", [0.001, 0.25, 1.0])
def test_the_length_of_a_step_changes_nothing(name, step_s):
    """Noise included: one seed gives one curve. The fault comes at 5 s."""
    one, other = (physics.build({"physics": name, **CYCLE}, random.Random(3)) for _ in range(2))
    quiet, seen, differences = one.value, [], []
    for second in range(1, 41):
        seen.append(run(one, 1.0))
        differences.append(abs(run(other, 1.0, step_s) - seen[-1]))
        if second == 25:
            one.permit(False)
            other.permit(False)
    swing = max(max(seen) - min(seen), 0.01 * abs(quiet))
    differences.sort()
    assert differences[-2] < 0.01 * swing  # one may fall on an edge that is one step wide


@pytest.mark.parametrize("name", MACHINES)
def test_the_same_seed_gives_the_same_values_and_another_seed_others(name):
    def values(seed):
        model = physics.build({"physics": name, **CYCLE}, random.Random(seed))
        return [run(model, 1.0) for _ in range(30)]

    assert values(1) == values(1) != values(2)


@pytest.mark.parametrize("name", sorted({*LIMITS, *LOW_LIMITS}))
def test_what_runs_away_is_stopped_by_the_relay_and_runs_away_again(calm, name):
    cfg = {"physics": name, "start_s": 5.0, "period_s": 1500.0, **MORE.get(name, {})}
    model = physics.build(cfg, calm)
    quiet = model.value
    trips = []
    for step in range(round(2990 / 0.1)):
        model.step(0.1)
        safe = model.value < LIMITS[name] if name in LIMITS else model.value > LOW_LIMITS[name]
        model.permit(safe)
        if not safe and (not trips or step * 0.1 - trips[-1] > 1000):
            trips.append(step * 0.1)
    assert len(trips) == 2
    assert trips[1] - trips[0] == pytest.approx(1500, abs=30)
    band = {"compressor": 0.2, "workshop": 0.6}.get(name, 0.02)  # these two never stand still
    assert model.value == pytest.approx(quiet, rel=band, abs=0.01)


@pytest.mark.parametrize("name", sorted(LIMITS))
def test_a_machine_whose_node_is_dead_stays_stopped(calm, name):
    model = physics.build({"physics": name, "start_s": 5.0}, calm)
    run(model, 0.1)
    quiet = model.value
    model.permit(False)
    assert run(model, 300.0) <= quiet * 1.01


@pytest.mark.parametrize("name", MACHINES)
def test_two_hours_unattended_stay_finite_and_never_negative(name):
    """With the relay cycling at random."""
    noise = random.Random(9)
    model = physics.build({"physics": name, "start_s": 5.0, "period_s": 50.0}, random.Random(1))
    for _ in range(7200):
        model.step(1.0)
        model.permit(noise.random() < 0.9)
        assert isfinite(model.value)
        assert model.value >= (-100_000.0 if name == "hammer" else 0.0)


def test_a_constant_stays(calm):
    model = Constant(calm, 5.0)
    assert run(model, 10.0) == 5.0


@pytest.mark.alone
@pytest.mark.parametrize("name", MACHINES)
def test_a_step_costs_microseconds(name):
    model = physics.build({"physics": name, **CYCLE}, random.Random(1))
    started_s = perf_counter()
    run(model, 100.0)
    assert (perf_counter() - started_s) / 5000 < 30e-6  # measured: 0.1 to 4
