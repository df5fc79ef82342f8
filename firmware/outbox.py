"""What to send next: blocks with alarms first, then the newest, then the backlog from its old end.

Knows nothing but numbers. Which blocks the gateway has is learned from its answers: every one
names the highest contiguous sequence number that it committed and the ranges above. After a boot
that is unknown, so the newest block goes first, and its answer tells where the backlog begins.
"""

# Alarm-bearing blocks that wait for their turn; more than this and they are sent as backlog.
MAX_URGENT = 16
# Runs of blocks that nobody can have in this boot, because the gateway refuses them for good or
# flash does not give them back; tried again after the next boot, or when there are more runs.
MAX_REFUSED = 32


class Outbox:
    """Sequence numbers that are to be sent, of a journal that holds `first` to `last`."""

    def __init__(self, last: int = 0):
        self.last = last
        self.acked = 0
        self._refused: "list[list[int]]" = []  # [first, last] of a run
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
        seq = self.next_urgent(first)
        if seq is None and self._wanted(self.last) and self.last >= first > 0:
            seq = self.last
        if seq is None:
            seq = self._oldest(max(first, 1))
        if seq is not None and seq not in self._flying:
            self._flying.append(seq)
        return seq

    def next_urgent(self, first: int = 1) -> "int | None":
        """Oldest alarm-bearing block that waits, or None; under way like that of `next`."""
        self._urgent = [seq for seq in self._urgent if seq >= first and not self._has(seq)]
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
        """The gateway has everything up to `contiguous` and the rising (first, last) ranges above.

        What it says of blocks that are not made yet is void: they will have to be sent.
        """
        self.acked = min(contiguous, self.last)
        self._ranges = tuple((low, min(high, self.last)) for low, high in ranges)

    def refuse(self, first: int, last: "int | None" = None):
        """Pass over `first` (to `last`) until the next boot: nobody will take or give it."""
        last = first if last is None else last
        if _run(self._refused, first):
            return
        for run in self._refused:
            if run[1] + 1 == first:
                run[1] = last
                return
        self._refused = self._refused[-MAX_REFUSED + 1 :] + [[first, last]]

    def settled(self, first: int) -> int:
        """Up to which number the gateway has everything, of what is kept from `first` on.

        A gateway that came later never had what the ring gave up before: nobody waits for that.
        """
        seq = max(self.acked, first - 1)
        run = _run(self._ranges, seq + 1)
        return run[1] if run else seq

    @property
    def refused(self) -> int:
        """How many blocks are passed over."""
        return sum(last - first + 1 for first, last in self._refused)

    @property
    def empty(self) -> bool:
        """Has the gateway everything, as far as this node knows?"""
        return self._oldest(1) is None and not self._flying

    def _oldest(self, first):
        seq = max(first, self.acked + 1)
        while seq <= self.last:
            run = _run(self._ranges, seq) or _run(self._refused, seq)
            if run:
                seq = run[1] + 1
            elif seq in self._flying:
                seq += 1
            else:
                return seq
        return None

    def _wanted(self, seq):
        return not (self._has(seq) or seq in self._flying or _run(self._refused, seq))

    def _has(self, seq):
        return seq <= self.acked or _run(self._ranges, seq) is not None


def _run(runs, seq):
    """The (first, last) that holds `seq`, or None."""
    for run in runs:
        if run[0] <= seq <= run[1]:
            return run
    return None
