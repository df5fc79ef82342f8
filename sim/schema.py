"""How the tables of a scenario are checked: a slip is told with file, key and what was meant."""

import difflib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from sim.errors import ScenarioError

Kinds = Mapping[str, type]

_WORDS = {
    bool: "true or false",
    dict: "a table",
    float: "a number",
    int: "a whole number",
    list: "a list",
    str: "a text",
}


class Table:
    """One table of a file, and where it stands there."""

    def __init__(self, path: Path, place: str, content: Any) -> None:
        self.path = path
        self.place = place
        if not isinstance(content, dict):
            raise self.fault("", "must be a table")
        self.content: dict[str, Any] = content

    def check(self, needed: Kinds, optional: Kinds, more: Iterable[str] = ()) -> None:
        """Only known keys, the needed ones there, each of its kind (`more`: of any kind)."""
        known = [*needed, *optional, *more]
        for key in self.content:
            if key not in known:
                raise self.fault(key, nearest(key, known))
        for key, kind in needed.items():
            if not _is(self.content.get(key), kind):
                raise self.fault(key, f"must be there and be {_WORDS[kind]}")
        for key, kind in optional.items():
            if key in self.content and not _is(self.content[key], kind):
                raise self.fault(key, f"must be {_WORDS[kind]}")

    def word(self, key: str, known: Iterable[str], default: str | None = None) -> str:
        """The word under `key`, which must be a known one."""
        value, known = str(self.content.get(key, default)), list(known)
        if value not in known:
            raise self.fault(key, nearest(value, known))
        return value

    def words(self, key: str, known: Iterable[str]) -> list[str]:
        """The words in the list under `key`, each a known one; none if it is not there."""
        found, known = [str(one) for one in self.content.get(key, [])], list(known)
        for value in found:
            if value not in known:
                raise self.fault(key, nearest(value, known))
        return found

    def positive(self, *keys: str) -> None:
        """These, if they are there, are not below 0."""
        for key in keys:
            if self.content.get(key, 0) < 0:
                raise self.fault(key, "must not be below 0")

    def tables(self, key: str) -> "list[Table]":
        """The tables of a list of tables."""
        found = self.content.get(key, [])
        return [Table(self.path, f"{key}[{n}].", one) for n, one in enumerate(found)]

    def fault(self, key: str, text: str) -> ScenarioError:
        """The error that says so."""
        return ScenarioError(f"{self.path}: {self.place}{key}: {text}")


def nearest(word: str, known: Iterable[str]) -> str:
    """That a word is unknown, and which one was meant."""
    near = difflib.get_close_matches(word, list(known), 1)
    hint = f"did you mean {near[0]}?" if near else f"choose from {', '.join(known)}"
    return f"{word!r} is unknown; {hint}"


def _is(value: Any, kind: type) -> bool:
    """TOML writes a whole number for a float where it is one; true is no number."""
    if kind is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    return isinstance(value, kind) and (kind is bool or not isinstance(value, bool))
