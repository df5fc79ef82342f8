"""Dust meter 粉尘仪: mass concentration in air, in ug/m3 on the wire."""

QUANTITY = "dust"
SCALE = 0
MAX_RATE_PER_S = 2.0
STUCK_MS = 0  # clean air reads the same whole number for hours
