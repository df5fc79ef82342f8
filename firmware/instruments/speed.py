"""Speed meter 测速仪: speed of a hoist, vehicle or belt, in km/h on the wire."""

QUANTITY = "speed"
SCALE = -2
# 10 g would be 353 km/h per second: nothing that a speed meter watches does a full range a second.
MAX_RATE_PER_S = 1.0
STUCK_MS = 30_000
QUIET_SHARE = 0.005  # a hoist at rest reads zero for hours
