"""Words for the numbers in `codes`: stable names for JSON, logs and tests, never translated.

A node sends numbers only and does not load this file: the words it needs stand in `tags`.
"""

from . import codes
from .tags import CONDITIONS as CONDITIONS
from .tags import name as name

CATEGORIES = ("good", "failure", "function check", "out of specification", "maintenance required")

QUALITIES = (
    (codes.GOOD, "good"),
    (codes.OPEN_LOOP, "open loop"),
    (codes.SHORT_CIRCUIT, "short circuit"),
    (codes.NO_RESPONSE, "no response"),
    (codes.BAD_CHECKSUM, "bad checksum"),
    (codes.STUCK, "stuck"),
    (codes.SATURATED, "saturated"),
    (codes.MISSED, "missed"),
    (codes.WARM_UP, "warm-up"),
    (codes.LOCAL_TEST, "local test"),
    (codes.UNDER_RANGE, "under range"),
    (codes.OVER_RANGE, "over range"),
    (codes.GUARD_LOW, "guard band low"),
    (codes.GUARD_HIGH, "guard band high"),
    (codes.IMPLAUSIBLE_RATE, "implausible rate"),
    (codes.SPIKE, "spike"),
    (codes.DISCREPANT, "discrepant"),
    (codes.UNCALIBRATED, "uncalibrated"),
    (codes.VERIFICATION_OVERDUE, "verification overdue"),
)

ALARM_STATES = (
    (codes.NORM, "NORM"),
    (codes.UNACK, "UNACK"),
    (codes.ACKED, "ACKED"),
    (codes.RTN_UNACK, "RTN_UNACK"),
    (codes.LATCH_UNACK, "LATCH_UNACK"),
    (codes.LATCH_ACKED, "LATCH_ACKED"),
    (codes.SHELVED, "SHELVED"),
    (codes.SUPPRESSED_BY_DESIGN, "SUPPRESSED_BY_DESIGN"),
    (codes.OUT_OF_SERVICE, "OUT_OF_SERVICE"),
)

MODES = ("normal", "test", "drill", "simulated")
CLOCKS = ("none", "rtc", "synced", "holdover")

BOOTS = (
    (codes.BOOT_POWER, "power"),
    (codes.BOOT_HARD, "hard reset"),
    (codes.BOOT_WATCHDOG, "watchdog"),
    (codes.BOOT_DEEPSLEEP, "deep sleep"),
    (codes.BOOT_SOFT, "soft reset"),
)

GAPS = (
    (codes.GAP_OPEN_BLOCK, "open block"),
    (codes.GAP_CORRUPT, "corrupt"),
    (codes.GAP_REFUSED, "refused"),
)

EVENTS = (
    (codes.EV_BOOT, "boot"),
    (codes.EV_CHANNEL, "channel"),
    (codes.EV_LIMIT, "limit"),
    (codes.EV_ALARM, "alarm"),
    (codes.EV_GAP, "gap"),
    (codes.EV_CLOCK, "clock"),
    (codes.EV_OVERWRITE, "overwrite"),
    (codes.EV_MISSED, "missed"),
    (codes.EV_COMMAND, "command"),
    (codes.EV_CONFIG, "config"),
    (codes.EV_CRASH, "crash"),
    (codes.EV_SELFTEST, "selftest"),
    (codes.EV_CERTIFICATE, "certificate"),
    (codes.EV_ADJUST, "adjust"),
)


def code(table: tuple, word: str) -> int:
    """Number for `word` in one of the tables above; KeyError if there is none."""
    for number, known in table:
        if known == word:
            return number
    raise KeyError(word)
