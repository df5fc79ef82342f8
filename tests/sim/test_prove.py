"""`tocsin sim prove`: the same seed, the same bytes; and what it says if they are not."""

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from sim import cli, prove, scenario
from sim.prove import Proof
from tools.node import workshop


@pytest.mark.timeout(120)
def test_a_run_is_determined_by_its_seed_on_a_busy_machine_too(capsys) -> None:
    assert cli.main(["prove", "bench", "--json"], workshop) == cli.PASS
    found = json.loads(capsys.readouterr().out)
    assert found["same"] and found["difference"] == "" and found["lines"] > 100
    assert list(found["sha256"]) == ["first", "second", "under load"]
    assert len(set(found["sha256"].values())) == 1


def test_the_first_line_that_differs_is_named(tmp_path: Path) -> None:
    traces = []
    for name, text in (("a", "1\n2\n3\n"), ("b", "1\n2\n3\n"), ("c", "1\nother\n")):
        path = tmp_path / name
        path.write_text(text)
        traces.append(path)
    proof = Proof(scenario.named("bench"), 1, ("x", "x", "y"), tuple(traces))
    assert not proof.ok
    assert proof.difference.splitlines() == [
        "line 2 is not the same:", "  first      2", "  second     2", "  under load other",
    ]  # fmt: skip
    shorter = replace(proof, traces=(traces[0], traces[1], traces[0]))
    assert shorter.difference == ""


def test_a_run_that_is_not_determined_fails_and_says_where(tmp_path: Path, monkeypatch, capsys):
    """Another seed each time stands for whatever could creep in."""
    genuine = prove.run_here
    seeds = iter((1, 2, 3))

    def drifting(one, shop, place, seed):
        return genuine(one, shop, place, next(seeds))

    monkeypatch.setattr(prove, "run_here", drifting)
    assert cli.main(["prove", "bench"], workshop) == cli.FAILED
    out = capsys.readouterr().out
    assert "FAIL  bench" in out and "line 1 is not the same:" in out and '"seed":2' in out


def test_the_load_ends_with_the_run() -> None:
    def children() -> set[str]:
        task = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children")
        return set(task.read_text().split())

    before = children()
    with prove.busy():
        assert len(children() - before) == os.cpu_count()
    assert children() == before
