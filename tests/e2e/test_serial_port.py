"""The serial tests as on a bench: a board that others have started, at the end of `--port`."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HARDWARE = ROOT / "tests" / "hardware"
PATIENCE_S = 30.0

pytestmark = pytest.mark.timeout(180)


def test_the_serial_tests_run_unchanged_on_a_port_of_another_process(tmp_path: Path):
    port = tmp_path / "pg-01"
    words = ["sim", "run", "bench", "--real", "--console", f"pg-01={port}", "--seconds", "150"]
    board = subprocess.Popen(
        [sys.executable, "-m", "tools.cli", *words],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        end_s = time.monotonic() + PATIENCE_S
        while not port.is_symlink():
            assert board.poll() is None and time.monotonic() < end_s, "no port"
            time.sleep(0.05)
        told = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", str(HARDWARE), "--port", str(port)],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
        ).stdout
        assert "4 passed, 3 skipped" in told, told
        assert told.count("needs the simulator: it cuts the power") == 3
    finally:
        board.send_signal(signal.SIGINT)
        try:
            _, said = board.communicate(timeout=PATIENCE_S)
        finally:
            board.kill()
    assert f"console of pg-01: {port}" in said and "nothing is left running" in said
    assert not port.is_symlink()
