"""The whole path in real time: sensors, firmware, flash, network, gateway, and the account.

The runs go side by side, each with its own gateway: what they cost is waiting, not computing.
"""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sim.stage import free_udp_port

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
SECONDS = 34
RUNS = {
    "plain": [],
    "node": ["--kill", "node"],
    "gateway": ["--kill", "gateway"],
    "replay": ["--replay", str(DATA)],
}

pytestmark = pytest.mark.timeout(180)


def start(*words: str) -> subprocess.Popen[str]:
    port = str(free_udp_port())  # free for UDP here is free for TCP as well, or the run says so
    return subprocess.Popen(
        [sys.executable, "-m", "tools.cli", "demo", "--port", port, *words],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.fixture(scope="module")
def finished() -> dict[str, tuple[int, dict[str, Any], str]]:
    """(exit code, JSON, commentary) of every run."""
    words = ["--seconds", str(SECONDS), "--json"]
    wanted = {name: more for name, more in RUNS.items() if name != "replay" or DATA.is_dir()}
    running = {name: start(*words, *more) for name, more in wanted.items()}
    try:
        return {name: result(name, process) for name, process in running.items()}
    finally:
        for process in running.values():
            process.kill()


def result(name: str, process: subprocess.Popen[str]) -> tuple[int, dict[str, Any], str]:
    out, said = process.communicate(timeout=150)
    lines = out.splitlines()
    assert lines, f"{name}: {said}"
    return process.returncode, json.loads(lines[-1]), said


@pytest.mark.parametrize("name", ["plain", "node", "gateway"])
def test_nothing_is_lost(finished: dict[str, Any], name: str) -> None:
    code, account, said = finished[name]
    assert (code, account["lost"]) == (0, 0), said


def test_every_alarm_was_foretold(finished: dict[str, Any]) -> None:
    _, account, said = finished["plain"]
    assert {alarm["node"] for alarm in account["alarms"]} == {"pg-01", "dm-01", "sm-01"}, said
    for alarm in account["alarms"]:
        before = [
            one["lead_s"]
            for one in account["predictive_alarms"]
            if (one["node"], one["limit"]) == (alarm["node"], alarm["limit"])
            and one["at"] < alarm["at"]
        ]
        assert before and before[0] > 1.0, said


def test_every_alarm_releases_the_relay_and_reaches_the_gateway(finished: dict[str, Any]) -> None:
    _, account, said = finished["plain"]
    for alarm in account["alarms"]:
        assert alarm["relay_ms"] is not None and alarm["committed_ms"] is not None, said


def test_every_sample_taken_is_committed(finished: dict[str, Any]) -> None:
    _, account, said = finished["plain"]
    for node in account["nodes"]:
        assert node["samples_taken"] == node["samples_committed"] > 0, said
        assert node["runtime"].startswith("micropython"), said
        assert node["gaps"] == [] and node["boots"] == 1, said


def test_a_node_killed_in_mid_run_records_its_gap(finished: dict[str, Any]) -> None:
    _, account, said = finished["node"]
    (killed,) = [node for node in account["nodes"] if node["boots"] == 2]
    assert len(killed["gaps"]) == 1, said
    assert killed["gaps"][0]["from"] < killed["gaps"][0]["to"], said


def test_a_gateway_killed_in_mid_run_gets_every_record(finished: dict[str, Any]) -> None:
    _, account, said = finished["gateway"]
    for node in account["nodes"]:
        assert node["samples_taken"] == node["samples_committed"] > 0, said
        assert node["boots"] == 1, said


@pytest.mark.skipif(not DATA.is_dir(), reason=f"no recordings at {DATA}")
def test_recordings_go_through_the_same_electrical_layer(finished: dict[str, Any]) -> None:
    code, account, said = finished["replay"]
    assert (code, account["lost"]) == (0, 0), said
    for node in account["nodes"]:
        assert node["samples_taken"] == node["samples_committed"] > 0, said


@pytest.fixture
def running() -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A demo that shows its console, and the console's address."""
    process = start()
    assert process.stderr is not None
    line = process.stderr.readline()
    url = next(word for word in line.split() if word.startswith("http"))
    yield process, url
    process.kill()
    process.communicate()


def test_the_console_answers_while_the_demo_runs(
    running: tuple[subprocess.Popen[str], str],
) -> None:
    _, url = running
    with urllib.request.urlopen(f"{url}/healthz", timeout=5) as answer:
        assert answer.status == 200


def test_ctrl_c_ends_everything(running: tuple[subprocess.Popen[str], str]) -> None:
    process, _ = running
    children = descendants(process.pid)
    assert len(children) == 4, "three nodes and a gateway"
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=10)
    assert process.returncode == 0
    assert not [pid for pid in children if alive(pid)]


def test_a_port_in_use_is_named_with_a_way_out(
    running: tuple[subprocess.Popen[str], str],
) -> None:
    _, url = running
    port = url.rpartition(":")[2]
    done = subprocess.run(
        [sys.executable, "-m", "tools.cli", "demo", "--port", port],
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert done.returncode == 3
    assert f"console port {port}" in done.stderr and "--port" in done.stderr


def descendants(pid: int) -> list[int]:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:  # a board's interpreter needs a moment to be there
        found = [int(entry.name) for entry in Path("/proc").iterdir() if is_child(entry, pid)]
        if len(found) == 4:
            return found
        os.sched_yield()
    return found


def is_child(entry: Path, pid: int) -> bool:
    if not entry.name.isdigit():
        return False
    try:
        return int((entry / "stat").read_text().rpartition(")")[2].split()[1]) == pid
    except OSError:
        return False


def alive(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


def test_a_folder_without_a_fitting_recording_is_refused_with_what_is_needed(
    tmp_path: Path,
) -> None:
    (tmp_path / "wind.csv").write_text("t_s,wind_furlong\n0,1\n1,2\n")
    done = subprocess.run(
        [sys.executable, "-m", "tools.cli", "demo", "--replay", str(tmp_path), "--seconds", "5"],
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert done.returncode == 2
    assert "no recording fits" in done.stderr and "_bar" in done.stderr
