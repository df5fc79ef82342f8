"""From samples and events to sealed blocks in the journal: the one writer of the chain.

A block closes every `flush_ms`, at once when something urgent happened, and when it is full. It is
on flash before anybody may send it. The chain continues over reboots: number, link and event count
come from the newest block on flash, so no counter file can disagree with the records.

What a power cut took from the open block, what flash refused to take and what the ring overwrote
are events of their own: the gap is in the record, not only in the data.
"""

from protocols import block, codes, cose
from protocols.errors import ProtocolError
from protocols.paths import MAX_BLOCK_BYTES

# Array heads, tag, protected header, MAC and the longest header around a block's content.
_ENVELOPE_BYTES = 150


class Recorder:
    """`channels` are the node's; `identity` is (node, mode, software digest, config digest)."""

    def __init__(self, journal, mac, clock, channels: list, identity: tuple, flush_ms: int):
        self.journal = journal
        self.boot = 1
        self.failed = 0
        self.overwritten = 0
        self.journalled = 0
        self._mac = mac
        self._clock = clock
        self._channels = channels
        self._node, self._mode, self._software, self._config = identity
        self._flush_ms = flush_ms
        self._seq = journal.last + 1
        self._link = block.FIRST_LINK
        self._events = 0
        self._before = None  # (time, seq) where the record of the boot before ended
        self._opened_ms = None
        self._urgent = False
        self._writer = block.Writer(tuple((one.ch, one.scale, one.period_ms) for one in channels))
        self._resume()

    def start(self, cause: int, version: str, runtime: str, board: str):
        """First block of this boot: why it started, what it is, and what is missing before it."""
        self._event(codes.EV_BOOT, (cause, version, self._software, self._config, runtime, board))
        if self._before is not None:
            until_ms, seq = self._before
            gap = (codes.GAP_OPEN_BLOCK, until_ms, self._wall_ms(), seq)
            self._event(codes.EV_GAP, gap)
        for low, high in self.journal.damaged:
            gap = (
                codes.GAP_CORRUPT,
                self._before[0] if self._before else 0,
                self._wall_ms(),
                high,
            )
            self._event(codes.EV_GAP, gap)
        for channel in self._channels:
            self._event(codes.EV_CHANNEL, channel.description)
            for limit in channel.limits:
                self._event(codes.EV_LIMIT, channel.describe(limit))

    def sample(self, channel, sample, changes: tuple = ()):
        """One sample and the alarm transitions it caused; transitions make the block urgent."""
        t_ms = self._clock.wall_ms(sample.t_ms)
        if not self._writer.room(channel.ch, t_ms):
            self.close()
        self._open()
        self._writer.add(channel.ch, t_ms, channel.scaled(sample.value), sample.quality)
        for change in changes:
            self.urgent(codes.EV_ALARM, channel.transition(change))

    def urgent(self, code: int, args: tuple):
        """An event that must not wait for the flush period."""
        self._event(code, args)
        self._urgent = True

    def flush(self, now_ms: int, acked: int = 0) -> "tuple[int, bool] | None":
        """Close the block if it is time: (seq, urgent) of the block that is now on flash."""
        if self._opened_ms is None:
            return None
        due = now_ms - self._opened_ms >= self._flush_ms
        if not (due or self._urgent):
            return None
        return self.close(acked)

    def close(self, acked: int = 0) -> "tuple[int, bool] | None":
        """Seal what is open and put it on flash: (seq, urgent), or None if there was nothing."""
        writer = self._writer
        if writer.empty:
            return None
        first_ms, last_ms, events, samples = (
            writer.first_ms, writer.last_ms, writer.events, writer.samples,
        )  # fmt: skip
        sealed = cose.seal(writer.close(self._header(first_ms)), self._mac)
        seq, urgent = self._seq, self._urgent
        self._opened_ms, self._urgent = None, False
        self._events += events  # they happened, on flash or not: a number is never used twice
        try:
            lost = self.journal.append(seq, sealed, acked)
        except OSError:
            self.failed += 1
            self._event(codes.EV_GAP, (codes.GAP_REFUSED, first_ms, last_ms, seq - 1))
            return None
        self._seq, self._link = seq + 1, block.link(sealed)
        self.journalled += samples
        if lost is not None:
            self.overwritten += lost[1] - lost[0] + 1
            self.urgent(codes.EV_OVERWRITE, lost)
        return seq, urgent

    def set_clock(self, unix_ms: int, at_ms: int):
        """Adopt the time; what was recorded by the old one is closed first."""
        old, step_ms = self._clock.quality, self._clock.step_ms(unix_ms, at_ms)
        closed = self.close()
        self._clock.set(unix_ms, at_ms)
        self._event(codes.EV_CLOCK, (old, self._clock.quality, step_ms))
        return closed

    def _event(self, code, args):
        if self._writer.size + _ENVELOPE_BYTES + 64 > MAX_BLOCK_BYTES:
            self.close()
        self._open()
        self._writer.event(self._wall_ms(), code, args)

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
            self._before = (_end_ms(last), seq)
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
