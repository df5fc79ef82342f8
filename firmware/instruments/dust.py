"""Dust meter 粉尘仪: mass concentration in air, in ug/m3 on the wire."""

QUANTITY = "dust"
SCALE = 0
MAX_RATE_PER_S = 2.0
# In still air a counter speaks every 2.3 s, and its noise shrinks with what there is to count.
STUCK_MS = 120_000
QUIET_SHARE = 0.005  # clean air reads the same whole number for hours
