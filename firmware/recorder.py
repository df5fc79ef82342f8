"""From samples and events to sealed blocks in the journal: the one writer of the chain.

A block closes every `flush_ms`, at once when something urgent happened, and when it is full. It is
on flash before anybody may send it. The chain continues over reboots: number, link and event count
come from the newest block on flash, so no counter file can disagree with the records.

What a power cut took from the open block, what flash refused to take and what the ring overwrote
are events of their own: the gap is in the record, not only in the data.
"""

from protocols import block, codes, cose
from protocols.errors import ProtocolError


class Recorder:
    """`channels` are the node's; `identity` is (node, mode, software digest, config digest).

    `closed(seq, urgent)` is called for every block that has reached flash.
    """

    def __init__(self, journal, mac, clock, channels, identity: tuple, flush_ms: int, closed):
        self.journal = journal
        self.boot = 1
        self.failed = 0
        self.overwritten = 0
        self._mac = mac
        self._clock = clock
        self._channels = channels
        self._node, self._mode, self._software, self._config = identity
        self._flush_ms = flush_ms
        self._closed = closed
        self._seq = journal.last + 1
        self._link = block.FIRST_LINK
        self._events = 0
        self._ended_ms: "int | None" = None  # where the record of the boot before ended
        self._opened_ms = None
        self._urgent = False
        self._sampled: "list[int]" = []  # channels that have samples in the open block
        self._writer = block.Writer(tuple((one.ch, one.scale, one.period_ms) for one in channels))
        self._resume()

    def start(self, cause: int, version: str, runtime: str, board: str):
        """Events of a boot: why it started, what it is, and what is missing before it."""
        self.event(codes.EV_BOOT, (cause, version, self._software, self._config, runtime, board))
        before_ms, now_ms = self._ended_ms or 0, self._wall_ms()
        for low, high in self.journal.damaged:
            self.event(codes.EV_GAP, (codes.GAP_CORRUPT, before_ms, now_ms, low, high))
        if self._ended_ms is not None:
            self.event(codes.EV_GAP, (codes.GAP_OPEN_BLOCK, before_ms, now_ms, 0, 0))
        for channel in self._channels:
            self.event(codes.EV_CHANNEL, channel.description)
            for limit in channel.limits:
                self.event(codes.EV_LIMIT, channel.describe(limit))

    def sample(self, channel, sample, changes: tuple = ()):
        """One sample and the alarm transitions it caused; transitions make the block urgent."""
        t_ms = self._clock.wall_ms(sample.t_ms)
        if not self._writer.room(channel.ch, t_ms):
            self.close()
        if channel.ch not in self._sampled:
            self._sampled.append(channel.ch)
            if channel.skipped:  # nothing before this sample in the block to show the hole
                self.event(codes.EV_MISSED, (channel.ch, channel.skipped))
        self._open()
        self._writer.add(channel.ch, t_ms, channel.scaled(sample.value), sample.quality)
        for change in changes:
            self.urgent(codes.EV_ALARM, channel.transition(change))

    def event(self, code: int, args: tuple):
        """Something that may wait for the flush period."""
        t_ms = self._wall_ms()
        if not self._writer.event(t_ms, code, args):
            self.close()
            self._writer.event(t_ms, code, args)
        self._open()

    def urgent(self, code: int, args: tuple):
        """Something that must not."""
        self.event(code, args)
        self._urgent = True

    def flush(self, now_ms: int):
        """Close the block if it is time."""
        if self._opened_ms is None:
            return
        if self._urgent or now_ms - self._opened_ms >= self._flush_ms:
            self.close()

    def close(self):
        """Seal what is open and put it on flash."""
        writer = self._writer
        if writer.empty:
            return
        first_ms, last_ms, events = writer.first_ms, writer.last_ms, writer.events
        sealed = cose.seal(writer.close(self._header(first_ms)), self._mac)
        seq, urgent = self._seq, self._urgent
        self._opened_ms, self._urgent, self._sampled = None, False, []
        self._events += events  # they happened, on flash or not: a number is never used twice
        try:
            lost = self.journal.append(seq, sealed)
        except OSError:
            self.failed += 1
            self.event(codes.EV_GAP, (codes.GAP_REFUSED, first_ms, last_ms, 0, 0))
            return
        self._seq, self._link = seq + 1, block.link(sealed)
        if lost is not None:
            self.overwritten += lost[1] - lost[0] + 1
            self.event(codes.EV_OVERWRITE, lost)
        self._closed(seq, urgent)

    def read(self, seq: int) -> "bytes | None":
        """Block `seq` as it was sealed; None if flash has it no more, or not as it was."""
        sealed = self.journal.read(seq)
        try:
            cose.open(sealed or b"", self._mac)
        except ProtocolError:
            return None
        return sealed

    def lost(self, seq: int) -> int:
        """Record that flash does not give `seq` back; the last block that went with it."""
        last = seq if self.journal.read(seq) else self.journal.lost(seq)
        now_ms = self._wall_ms()
        self.urgent(codes.EV_GAP, (codes.GAP_CORRUPT, now_ms, now_ms, seq, last))
        return last

    def set_clock(self, unix_ms: int, at_ms: int):
        """Adopt the time; what was recorded by the old one is closed first."""
        old, step_ms = self._clock.quality, self._clock.step_ms(unix_ms, at_ms)
        self.close()
        self._clock.set(unix_ms, at_ms)
        self.event(codes.EV_CLOCK, (old, self._clock.quality, step_ms))

    def doubt_clock(self):
        """From the next block on the time counts as kept by the node alone."""
        old = self._clock.quality
        self.close()
        self._clock.quality = codes.CLOCK_HOLDOVER
        self.event(codes.EV_CLOCK, (old, codes.CLOCK_HOLDOVER, 0))

    def set_mode(self, mode: int):
        """From the next block on everything is recorded under `mode` (`codes.MODE_*`)."""
        self.close()
        self._mode = mode

    def _open(self):
        if self._opened_ms is None:
            self._opened_ms = self._clock.now_ms()

    def _wall_ms(self):
        return self._clock.wall_ms(self._clock.now_ms())

    def _header(self, first_ms):
        return block.Header(
            self._node, self._seq, self._link, first_ms, self._mode, self._clock.quality,
            self._software[: block.ID_BYTES], self._config[: block.ID_BYTES], self.boot,
            self._events,
        )  # fmt: skip

    def _resume(self):
        """Continue the chain from the newest block that can be read and is ours."""
        seq, lowest = self.journal.last, max(self.journal.first, 1)
        while seq >= lowest:
            sealed = self.journal.read(seq)
            try:
                last = block.decode(cose.open(sealed or b"", self._mac))
            except ProtocolError:
                seq -= 1
                continue
            self._link = block.link(sealed)
            self._events = last.header.event0 + len(last.events)
            self.boot = last.header.boot + 1
            self._ended_ms = _end_ms(last)
            return


def _end_ms(last):
    """Unix time in ms of the newest thing in a block."""
    end_ms = last.header.t0_ms
    for one in last.series:
        slots_ms = (len(one.values) - 1) * one.period_ms
        end_ms = max(end_ms, last.header.t0_ms + one.offset_ms + slots_ms)
    for event in last.events:
        end_ms = max(end_ms, event.t_ms)
    return end_ms
