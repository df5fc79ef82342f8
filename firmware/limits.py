"""Limits and alarms of one channel: deadband, delays and latch in front of the ISA-18.2 table.

A `Limit` is a boundary LL, L, H or HH with its measured alarm and, if it is to be foretold, its
predictive alarm; `RATE`, `DEV` and `DIFF` stand in
`derived`. The instrument's own failure is an `Alarm`
of its own and never a process alarm.
An `Alarm` knows one condition: `active` is the condition after the delays, `state` what ISA-18.2
makes of it. All time is monotonic milliseconds.

Unknown is not healthy: without a value nothing is raised, nothing is cleared, and an off-delay
that was running starts again.
"""

from collections import namedtuple

from protocols import alarm, codes

# What changed: `value` is the sample's, `forecast` is set for predictive alarms only.
Transition = namedtuple("Transition", ("ch", "condition", "old", "new", "value", "forecast"))

# A bus error or two is no broken sensor; two seconds without a value is (our choice: the fastest
# instrument then missed ten samples, the slowest two).
FAULT_DELAY_MS = 2_000
FAULT_PRIORITY = 2
LOWEST_PRIORITY = 4
# Nobody may put an alarm away for longer than a shift (our choice; ISA-18.2 wants a bound).
MAX_SHELVE_S = 28_800

_WORDS = (
    (codes.LL, "LL"),
    (codes.L, "L"),
    (codes.H, "H"),
    (codes.HH, "HH"),
    (codes.RATE, "RATE"),
    (codes.DEVIATION, "DEV"),
    (codes.DISCREPANCY, "DIFF"),
)
_BELOW = (codes.LL, codes.L)
_LATCHED = (codes.LATCH_UNACK, codes.LATCH_ACKED)


class Alarm:
    """One condition: on-delay and off-delay, then the state table."""

    def __init__(
        self,
        condition: int,
        priority: int,
        on_delay_ms: int = 0,
        off_delay_ms: int = 0,
        latch: bool = False,
        realarm_ms: int = 0,
    ):
        self.condition = condition
        self.priority = priority
        self.latch = latch
        self.state = codes.NORM
        self.active = False
        self.since_ms = 0
        self.until_ms: "int | None" = None  # end of shelving; or when to be raised once more
        self.reason = ""  # why it is hidden
        self._on_delay_ms = on_delay_ms
        self._off_delay_ms = off_delay_ms
        self._realarm_ms = realarm_ms
        self._pending_ms: "int | None" = None

    def follow(self, present: bool, t_ms: int) -> bool:
        """The condition holds or not at `t_ms`: True if `active` changed."""
        if present == self.active:
            self._pending_ms = None
            return False
        if self._pending_ms is None:
            self._pending_ms = t_ms
        delay_ms = self._off_delay_ms if self.active else self._on_delay_ms
        if t_ms - self._pending_ms < delay_ms:
            return False
        self._pending_ms = None
        self.active = present
        self.command(alarm.RAISE if present else alarm.CLEAR, t_ms)
        return True

    def hold(self):
        """The condition is unknown: what is active stays so and must be seen clear anew."""
        if self.active:
            self._pending_ms = None

    def command(self, event: int, t_ms: int) -> bool:
        """Apply an event of `protocols.alarm` (ACK, RESET, ...): True if the state changed."""
        old = self.state
        self.state = alarm.step(old, event, self.active, self.latch)
        if self.state == old:
            return False
        self.since_ms = t_ms
        self.reason = ""
        again = self.state == codes.ACKED and self._realarm_ms
        self.until_ms = t_ms + self._realarm_ms if again else None
        return True

    def hide(self, event: int, t_ms: int, reason: str, until_ms: "int | None" = None) -> bool:
        """SHELVE until then, or REMOVE until somebody returns it; False if it is so already."""
        if not self.command(event, t_ms):
            return False
        self.until_ms, self.reason = until_ms, reason
        return True

    def expire(self, t_ms: int) -> bool:
        """What time alone does, ending a shelving or raising anew: True if the state changed."""
        if self.until_ms is None or t_ms < self.until_ms:
            return False
        return self.command(alarm.UNSHELVE if self.state == codes.SHELVED else alarm.REALARM, t_ms)

    @property
    def tripping(self) -> bool:
        """Does the fail-safe output have to act? Shelving an alarm does not make a place safe."""
        return self.active or self.state in _LATCHED


