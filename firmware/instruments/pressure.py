"""Pressure gauge 压力表: gauge pressure of a vessel or line, in Pa on the wire."""

QUANTITY = "pressure"
SCALE = 2
# A receiver fills in seconds at the fastest; a burst reaches the limit, which acts on raw samples.
MAX_RATE_PER_S = 2.0
# A live loop shows noise in the last bits; one that stands still while others used to is frozen.
STUCK_MS = 30_000
QUIET_SHARE = 0.0  # the loop of a vented gauge is as noisy as any
