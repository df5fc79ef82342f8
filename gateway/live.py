"""The state that pages show, in memory: rebuilt from the store at start, then kept up to date.

Committed blocks are the authority; what a node's own `/m` notifies in between is shown as
provisional. Alarm states come from committed events only. A node that is not heard is silent: its
last value stays, with its age, and its forecast is gone.
"""

import logging
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from typing import Any

from gateway import view
from gateway.feed import Feed
from gateway.instrument import Instrument
from gateway.model import AlarmRow, ChannelRow, NodeRow, Reading, Receipt, Sample, Sealed

_LOG = logging.getLogger(__name__)

COUNTERS = ("blocks", "duplicates", "refused", "malformed", "conflicts", "broken")


def now_ms() -> int:
    """Unix time in milliseconds."""
    return time.time_ns() // 1_000_000


class Live:
    """Instruments, alarms and counters; `subscribe` to what changes."""

    def __init__(self, site: str, clock: Callable[[], int] = now_ms) -> None:
        self._site = site
        self._clock = clock
        self._feed = Feed()
        self._counters = dict.fromkeys(COUNTERS, 0)
        self._told = dict(self._counters)
        self._nodes: dict[str, NodeRow] = {}
        self._instruments: dict[tuple[str, int | str], Instrument] = {}

    # --- what pages ask

    def snapshot(self) -> dict[str, Any]:
        """Everything, as of now."""
        self.tick()
        ordered = sorted(self._instruments.values(), key=lambda one: (one.row.node, one.row.ch))
        return {
            "site": self._site,
            "now_ms": self._clock(),
            "counters": dict(self._counters),
            "instruments": [view.instrument(one) for one in ordered if not one.is_node],
            "alarms": self._alarms(),
        }

    def subscribe(self) -> AsyncIterator[dict[str, Any]]:
        """Changes from now on; `resync` for who falls behind."""
        return self._feed.subscribe()

    # --- what the stages say

    def restore(
        self,
        nodes: Iterable[NodeRow],
        channels: Iterable[tuple[ChannelRow, Sample | None]],
        alarms: Iterable[AlarmRow],
        readings: Iterable[tuple[Reading, int]],
    ) -> None:
        """Take up where the store says that things stood."""
        for row, sample in channels:
            self._describe(row)
            if sample is not None:
                self._sealed(row.node, row.ch).take(sample)
        for alarm in alarms:
            self._sealed(alarm.node, alarm.ch).alarms[alarm.condition] = alarm
        for node in nodes:
            self._hear(node)
        for reading, received_ms in readings:
            self._read(reading, received_ms)
        self.tick()

    def count(self, word: str) -> None:
        """One more of `word` in the counters; the next tick tells."""
        self._counters[word] += 1

    def committed(self, block: Sealed, receipt: Receipt) -> None:
        """A block is on disk: its samples and what the store made of its events."""
        was_broken = self._counters["broken"]
        if not receipt.duplicate:
            for row in receipt.channels:
                self._describe(row)
            for sample in block.last:
                self._sealed(block.node, sample.ch).take(sample)
            for alarm in receipt.alarms:
                self._follow(alarm)
        self._hear(receipt.heard, block.received_ms)
        for one in self._of(block.node):
            self._publish(one)
        if receipt.alarms or receipt.channels or self._counters["broken"] != was_broken:
            self._publish_alarms()
        self.count("duplicates" if receipt.duplicate else "blocks")

    def notified(self, node: str, values: dict[str, tuple[int, object]]) -> None:
        """A node sent its latest values: full SenML name -> (time in ms, value)."""
        for one in self._of(node):
            prefix = f"{one.row.urn}:{one.name}"
            own = {
                name[len(prefix) :].lstrip("."): value
                for name, value in values.items()
                if name == prefix or name.startswith(prefix + ".")
            }
            if own:
                one.take_live(own)
            one.heard_ms = self._clock()
            one.silent = False
            self._publish(one)

    def readings(self, readings: Iterable[Reading], received_ms: int) -> None:
        """Plain measurements are on disk."""
        for one in readings:
            self._publish(self._read(one, received_ms))

    def tick(self) -> None:
        """Let time pass: who has not been heard for too long is silent; counters are told."""
        now = self._clock()
        for one in self._instruments.values():
            silent = one.is_silent(now)
            if silent:
                one.forecast = None
            if silent != one.silent:
                one.silent = silent
                self._publish(one)
        if self._counters != self._told:
            self._told = dict(self._counters)
            self._feed.publish({"type": "counters", "counters": self._told})

    def close(self) -> None:
        """End every subscription."""
        self._feed.close()

    # --- inside

    def _of(self, node: str) -> Iterator[Instrument]:
        return (one for one in self._instruments.values() if one.row.node == node and one.sealed)

    def _sealed(self, node: str, ch: int) -> Instrument:
        """The instrument of a channel, made on first sight."""
        key = (node, ch)
        if key not in self._instruments:
            self._instruments[key] = Instrument(ChannelRow(node, ch))
        return self._instruments[key]

    def _describe(self, row: ChannelRow) -> None:
        self._sealed(row.node, row.ch).row = row

    def _follow(self, alarm: AlarmRow) -> None:
        alarms = self._sealed(alarm.node, alarm.ch).alarms
        known = alarms.get(alarm.condition)
        if known is None or alarm.number >= known.number:
            alarms[alarm.condition] = alarm

    def _hear(self, node: NodeRow, heard_ms: int = 0) -> None:
        known = self._nodes.get(node.node)
        more = node.broken - (known.broken if known else 0)
        if more:
            self._counters["broken"] += more
            _LOG.error("chain: blocks do not fit node=%s broken=%d", node.node, node.broken)
        self._nodes[node.node] = node
        for one in self._of(node.node):
            one.mode = node.mode
            one.heard_ms = max(one.heard_ms, node.heard_ms, heard_ms)
            one.silent = one.is_silent(self._clock())

    def _read(self, reading: Reading, received_ms: int) -> Instrument:
        key = (reading.node, reading.name)
        one = self._instruments.get(key)
        if one is None:
            row = ChannelRow(reading.node, 0, reading.name, urn=reading.node)
            one = self._instruments[key] = Instrument(row, sealed=False)
        one.take_reading(reading, received_ms)
        return one

    def _alarms(self) -> list[dict[str, Any]]:
        found = [entry for one in self._instruments.values() for entry in view.alarms(one)]
        found += [view.broken_chain(node) for node in self._nodes.values() if node.broken]
        return sorted(found, key=view.rank)

    def _publish(self, one: Instrument) -> None:
        if not one.is_node:
            self._feed.publish({"type": "instrument", "instrument": view.instrument(one)})

    def _publish_alarms(self) -> None:
        counters = dict(self._counters)
        self._feed.publish({"type": "alarms", "alarms": self._alarms(), "counters": counters})
