"""The README of the firmware, followed to the letter in a copy of the project."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("firmware", "protocols", "gateway", "sim", "tools")
SECTION = "\n## Add a sensor or an instrument\n"

# `path`, and the word `one` in `NAMES` of `registry` ... then the block with what the file holds
STEP = re.compile(
    r"`(?P<path>[a-z]+/[a-z0-9_/.]+)`, and "
    r"(?:the word `(?P<word>[^`]+)` in `(?P<table>[A-Z]+)`\s+of\s+`(?P<registry>[^`]+)`)?"
    r".*?```(?:python|toml)\n(?P<content>.*?)```",
    re.DOTALL,
)
FILE = re.compile(r"`(firmware/profiles/[a-z.]+)`, an example.*?```toml\n(.*?)```", re.DOTALL)


def section() -> str:
    text = (ROOT / "firmware" / "README.md").read_text(encoding="utf-8")
    return text.partition(SECTION)[2].partition("\n## ")[0]


def copy(folder: Path) -> Path:
    """The packages as they stand, without what was made of them."""
    for package in PACKAGES:
        shutil.copytree(
            ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__")
        )
    return folder


def follow(project: Path) -> list[str]:
    """Write every file, add every word; the files that were touched."""
    touched = []
    for found in STEP.finditer(section()):
        (project / found["path"]).write_text(found["content"])
        touched.append(found["path"])
        if found["word"]:
            registry = project / found["registry"]
            text = registry.read_text()
            opening = re.search(rf"^{found['table']} = [({{]", text, re.MULTILINE)
            assert opening, found["registry"]
            registry.write_text(f"{text[: opening.end()]}{found['word']}, {text[opening.end() :]}")
            touched.append(found["registry"])
    for path, content in FILE.findall(section()):
        (project / path).write_text(content)
        touched.append(path)
    return touched


def tocsin(project: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tools.cli", *words],
        cwd=project,
        capture_output=True,
        text=True,
        timeout=50,
    )


def test_a_sensor_and_an_instrument_are_one_file_and_one_word_each(tmp_path: Path) -> None:
    project = copy(tmp_path)
    before = tocsin(project, "sim", "run", "thermometer", "--json")
    assert before.returncode == 2
    assert follow(project) == [
        "firmware/sensors/lm35.py",
        "firmware/sensors/__init__.py",
        "firmware/instruments/temperature.py",
        "firmware/instruments/__init__.py",
        "sim/chips/lm35.py",
        "sim/chips/__init__.py",
        "sim/scenarios/thermometer.toml",
        "firmware/profiles/thermometer.toml",
    ]
    built = tocsin(project, "node", "build", "thermometer", "--out", "out")
    assert built.returncode == 0, built.stderr
    assert (project / "out/lib/firmware/sensors/lm35.mpy").exists()
    run = tocsin(project, "sim", "run", "thermometer", "--json")
    assert run.returncode == 0, run.stdout + run.stderr
    found = json.loads(run.stdout.splitlines()[-1])
    assert found["verdict"] == "pass" and not found["failures"]
