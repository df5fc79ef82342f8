"""The arrows and rules of the house: who may import whom, and what every file must have."""

import ast
import builtins
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("protocols", "firmware", "gateway", "sim", "tools")

# package -> what it may import of ours; firmware's pure modules are those outside board and net
MAY_IMPORT = {
    "protocols": {"protocols"},
    "firmware": {"firmware", "protocols"},
    "gateway": {"gateway", "protocols"},
    "sim": {"sim", "protocols", "gateway", "firmware"},
    "tools": set(PACKAGES),
}
MACHINE = ("machine",)
NETWORK = ("network", "bluetooth", "socket")
MICROPYTHON = ("protocols/", "firmware/", "sim/board/", "tools/bench/micropython/")
SPEAKERS = ("tools/ui.py", "cli.py", "sim/board/", "tools/bench/micropython/")


def files(*packages: str) -> list[Path]:
    return sorted(path for one in packages for path in (ROOT / one).rglob("*.py"))


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imports(path: Path) -> Iterator[str]:
    """Dotted names that a file imports, anywhere in it."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def top(dotted: str) -> str:
    return dotted.partition(".")[0]


def everywhere() -> list[Path]:
    return files(*PACKAGES)


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_imports_only_what_the_arrows_allow(package: str) -> None:
    wrong = [
        f"{name(path)} imports {dotted}"
        for path in files(package)
        for dotted in imports(path)
        if top(dotted) in PACKAGES and top(dotted) not in MAY_IMPORT[package]
    ]
    assert not wrong


def test_the_simulator_touches_only_pure_modules_of_the_firmware() -> None:
    impure = ("firmware.board", "firmware.net", "firmware.app", "firmware.node", "firmware.main")
    wrong = [
        f"{name(path)} imports {dotted}"
        for path in files("sim")
        for dotted in imports(path)
        if dotted.startswith(impure)
    ]
    assert not wrong


def test_the_board_under_the_firmware_stands_alone() -> None:
    wrong = [
        f"{name(path)} imports {dotted}"
        for path in files("sim/board")
        for dotted in imports(path)
        if top(dotted) in PACKAGES and not dotted.startswith("sim.board")
    ]
    assert not wrong


def test_only_the_board_knows_the_machine_and_only_net_the_network() -> None:
    for path in files("firmware"):
        where = name(path)
        for dotted in imports(path):
            if top(dotted) in MACHINE:
                assert where.startswith("firmware/board/"), where
            if top(dotted) in NETWORK:
                assert where.startswith(("firmware/board/", "firmware/net/")), where


def test_nothing_swallows_every_exception() -> None:
    bare = [
        f"{name(path)}:{node.lineno}"
        for path in everywhere()
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ExceptHandler) and node.type is None
    ]
    assert not bare


def test_only_the_command_line_prints() -> None:
    talkers = [
        f"{name(path)}:{node.lineno}"
        for path in everywhere()
        if not any(part in name(path) for part in SPEAKERS)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "print"
    ]
    assert not talkers


def test_every_module_says_what_it_is_for() -> None:
    silent = [name(path) for path in everywhere() if not ast.get_docstring(tree(path))]
    assert not silent


def test_every_module_for_the_node_names_only_builtin_types() -> None:
    """Annotations outside quotes are evaluated by CPython: they may not need an import."""
    builtin = set(dir(builtins))
    wrong = []
    for path in files("protocols", "firmware"):
        own = {node.name for node in ast.walk(tree(path)) if isinstance(node, ast.ClassDef)}
        own |= {
            target.id
            for node in tree(path).body
            if isinstance(node, ast.Assign)
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        for annotation in annotations(path):
            for node in ast.walk(annotation):
                if isinstance(node, ast.Name) and node.id not in builtin | own | imported(path):
                    wrong.append(f"{name(path)}:{node.lineno} {node.id}")
    assert not wrong


def annotations(path: Path) -> Iterator[ast.expr]:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            if node.returns is not None:
                yield node.returns
            arguments = [*node.args.args, *node.args.kwonlyargs]
            yield from (one.annotation for one in arguments if one.annotation is not None)
        elif isinstance(node, ast.AnnAssign):
            yield node.annotation


def imported(path: Path) -> set[str]:
    return {dotted.rpartition(".")[2] for dotted in imports(path)}


def test_every_package_readme_names_every_file() -> None:
    missing = []
    for package in PACKAGES:
        readme = (ROOT / package / "README.md").read_text(encoding="utf-8")
        for path in files(package):
            inside = path.relative_to(ROOT / package)
            if path.name != "__init__.py" and path.name not in readme:
                missing.append(f"{package}/README.md does not name {inside}")
    assert not missing
