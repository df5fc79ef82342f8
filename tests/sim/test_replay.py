"""Recordings as physics: units, gaps, ends; files that cannot be used say why."""

import random
from pathlib import Path

import pytest

from sim import physics, replay
from sim.errors import ScenarioError
from sim.replay import Recording

NOISE = random.Random(1)


@pytest.fixture
def write(tmp_path: Path):
    def make(name: str, text: str) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    return make


def series(model, times_s):
    seen, now_s = [], 0.0
    for time_s in times_s:
        model.step(time_s - now_s)
        now_s = time_s
        seen.append(model.value)
    return seen


def test_values_are_linear_between_rows_and_stand_still_outside(write):
    path = write("a.csv", "t_s,level_pa\n10,100\n12,300\n13,200\n")
    model = Recording(NOISE, str(path))
    assert series(model, (0, 1, 2, 2.5, 3, 99)) == [100, 200, 300, 250, 200, 200]
    assert model.duration_s == 3


@pytest.mark.parametrize(
    ("column", "wire", "quantity"),
    [
        ("p_bar", 100_000.0, "pressure"),
        ("p_mpa", 1_000_000.0, "pressure"),
        ("p_kpa", 1_000.0, "pressure"),
        ("p_hpa", 100.0, "pressure"),
        ("p_pa", 1.0, "pressure"),
        ("pm10_ugm3", 1.0, "dust"),
        ("v_kmh", 1.0, "speed"),
        ("v_mph", 1.609344, "speed"),
    ],
)
def test_the_suffix_of_a_column_is_its_unit(write, column, wire, quantity):
    path = write("a.csv", f"t_s,{column}\n0,1\n1,1\n")
    assert Recording(NOISE, str(path)).value == pytest.approx(wire)
    assert replay.columns(path)[0].quantity == quantity


def test_empty_cells_and_repeated_times_are_passed_over(write):
    path = write("a.csv", "t_s,p_pa\n0,\n1,10\n2,\n2,20\n2,99\n3,30\n")
    assert series(Recording(NOISE, str(path)), (0, 1, 2)) == [10, 20, 30]


def test_a_column_can_be_named(write):
    path = write("a.csv", "t_s,pm25_ugm3,pm10_ugm3\n0,1,2\n1,1,2\n")
    assert Recording(NOISE, str(path)).value == 1
    assert Recording(NOISE, str(path), "pm10_ugm3").value == 2
    assert physics.build({"physics": "recording", "file": str(path)}, NOISE).value == 1


def test_the_relay_cannot_stop_the_past(write):
    model = Recording(NOISE, str(write("a.csv", "t_s,p_pa\n0,0\n10,10\n")))
    model.permit(False)
    model.step(5.0)
    assert model.value == 5


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("t_s,p_psi\n0,1\n", "needs t_s and one that ends in _pa"),
        ("time,p_bar\n0,1\n", "needs t_s"),
        ("", "needs t_s"),
        ("t_s,p_bar\n0,high\n", r":2: p_bar: could not convert"),
        ("t_s,p_bar\nx,1\n", ":2: p_bar"),
        ("t_s,p_bar\n", "no values"),
    ],
)
def test_a_file_that_cannot_be_used_says_why(write, text, says):
    with pytest.raises(ScenarioError, match=says):
        Recording(NOISE, str(write("a.csv", text)))


def test_an_unknown_column_names_those_there_are(write):
    path = write("a.csv", "t_s,a_bar,b_bar\n0,1,2\n")
    with pytest.raises(ScenarioError, match="no column c_bar: it has a_bar, b_bar"):
        Recording(NOISE, str(path), "c_bar")


def test_recordings_are_found_by_quantity(write, tmp_path):
    write("b/dust.csv", "t_s,pm25_ugm3,pm10_ugm3\n0,1,2\n")
    write("a/other.csv", "t_s,note\n0,x\n")
    path, column = replay.find(tmp_path, "dust", "pm10")
    assert (path.name, column.name) == ("dust.csv", "pm10_ugm3")
    assert replay.find(tmp_path, "dust")[1].name == "pm25_ugm3"
    assert replay.find(tmp_path, "speed") is None


@pytest.mark.parametrize(
    ("folder", "quantity", "low", "high"),
    [
        ("pressure_leak", "pressure", 100_000, 1_000_000),
        ("dust_room", "dust", 0, 20_000),
        ("speed_obd", "speed", 0, 200),
    ],
)
def test_field_data_replays_where_it_is_there(folder, quantity, low, high):
    data = Path(__file__).resolve().parents[3] / "shared" / "data" / folder
    if not data.exists():
        pytest.skip("the recordings are not part of the project")
    path, column = replay.find(data, quantity)
    model = Recording(NOISE, str(path), column.name)
    values = series(model, range(0, int(model.duration_s), 5))
    assert all(low <= value <= high for value in values) and len(set(values)) > 1


def test_a_recording_too_slow_to_watch_comes_last(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("t_s,speed_kmh\n0,1\n3600,2\n")
    (tmp_path / "b.csv").write_text("t_s,speed_kmh\n0,1\n1,2\n")
    assert replay.find(tmp_path, "speed")[0].name == "b.csv"
    (tmp_path / "b.csv").unlink()
    assert replay.find(tmp_path, "speed")[0].name == "a.csv"
