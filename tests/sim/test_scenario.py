"""Scenario files: every one of ours is whole and holds; a slip has a name; expectations judge."""

from dataclasses import replace
from pathlib import Path

import pytest

from sim import report, run, scenario
from sim.errors import ScenarioError
from sim.expect import MEASURES, Expectation
from sim.record import Happening, Record, Seen
from sim.schema import Table
from tools.node import workshop

ALL = {one.name: one for one in scenario.every()}
CUT_S = 3500.0  # of a week: enough for what it expects
HEAD = 'name = "x"\npurpose = "y"\nseed = 1\nduration_s = 5\n'
NODE = '[[node]]\nprofile = "pressure"\n'
PLANT = '[[plant]]\nnode = "pg-01"\nch = 1\nphysics = "constant"\n'
STEP = '[[step]]\nat_s = 1\nfault = "open_loop"\nnode = "pg-01"\nch = 1\n'
EXPECT = '[[expect]]\nevent = "alarm"\n'


def test_there_are_enough_and_each_says_what_it_is_for():
    assert len(ALL) >= 12
    for name, one in ALL.items():
        assert name == one.path.stem
        assert one.purpose and one.requirements and one.expectations, name


@pytest.mark.timeout(120)
@pytest.mark.parametrize("name", ALL)
def test_every_scenario_holds(name: str, tmp_path: Path):
    one = ALL[name]
    if one.slow:
        one = replace(one, duration_s=CUT_S)
    outcome = run.run_here(one, workshop, tmp_path)
    assert outcome.ok, "\n".join(outcome.failures)


def test_the_same_seed_gives_the_same_trace_and_another_seed_another(tmp_path: Path):
    one = replace(ALL["loss_reorder"], duration_s=30.0, expectations=())
    traces = []
    for number, seed in enumerate((1, 1, 2)):
        place = tmp_path / str(number)
        place.mkdir()
        outcome = run.run_here(one, workshop, place, seed)
        traces.append((outcome.trace_sha256, outcome.trace.read_bytes()))
    assert traces[0] == traces[1]
    assert traces[0][0] != traces[2][0]


def test_a_failure_explains_itself_and_the_report_shows_it(tmp_path: Path):
    wanted = Expectation("event", "alarm", "pg-01", at="HH", after_s=2, within_s=3)
    one = replace(ALL["bench"], duration_s=6, expectations=(wanted,))
    outcome = run.run_here(one, workshop, tmp_path)
    (text,) = outcome.failures
    for part in (
        "expected: alarm HH of pg-01 from 2 s within 3 s",
        "waited 3 s from 2 s on",
        "relay closed",
        "console of pg-01",
        "again: tocsin sim run bench --seed 1",
    ):
        assert part in text
    page = report.write(outcome, tmp_path / "report").read_text()
    assert ">FAIL<" in page and "waited 3 s" in page and "<svg" in page
    assert "http://" not in page and "https://" not in page and "<script" not in page


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (HEAD + NODE + PLANT + "[[stpe]]\n", "stpe: 'stpe' is unknown; did you mean step"),
        (HEAD + 'clock = "jmp"\n' + PLANT, "clock: 'jmp' is unknown; did you mean jump"),
        (HEAD + "slow = 1\n" + PLANT, "slow: must be true or false"),
        (HEAD + '[[node]]\nprofil = "x"\n' + PLANT, r"node\[0\].profil: .*did you mean profile"),
        (HEAD + PLANT + STEP.replace("open_loop", "open_lop"), "did you mean open_loop"),
        (HEAD + PLANT + STEP + "ohm = 3\n", r"step\[0\].ohm: 'ohm' is unknown"),
        (HEAD + PLANT + STEP + "until_s = 1\n", "until_s: must be after at_s"),
        (HEAD + PLANT + STEP + 'do = "press"\n', "either do or fault"),
        (HEAD + PLANT + '[[step]]\nat_s = 1\ndo = "press"\n', "node: must be there"),
        (HEAD + PLANT + '[[step]]\nat_s = 1\nfault = "loss"\n', "share: must be there"),
        (HEAD + PLANT + '[[step]]\nat_s = -1\nfault = "partition"\n', "must not be below 0"),
        (HEAD + PLANT + EXPECT.replace("alarm", "alrm"), "did you mean alarm"),
        (HEAD + PLANT + EXPECT + 'at = "HHH"\n', "at: 'HHH' is unknown; did you mean HH"),
        (HEAD + PLANT + EXPECT + 'state = "ACKD"\n', "did you mean ACKED"),
        (HEAD + PLANT + EXPECT + "relay = 0\n", "expects one of"),
        (HEAD + PLANT + '[[expect]]\nmeasure = "lead_s"\n', "needs at_least or at_most"),
        (HEAD + PLANT + '[[expect]]\nmeasure = "led_s"\nat_most = 1\n', "did you mean lead_s"),
    ],
)
def test_a_slip_has_a_name(tmp_path: Path, text: str, says: str):
    path = tmp_path / "mine.toml"
    path.write_text(text)
    with pytest.raises(ScenarioError, match=rf"mine\.toml: .*{says}"):
        scenario.load(path)


