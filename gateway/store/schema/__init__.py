"""Numbered migrations of the database: NNN.sql brings schema NNN - 1 to NNN."""

from pathlib import Path


def scripts() -> list[tuple[int, str]]:
    """(number, SQL) of every migration, in order."""
    found = sorted(Path(__file__).parent.glob("[0-9][0-9][0-9].sql"))
    return [(int(path.stem), path.read_text(encoding="utf-8")) for path in found]
