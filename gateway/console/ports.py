"""What the console asks of its neighbours: the live state, the store, the settings.

Everything that `snapshot` and `subscribe` give is written as JSON as it is.
"""

from collections.abc import AsyncIterator, Mapping
from typing import Any, Protocol


class Live(Protocol):
    """State that pages show."""

    def snapshot(self) -> Mapping[str, Any]:
        """Everything, as of now."""

    def subscribe(self) -> AsyncIterator[Mapping[str, Any]]:
        """Changes from now on, bounded: what overflows ends in one `{"type": "resync"}`."""


class Store(Protocol):
    """Committed history."""

    def trend(self, key: str, from_ms: int, to_ms: int, points: int) -> Mapping[str, Any]:
        """Lowest, highest and quality per bucket; KeyError for an instrument never heard of."""


class Site(Protocol):
    """[site] of gateway.toml."""

    @property
    def name(self) -> str: ...


class Console(Protocol):
    """[console] of gateway.toml."""

    @property
    def language(self) -> str: ...


class Config(Protocol):
    """The part of gateway.toml that a page shows."""

    @property
    def site(self) -> Site: ...

    @property
    def console(self) -> Console: ...