def test_an_unknown_scenario_names_the_nearest():
    with pytest.raises(ScenarioError, match="did you mean runaway"):
        scenario.named("runway")


def record(*happenings: Happening, now_s: float = 60.0) -> Record:
    found = Record()
    found.now_s = now_s
    for one in happenings:
        found.add(one)
    return found


def alarm(at_s: float, at: str = "HH", state: str = "UNACK") -> Happening:
    return Happening(at_s, "alarm", "n", f"{at} {state}", 1, at, state)


def expect(**content: object) -> Expectation:
    return Expectation.read(Table(Path("x.toml"), "expect[0].", content))


@pytest.mark.parametrize(
    ("wanted", "ok"),
    [
        ({"event": "alarm"}, True),
        ({"event": "alarm", "at": "LL"}, False),
        ({"event": "alarm", "state": "ACKED"}, True),
        ({"event": "alarm", "count": 2}, True),
        ({"event": "alarm", "count": 1}, False),
        ({"event": "alarm", "at_most": 2}, True),
        ({"event": "alarm", "after_s": 20, "within_s": 5}, False),
        ({"event": "alarm", "after_s": 28, "within_s": 5, "count": 1}, True),
        ({"event": "alarm", "node": "m", "count": 0}, True),
        ({"event": "fault", "count": 0}, True),
        ({"relay": 0, "within_s": 11}, True),
        ({"relay": 1}, False),
    ],
)
def test_events_are_judged_by_kind_place_time_and_count(wanted: dict[str, object], ok: bool):
    happened = record(
        alarm(10.0),
        alarm(12.0, state="ACKED"),
        alarm(30.0),
        Happening(10.1, "relay", "n", "relay released", level=0),
    )
    assert expect(**wanted).judge(happened).ok is ok


@pytest.mark.parametrize(
    ("wanted", "ok"),
    [
        ({"lost": 0}, False),
        ({"lost": 3}, True),
        ({"measure": "lead_s", "at_least": 4}, True),
        ({"measure": "lead_s", "at_least": 5}, False),
        ({"measure": "lead_s", "at_least": 5, "node": "m"}, True),
        ({"measure": "relay_ms", "at_most": 250}, False),  # nothing to measure is no success
        ({"measure": "missed_alarms", "at_most": 0}, True),
    ],
)
def test_measures_are_held_against_their_limits(wanted: dict[str, object], ok: bool):
    figures = {"lost": [("n", None, 3)], "lead_s": [("n", 1, 4.5), ("m", 1, 6.0)]}
    assert expect(**wanted).judge(record(), figures).ok is ok


def test_every_measure_says_what_it_is():
    assert all(purpose for _, purpose, _ in MEASURES.values())


def test_an_event_that_was_overtaken_is_still_new():
    seen = Seen()
    new = [number for number in (1, 4, 2, 4, 3, 1, 5) if seen.add(number)]
    assert new == [1, 4, 2, 3, 5]
    assert seen.upto == 5
