"""What to send next: blocks with alarms first, then the newest, then the backlog from its old end.

Knows nothing but numbers. Which blocks the gateway has is learned from its answers: every one
names the highest contiguous sequence number that it committed and the ranges above. After a boot
that is unknown, so the newest block goes first, and its answer tells where the backlog begins.
"""

# Alarm-bearing blocks that wait for their turn; more than this and they are sent as backlog.
MAX_URGENT = 16
# Blocks that the gateway refused for good in this boot; kept on flash, tried again after the next.
MAX_REFUSED = 32


class Outbox:
    """Sequence numbers that are to be sent, of a journal that holds `first` to `last`."""

    def __init__(self, last: int = 0):
        self.last = last
        self.acked = 0
        self.refused: "list[int]" = []
        self._ranges: "tuple[tuple[int, int], ...]" = ()
        self._urgent: "list[int]" = []
        self._flying: "list[int]" = []

    def added(self, seq: int, urgent: bool):
        """The journal now holds block `seq`."""
        self.last = seq
        if urgent:
            self._urgent = self._urgent[-MAX_URGENT + 1 :] + [seq]

    def next(self, first: int) -> "int | None":
        """Block to send now, from those at or above `first`, or None. It counts as under way
        until `done`, so that two senders never take the same."""
        seq = self.next_urgent()
        if seq is None and self._wanted(self.last) and self.last >= first > 0:
            seq = self.last
        if seq is None:
            seq = self._oldest(max(first, 1))
        if seq is not None and seq not in self._flying:
            self._flying.append(seq)
        return seq

    def next_urgent(self) -> "int | None":
        """Oldest alarm-bearing block that waits, or None; under way like that of `next`."""
        self._urgent = [seq for seq in self._urgent if not self._has(seq)]
        for seq in self._urgent:
            if self._wanted(seq):
                self._flying.append(seq)
                return seq
        return None

    def done(self, seq: int):
        """The attempt at `seq` is over, whatever came of it."""
        if seq in self._flying:
            self._flying.remove(seq)

    def acknowledged(self, contiguous: int, ranges: tuple):
        """The gateway has everything up to `contiguous` and the (first, last) ranges above."""
        self.acked = contiguous
        self._ranges = ranges

    def refuse(self, seq: int):
        """The gateway will not take `seq`: pass it over until the next boot."""
        if seq not in self.refused:
            self.refused = self.refused[-MAX_REFUSED + 1 :] + [seq]

    @property
    def empty(self) -> bool:
        """Has the gateway everything, as far as this node knows?"""
        return self._oldest(1) is None and not self._flying

    def _oldest(self, first):
        seq = max(first, self.acked + 1)
        while seq <= self.last:
            if self._wanted(seq):
                return seq
            seq = self._after(seq)
        return None

    def _after(self, seq):
        for low, high in self._ranges:
            if low <= seq <= high:
                return high + 1
        return seq + 1

    def _wanted(self, seq):
        return not self._has(seq) and seq not in self._flying and seq not in self.refused

    def _has(self, seq):
        if seq <= self.acked:
            return True
        return any(low <= seq <= high for low, high in self._ranges)