class Limit:
    """A boundary with its measured alarm and, where foretold, its predictive one."""

    def __init__(self, cfg: dict):
        """`cfg` is one limit of the operating configuration (keys as in the profile)."""
        self.condition = condition(cfg["at"])
        self.value = cfg["value"]
        self.deadband = cfg.get("deadband", 0.0)
        self.on_delay_ms = cfg.get("on_delay_ms", 0)
        self.off_delay_ms = cfg.get("off_delay_ms", 0)
        self.direction = -1 if self.condition in _BELOW else 1
        priority = cfg.get("priority", 2)
        self.alarm = Alarm(
            self.condition, priority, self.on_delay_ms, self.off_delay_ms,
            cfg.get("latch", False), 1000 * cfg.get("realarm_s", 0),
        )  # fmt: skip
        self.unless = cfg.get("unless")  # [ch, at] of the alarm that says more
        self.rule: "Alarm | None" = None  # that alarm: while it is active this one is suppressed
        self.predicted = None
        self._fulfilled = False
        if cfg.get("predict", False):
            self.predicted = Alarm(
                self.condition | codes.PREDICTED,
                min(priority + 1, LOWEST_PRIORITY),
                off_delay_ms=self.off_delay_ms,
            )

    def check(self, value: float, t_ms: int) -> bool:
        """Hold a value against the boundary: True if the measured alarm changed."""
        edge, active = self.value, self.alarm.active
        if self.direction > 0:
            present = value >= edge or (active and value > edge - self.deadband)
        else:
            present = value <= edge or (active and value < edge + self.deadband)
        return self.alarm.follow(present, t_ms)

    def suppress(self, t_ms: int) -> bool:
        """Apply the rule: True if that suppressed the alarm by design, or ended it.

        What a person has hidden stays as that person wanted it.
        """
        state = self.alarm.state
        hidden = state == codes.SUPPRESSED_BY_DESIGN
        if self.rule.active == hidden or state in (codes.SHELVED, codes.OUT_OF_SERVICE):
            return False
        return self.alarm.command(alarm.UNSUPPRESS if hidden else alarm.SUPPRESS, t_ms)

    def foretell(self, expected: bool, t_ms: int) -> bool:
        """The forecast expects a crossing or not: True if the predictive alarm changed.

        Once the limit is crossed the measured alarm speaks and the predictive one is suppressed
        by design. What was expected then has happened: only a new expectation counts afterwards.
        """
        old = self.predicted.state
        if self.alarm.active:
            self._fulfilled = True
            self.predicted.active = False
            if old != codes.NORM:
                self.predicted.command(alarm.SUPPRESS, t_ms)
        elif old == codes.SUPPRESSED_BY_DESIGN:
            self.predicted.command(alarm.UNSUPPRESS, t_ms)
        else:
            self._fulfilled = self._fulfilled and expected
            self.predicted.follow(expected and not self._fulfilled, t_ms)
        return self.predicted.state != old


def build(cfgs: list) -> list:
    """The boundaries of one channel."""
    found = []
    for cfg in cfgs:
        if condition(cfg["at"]) >= codes.RATE:
            from firmware import derived  # few instruments have one

            found.append(derived.build(cfg))
        else:
            found.append(Limit(cfg))
    return found


def condition(at: str) -> int:
    """Code of the limit that the profile calls `at`; KeyError for an unknown word."""
    for code, word in _WORDS:
        if word == at:
            return code
    raise KeyError(at)
