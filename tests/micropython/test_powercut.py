"""Power cuts at every operation of the flash, over the real recorder, journal and LittleFS."""

import os
import subprocess
from pathlib import Path

import pytest

from sim import interpreter

_CAMPAIGN = Path(__file__).parent / "campaigns" / "powercut.py"
_ROOT = Path(__file__).parents[2]


def _figures(stride: int, recovery_stride: int) -> dict[str, int]:
    """Run the campaign; its figures."""
    done = subprocess.run(
        [
            str(interpreter.find()), "-X", "heapsize=16m",
            str(_CAMPAIGN), str(stride), str(recovery_stride),
        ],
        env={**os.environ, "MICROPYPATH": f"{_ROOT}:.frozen"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )  # fmt: skip
    print(done.stdout)
    assert done.returncode == 0, done.stdout
    return {name: int(value) for name, value in (x.split("=") for x in done.stdout.split())}


def test_a_cut_at_any_operation_loses_nothing_written_and_the_chain_goes_on() -> None:
    found = _figures(stride=23, recovery_stride=7)
    assert found["rollovers"] >= 3
    assert found["cuts"] > 400 and found["boot_cuts"] > 400
    assert found["lost"] == found["disordered"] == 0


@pytest.mark.soak
@pytest.mark.timeout(1200)
def test_a_cut_at_every_operation_loses_nothing_written_and_the_chain_goes_on() -> None:
    found = _figures(stride=1, recovery_stride=4)
    assert found["operations"] > 4_000 and found["cuts"] == 2 * found["operations"]
    assert found["lost"] == found["disordered"] == 0
