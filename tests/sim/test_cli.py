"""`tocsin sim`: list, run, replay; what they print, and their exit codes."""

import json
from pathlib import Path

import pytest

from tools import cli, ui

RECORDING = "t_s,p_bar\n0,6\n5,6\n15,11\n60,11\n"


def test_help_opens_with_an_example(capsys):
    for words in ([], ["run"], ["list"], ["replay"]):
        with pytest.raises(SystemExit) as ended:
            cli.main(["sim", *words, "--help"])
        assert ended.value.code == 0
        assert capsys.readouterr().out.startswith(f"example: tocsin sim {' '.join(words)}")


def test_the_list_is_json_for_programs(capsys):
    assert cli.main(["sim", "list", "--json"]) == ui.PASS
    found = json.loads(capsys.readouterr().out)
    assert {"name", "purpose", "requirements"} == set(found[0])
    assert {"runaway", "leak", "week_outage"} <= {one["name"] for one in found}


def test_faults_are_listed_with_their_layer(capsys):
    assert cli.main(["sim", "list", "--faults"]) == ui.PASS
    assert "open_loop" in capsys.readouterr().out


def test_a_run_ends_with_its_verdict(capsys, tmp_path: Path):
    assert cli.main(["sim", "run", "bench", "--json", "--report", str(tmp_path)]) == ui.PASS
    out, said = capsys.readouterr()
    found = json.loads(out.splitlines()[-1])
    keys = ["scenario", "verdict", "seed", "virtual_s", "wall_s", "trace_sha256", "failures"]
    assert list(found) == keys
    assert (found["scenario"], found["verdict"], found["seed"]) == ("bench", "pass", 1)
    assert "booted" in said
    assert {path.name for path in tmp_path.iterdir()} == {
        "bench.html",
        "bench.json",
        "bench.jsonl",
    }


def test_a_scenario_that_does_not_hold_fails(capsys, tmp_path: Path):
    text = (Path("sim/scenarios/bench.toml")).read_text()
    path = tmp_path / "mine.toml"
    path.write_text(text + '\n[[expect]]\nevent = "alarm"\nwithin_s = 5\n')
    assert cli.main(["sim", "run", str(path), "--seed", "7"]) == ui.FAILED
    out = capsys.readouterr().out
    assert "FAILED  alarm within 5 s" in out and f"again: tocsin sim run {path} --seed 7" in out


def test_wrong_use_has_a_way_out(capsys, tmp_path: Path):
    for words, says in (
        (["run"], "tocsin sim list"),
        (["run", "runway"], "did you mean runaway"),
        (["replay", str(tmp_path / "no.csv")], "no such file"),
    ):
        assert cli.main(["sim", *words]) == ui.USAGE
        assert says in capsys.readouterr().err


def test_a_recording_goes_through_the_electrical_layer(capsys, tmp_path: Path):
    path = tmp_path / "field.csv"
    path.write_text(RECORDING)
    assert cli.main(["sim", "replay", str(path), "--seconds", "30", "--json"]) == ui.PASS
    out, said = capsys.readouterr()
    assert json.loads(out)["verdict"] == "pass"
    assert "ALARM HH" in said


def test_a_recording_without_a_unit_is_refused(capsys, tmp_path: Path):
    path = tmp_path / "field.csv"
    path.write_text("t_s,pressure\n0,1\n")
    assert cli.main(["sim", "replay", str(path)]) == ui.USAGE
    assert "no column with a unit" in capsys.readouterr().err
