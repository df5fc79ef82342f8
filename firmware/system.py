"""The node itself, beside its channels: alarms that belong to no quantity.

Everybody who walks over channels to find alarms (outputs, `/a`, what is kept over a boot) finds
these under the name `node`, number 0. They trip nothing but for `fault`: a node whose
configuration is not the one it was given must not say that a place is safe.
"""

from firmware.limits import FAULT_PRIORITY, Alarm, Transition
from protocols import codes

NAME = "node"
# High water and where it is over again: share of the ring that nobody else has yet.
FULL_PERCENT = 80
DRAINED_PERCENT = 60
JOURNAL_PRIORITY = 3
SOUND_MS = 60_000  # flash does not rot within a minute, and reading takes a board milliseconds


class System:
    """`check` looks at journal, cover and configuration; alarms as those of a channel."""

    ch = 0
    name = NAME
    ready = True

    def __init__(self, journal, board, sound):
        """`sound()` tells whether the configuration on flash is still the one that runs."""
        self.journal_full = Alarm(codes.JOURNAL_FULL, JOURNAL_PRIORITY)
        self.tamper = Alarm(codes.TAMPER, FAULT_PRIORITY, latch=True)
        self.fault = Alarm(codes.FAULT, FAULT_PRIORITY)
        self.alarms = (self.journal_full, self.tamper, self.fault)
        self._journal = journal
        self._board = board
        self._sound = sound
        self._is_sound = True
        self._looked_ms = 0

    def check(self, now_ms: int) -> list:
        """Transitions of this moment; for a rhythm of seconds, not for the relay path."""
        if now_ms - self._looked_ms >= SOUND_MS:
            self._looked_ms, self._is_sound = now_ms, self._sound()
        share = self._journal.unsent_percent
        bound = DRAINED_PERCENT if self.journal_full.active else FULL_PERCENT
        found = []
        for one, present in (
            (self.journal_full, share >= bound),
            (self.tamper, self._board.opened()),
            (self.fault, not self._is_sound),
        ):
            old = one.state
            one.follow(present, now_ms)
            one.expire(now_ms)
            if one.state != old:
                found.append(Transition(0, one.condition, old, one.state, None, None))
        return found

    def transition(self, change) -> tuple:
        """Arguments of the EV_ALARM of a transition."""
        return 0, change.condition, change.old, change.new, None
