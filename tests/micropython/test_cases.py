"""Every case file on CPython, on the real MicroPython interpreter, and there over `.mpy` files.

The interpreter runs under the heap cap of design §9: what does not fit a node fails here.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tools.node import build

HEAP_KIB = 224
TIMEOUT_S = 50

_HERE = Path(__file__).parent
_ROOT = _HERE.parents[1]
_CASES = sorted((_HERE / "cases").glob("*.py"))
_MICROPYTHON = Path(sys.executable).with_name("micropython")


@pytest.fixture(scope="session")
def compiled() -> Path:
    return build.compile_tree()


@pytest.mark.parametrize("case", _CASES, ids=lambda path: path.stem)
def test_case_on_cpython(case: Path) -> None:
    _run([sys.executable, "-W", "error"], case, {"PYTHONPATH": str(_ROOT)})


@pytest.mark.parametrize("case", _CASES, ids=lambda path: path.stem)
def test_case_on_micropython(case: Path) -> None:
    _run_micropython(case, _ROOT)


@pytest.mark.parametrize("case", _CASES, ids=lambda path: path.stem)
def test_case_on_micropython_from_mpy(case: Path, compiled: Path) -> None:
    _run_micropython(case, compiled)


def _run_micropython(case: Path, library: Path) -> None:
    command = [str(_MICROPYTHON), "-X", f"heapsize={HEAP_KIB}k"]
    _run(command, case, {"MICROPYPATH": f"{library}:.frozen"})


def _run(interpreter: list[str], case: Path, environment: dict[str, str]) -> None:
    done = subprocess.run(
        [*interpreter, str(_HERE / "driver.py"), str(case)],
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=TIMEOUT_S,
    )
    if done.returncode:
        pytest.fail(f"{interpreter[0]}\n{done.stdout}", pytrace=False)
