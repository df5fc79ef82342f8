"""Every case file on CPython, on the real MicroPython interpreter, and there over `.mpy` files.

From `.mpy` files, which is what ships, the interpreter runs under the heap cap of design §9: what
does not fit a node fails here. From source it must compile in the same heap, which no node does:
that run gets room for the compiler on top, or a longer path of a checkout could decide a test.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tools.node import build

HEAP_KIB = 224
COMPILER_KIB = 256
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
    _run_micropython(case, _ROOT, HEAP_KIB + COMPILER_KIB)


@pytest.mark.parametrize("case", _CASES, ids=lambda path: path.stem)
def test_case_on_micropython_from_mpy(case: Path, compiled: Path) -> None:
    _run_micropython(case, compiled, HEAP_KIB)


def _run_micropython(case: Path, library: Path, heap_kib: int) -> None:
    command = [str(_MICROPYTHON), "-X", f"heapsize={heap_kib}k"]
    _run(command, case, {"MICROPYPATH": f"{library}:.frozen", "HEAP_KIB": str(heap_kib)})


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
