"""The one foreign script is the one that was looked at, byte for byte."""

import hashlib
from pathlib import Path

from gateway import console

_CONSOLE = Path(console.__file__).parent
_UPLOT = _CONSOLE / "static" / "vendor" / "uplot"
_MANIFEST = "SHA256SUMS"
VERSION = "1.6.32"


def test_files_are_those_of_the_manifest() -> None:
    lines = (_UPLOT / _MANIFEST).read_text(encoding="ascii").splitlines()
    wanted = {name: digest for digest, name in (line.split() for line in lines)}
    found = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in _UPLOT.iterdir()
        if path.name != _MANIFEST
    }
    assert found == wanted


def test_version_is_stated() -> None:
    assert f"(v{VERSION})" in (_UPLOT / "uPlot.esm.js").read_text(encoding="utf-8")[:400]
    assert f"uPlot {VERSION}" in (_CONSOLE / "README.md").read_text(encoding="utf-8")


def test_nothing_else_is_vendored() -> None:
    assert [path.name for path in (_CONSOLE / "static" / "vendor").iterdir()] == ["uplot"]
