"""Break the alarm table, the limits and the journal, and see that a test notices.

The cases of `tests/micropython` run on CPython against a copy of the tree with one file broken; a
mutant that all of them accept has survived, which means that nobody would notice that mistake. A
seeded few of each file run always, all of them in `make soak`:

    .venv/bin/python -m pytest -q -n 2 -m "soak or not soak" tests/mutation

`EQUIVALENT` names the mutants that cannot be told from the original, each with its reason.
"""

import os
import random
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.mutation import mutants

ROOT = Path(__file__).resolve().parents[2]
CASES = ROOT / "tests" / "micropython" / "cases"
DRIVER = ROOT / "tests" / "micropython" / "driver.py"
SEED = 20261124
SAMPLE = 10  # of each file
TIMEOUT_S = 25  # a mutant that never ends is noticed, too

# file -> cases that have to notice, the likeliest first
TARGETS = {
    "protocols/alarm.py": ("protocols_alarm", "firmware_limits", "firmware_standing"),
    "firmware/limits.py": (
        "firmware_limits", "firmware_derived", "firmware_sampler", "firmware_standing",
        "firmware_resources", "firmware_outputs", "firmware_system", "firmware_forecast",
    ),
    "firmware/journal.py": ("firmware_journal", "firmware_recorder", "firmware_retrieval"),
}  # fmt: skip

_NOWHERE = "segment 0 does not exist, so the place in it is never asked for"
EQUIVALENT: dict[str, dict[str, str]] = {
    "protocols/alarm.py": {
        "-: REALARM = 11: 11 -> 12": "events of the table only have to differ",
    },
    "firmware/limits.py": {
        "Limit.check: if self.direction > 0:: self.direction > 0 -> self.direction >= 0": (
            "a direction is 1 or -1"
        ),
    },
    "firmware/journal.py": {
        "-: SEGMENT_BYTES = 16 * 1024: 16 -> 17": "any size will do that is a multiple of pages",
        "-: _HEAD_BYTES = 16: 16 -> 17": "a byte more is read than is needed",
        "Journal.__init__: self._cursor = (0, 0, 0): 0 -> 1 #2": _NOWHERE,
        "Journal.__init__: self._cursor = (0, 0, 0): 0 -> 1 #3": _NOWHERE,
        "Journal._segment: return found if found and seq <= self.last else None: "
        "found and seq <= self.last -> found or seq <= self.last": (
            "behind the last block there is nothing to read"
        ),
        "Journal._write: newest = self._segments[-1] if self._segments else [seq, 0]: 0 -> 1": (
            "an empty file that is said to hold a byte counts as torn, and is begun anew"
        ),
        "_number: return 0: 0 -> 1": "any number will do whose name is another one",
        "_make: os.listdir(directory): os.listdir(directory) -> pass": "_recover lists it again",
    },
}


def every() -> list[object]:
    """All mutants as parameters; all but a few of each file are for the soak."""
    found: list[object] = []
    for file in TARGETS:
        known = [one for one in mutants.every(ROOT / file) if one.name not in EQUIVALENT[file]]
        always = set(random.Random(SEED).sample(range(len(known)), SAMPLE))
        for number, one in enumerate(known):
            marks = () if number in always else (pytest.mark.soak,)
            found.append(pytest.param(file, one, id=f"{file}:{one.line} {one.name}", marks=marks))
    return found


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what the cases import."""
    folder = tmp_path_factory.mktemp("tree")
    for package in ("protocols", "firmware"):
        shutil.copytree(ROOT / package, folder / package, ignore=shutil.ignore_patterns("*cache*"))
    return folder


def survives(tree: Path, cases: tuple[str, ...]) -> bool:
    """Do all the cases accept what stands in the tree?"""
    environment = {**os.environ, "PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1"}
    for case in cases:
        command = [sys.executable, str(DRIVER), str(CASES / f"{case}.py")]
        try:
            done = subprocess.run(
                command, env=environment, cwd=tree, capture_output=True, timeout=TIMEOUT_S
            )
        except subprocess.TimeoutExpired:
            return False
        if done.returncode:
            return False
    return True


@pytest.mark.parametrize(("file", "mutant"), every())
def test_a_mistake_is_noticed(tree: Path, file: str, mutant: mutants.Mutant) -> None:
    path = tree / file
    path.write_text(mutant.source, encoding="utf-8")
    try:
        assert not survives(tree, TARGETS[file]), f"nobody notices {mutant.name}"
    finally:
        shutil.copy(ROOT / file, path)


@pytest.mark.parametrize("file", TARGETS)
def test_the_original_is_accepted(tree: Path, file: str) -> None:
    assert survives(tree, TARGETS[file])


@pytest.mark.parametrize("file", TARGETS)
def test_what_is_called_equivalent_is_still_there(file: str) -> None:
    names = {one.name for one in mutants.every(ROOT / file)}
    assert not set(EQUIVALENT[file]) - names
