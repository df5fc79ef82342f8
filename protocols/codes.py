"""Registry of every number that stands for a word on the wire: quality, alarms, events, clocks.

A quality code is `category << 4 | n`, the category being NAMUR NE 107's; codes are never reused
and never translated: words for people stand in `words`, which a node does not need to load.
"""

# --- NE 107 categories (quality >> 4) ---------------------------------------------------------
GOOD_CATEGORY = 0
FAILURE = 1
FUNCTION_CHECK = 2
OUT_OF_SPECIFICATION = 3
MAINTENANCE = 4

# --- quality: NE 107 category and reason -----------------------------------------------------
GOOD = 0x00
OPEN_LOOP = 0x10  # NE 43: at or below 3.6 mA
SHORT_CIRCUIT = 0x11  # NE 43: at or above 21.0 mA
NO_RESPONSE = 0x12  # bus NAK, or silence longer than the sensor's own period allows
BAD_CHECKSUM = 0x13
STUCK = 0x14
SATURATED = 0x15
MISSED = 0x16  # the slot passed without a sample being taken
WARM_UP = 0x20
LOCAL_TEST = 0x21
UNDER_RANGE = 0x30
OVER_RANGE = 0x31
GUARD_LOW = 0x32  # NE 43 guard band 3.6-3.8 mA
GUARD_HIGH = 0x33  # NE 43 guard band 20.5-21.0 mA
IMPLAUSIBLE_RATE = 0x34
SPIKE = 0x35
DISCREPANT = 0x36  # two channels that measure the same do not agree
UNCALIBRATED = 0x40
VERIFICATION_OVERDUE = 0x41

# --- alarm conditions; the predictive alarm of limit X is X | PREDICTED -----------------------
LL = 1
L = 2
H = 3
HH = 4
RATE = 5  # rate of change, either way
DEVIATION = 6  # from a set point, either way
DISCREPANCY = 7  # from another channel that measures the same
PREDICTED = 0x10
FAULT = 0x20  # the instrument itself, by NE 107 failure
JOURNAL_FULL = 0x21
TAMPER = 0x22  # the cover was opened

# --- ISA-18.2 / IEC 62682 alarm states ---------------------------------------------------------
NORM = 1
UNACK = 2
ACKED = 3
RTN_UNACK = 4
LATCH_UNACK = 5
LATCH_ACKED = 6
SHELVED = 7
SUPPRESSED_BY_DESIGN = 8
OUT_OF_SERVICE = 9

# --- events in a block: the argument layouts stand in event.py; 5 is free --------------------
EV_BOOT = 1
EV_CHANNEL = 2
EV_LIMIT = 3
EV_ALARM = 4
EV_GAP = 6
EV_CLOCK = 7
EV_OVERWRITE = 8
EV_MISSED = 9
EV_COMMAND = 10
EV_CONFIG = 11
EV_CRASH = 12
EV_SELFTEST = 13
EV_CERTIFICATE = 14
EV_ADJUST = 15

# --- clock quality in a block header ----------------------------------------------------------
CLOCK_NONE = 0  # counting from boot only: times are offsets from an arbitrary start
CLOCK_RTC = 1  # kept by a battery clock, not confirmed since boot
CLOCK_SYNCED = 2  # disciplined from the gateway since boot
CLOCK_HOLDOVER = 3  # it was, but longer ago than the node may count on its own

# --- mode in a block header: only NORMAL may ever be shown as a real measurement --------------
MODE_NORMAL = 0
MODE_TEST = 1
MODE_DRILL = 2
MODE_SIMULATED = 3

# --- why a node started (EV_BOOT) --------------------------------------------------------------
BOOT_POWER = 1
BOOT_HARD = 2
BOOT_WATCHDOG = 3
BOOT_DEEPSLEEP = 4
BOOT_SOFT = 5

# --- why records are missing (EV_GAP) ----------------------------------------------------------
GAP_OPEN_BLOCK = 1  # a power cut took the block that was still open in memory
GAP_CORRUPT = 2  # a stored block no longer verifies
GAP_REFUSED = 3  # flash refused to take a block


def category(quality: int) -> int:
    """NE 107 category of a quality code."""
    return quality >> 4
