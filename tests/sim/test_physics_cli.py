"""`python -m sim.physics`: a model alone prints what a recording is made of."""

import random

import pytest

from sim import physics, replay
from sim.physics.__main__ import main


def test_a_printed_series_is_a_recording_of_the_model(tmp_path, capsys):
    command = ["vessel", "start_s=2", "volume_m3=0.4", "--seconds", "20", "--step", "0.1", "--csv"]
    assert main(command) == 0
    path = tmp_path / "vessel.csv"
    path.write_text(capsys.readouterr().out)
    assert [column.name for column in replay.columns(path)] == ["pressure_pa"]
    cfg = {"physics": "vessel", "start_s": 2, "volume_m3": 0.4}
    model = physics.build(cfg, random.Random(1))
    recording = physics.build({"physics": "recording", "file": str(path)}, random.Random(1))
    for _ in range(19):
        model.step(1.0)
        recording.step(1.0)
        assert recording.value == pytest.approx(model.value, rel=1e-3)


@pytest.mark.parametrize(
    ("name", "column"), [("hoist", "speed_kmh"), ("cloud", "dust_ugm3"), ("constant", "value")]
)
def test_the_column_says_quantity_and_unit(capsys, name, column):
    assert main([name, "--seconds", "0.04", "--csv"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"t_s,{column}"
    assert [line.partition(",")[0] for line in lines[1:]] == ["0", "0.02", "0.04"]


def test_the_relay_is_released_at_a_limit(capsys):
    assert main(["hoist", "--seconds", "60", "start_s=1", "--above", "16"]) == 0
    highest = float(capsys.readouterr().out.split("highest ")[1].split(",")[0])
    assert 16 <= highest < 17


def test_without_csv_one_line_says_what_happened_and_what_a_step_costs(capsys):
    assert main(["workshop", "sources_mg_s=[0.1, 0.2]", "--seconds", "1"]) == 0
    line = capsys.readouterr().out
    assert line.startswith("workshop: first ") and line.endswith(" us a step\n")


@pytest.mark.parametrize(
    ("parameter", "says"),
    [
        ("set_p=3", "'set_p' is unknown; did you mean set_pa?"),
        ("set_pa", "say key=value"),
        ("valve=ajar", "choose from works, shut, open"),
    ],
)
def test_a_slip_is_named(capsys, parameter, says):
    assert main(["vessel", parameter]) == 2
    assert says in capsys.readouterr().err
