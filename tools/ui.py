"""What every command says to a person or a program: results, errors, tables."""

import json
import sys
from collections.abc import Sequence
from typing import Any

PASS, FAILED, USAGE, ENVIRONMENT = 0, 1, 2, 3
STOPPED = 130  # by Ctrl-C, as shells count it


def say(text: str) -> None:
    """One line for a person, on standard error: standard output belongs to the result."""
    print(text, file=sys.stderr, flush=True)


def result(value: Any) -> None:
    """The one JSON object that a command with --json ends with."""
    print(json.dumps(value, ensure_ascii=False), flush=True)


def text(value: str) -> None:
    """A result that is text already."""
    print(value, flush=True)


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Columns on standard output, as wide as they need to be."""
    widths = [max(len(row[i]) for row in [head, *rows]) for i in range(len(head))]
    for row in [head, *rows]:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        print("  ".join(cells).rstrip())


def error(text: str, hint: str = "") -> None:
    """What went wrong and what to do about it."""
    say(f"error: {text}")
    if hint:
        say(f"  try: {hint}")
