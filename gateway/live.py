"""The state that pages show."""

from collections.abc import AsyncIterator
from typing import Any

from gateway.model import Receipt, Sealed

COUNTERS = ("blocks", "duplicates", "refused", "malformed", "conflicts")


class Live:
    """Fed by committed blocks."""

    def __init__(self, site: str) -> None:
        self._site = site
        self._counters = dict.fromkeys(COUNTERS, 0)

    def count(self, word: str) -> None:
        """One more of `word`."""
        self._counters[word] += 1

    def committed(self, block: Sealed, receipt: Receipt) -> None:
        """A block is on disk."""
        self.count("duplicates" if receipt.duplicate else "blocks")

    def snapshot(self) -> dict[str, Any]:
        """Everything."""
        return {
            "site": self._site,
            "counters": dict(self._counters),
            "instruments": [],
            "alarms": [],
        }

    async def subscribe(self) -> AsyncIterator[dict[str, Any]]:
        """Changes."""
        return
        yield {}
