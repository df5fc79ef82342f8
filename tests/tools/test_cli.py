"""The command itself: help, mistakes, exit codes, and a build that can be made again."""

import subprocess
import sys
from pathlib import Path

import pytest

from sim import interpreter
from tools import cli, ui
from tools.node import build, profile


def test_every_command_has_help_that_opens_with_what_it_does(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert cli.main(["--help"]) == ui.PASS
    text = capsys.readouterr().out
    assert text.startswith("example:")
    for word, _, purpose in cli.COMMANDS:
        assert f"{word:8} {purpose}" in text


@pytest.mark.parametrize("word", [word for word, _, _ in cli.COMMANDS])
def test_every_command_explains_itself(word: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main([word, "--help"])
    assert ended.value.code == 0
    assert "example:" in capsys.readouterr().out


def test_an_unknown_command_lists_what_there_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["dmeo"]) == ui.USAGE
    assert "demo, gateway" in capsys.readouterr().err


def test_the_command_loads_nothing_before_it_is_called() -> None:
    script = (
        "import sys, tools.cli; print([m for m in sys.modules if m.startswith(('gateway','sim'))])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.stdout.strip() == "[]"


def test_a_build_holds_what_the_board_needs(tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert cli.main(["node", "build", "pressure", "--out", str(out)]) == ui.PASS
    names = {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()}
    assert {"main.py", "cfg.cbor", "lib/firmware/app.mpy", "lib/protocols/block.mpy"} <= names


def test_the_same_sources_compile_to_the_same_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = build.compile_tree()
    monkeypatch.setattr(build, "_CACHE", tmp_path)
    second = build.compile_tree()
    assert first.name == second.name and first != second
    for path in first.rglob("*.mpy"):
        assert path.read_bytes() == (second / path.relative_to(first)).read_bytes(), path


@pytest.mark.parametrize("board", profile._boards())
def test_the_machine_code_in_a_build_is_for_its_board(tmp_path: Path, board: str) -> None:
    source, target = build.ROOT / "firmware" / "spectrum_viper.py", tmp_path / "found.mpy"
    build._compile(source, target, profile.pins(board)["ARCH"])
    simulated = tmp_path / "simulated.mpy"
    build._compile(source, simulated, build.SIMULATED)
    processor, other = target.read_bytes()[2] >> 2, simulated.read_bytes()[2] >> 2
    assert processor and other and processor != other  # 0: bytecode alone


def test_code_for_another_processor_leaves_the_plain_one(tmp_path: Path) -> None:
    tree = build.compile_tree(profile.pins("pico_w")["ARCH"])
    script = "from firmware import spectrum; print(spectrum.KERNEL.__name__)"
    for library, kernel in ((tree, "plain"), (build.compile_tree(), "viper")):
        done = subprocess.run(
            [str(interpreter.find()), "-c", script],
            env={"MICROPYPATH": f"{library}:.frozen"},
            cwd=tmp_path,
            capture_output=True,
            text=True,
        )
        assert done.stdout.strip() == f"firmware.spectrum_{kernel}", done.stderr


def test_a_profile_with_a_slip_is_refused_with_a_way_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "mine.toml"
    path.write_text("[sealed]\nnod = 'x'\n")
    assert cli.main(["node", "build", str(path), "--out", str(tmp_path / "out")]) == ui.USAGE
    assert "sealed.nod is not a setting; did you mean sealed.node?" in capsys.readouterr().err


def test_a_reader_that_goes_away_is_no_error() -> None:
    command = (
        f"{sys.executable} -m tools.cli --help | head -c 1 >/dev/null; echo ${{PIPESTATUS[0]}}"
    )
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True)
    assert (done.stdout.strip(), done.stderr) == ("0", "")


def test_the_version_is_that_of_the_package(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--version"]) == ui.PASS
    assert capsys.readouterr().out.startswith("tocsin 0.")


def test_an_output_folder_that_cannot_be_is_said_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["node", "build", "pressure", "--out", "/dev/null"]) == ui.USAGE
    assert "/dev/null" in capsys.readouterr().err
