"""Calibration: what the sensor indicates becomes what is true, by the points of the certificate.

Points are [indicated, true] pairs in the wire unit, linear between neighbours; the outermost
segments go on beyond the ends, because a value over the range must stay a value over the limit.
What was put right since the certificate, zero and span, comes after it: (true - zero) * gain.
"""


class Calibration:
    """One certificate's points."""

    def __init__(
        self, points: list, uncertainty: float = 0.0, zero: float = 0.0, gain: float = 1.0
    ):  # fmt: skip
        """`uncertainty` is the expanded one (k = 2) of the certificate, in the wire unit."""
        self.uncertainty = uncertainty
        self._segments = _segments([(x, (true - zero) * gain) for x, true in points])

    def apply(self, indicated: float) -> float:
        """True value for an indicated one."""
        for end, slope, offset in self._segments:
            if indicated <= end:
                break
        return indicated * slope + offset


def _segments(points):
    """(indicated value at its end, slope, offset) per segment, in rising order."""
    if len(points) < 2:
        raise ValueError("points: at least two are needed")
    segments = []
    for i in range(len(points) - 1):
        (start, true_start), (end, true_end) = points[i], points[i + 1]
        if end <= start or true_end <= true_start:
            raise ValueError("points: both columns must rise")
        slope = (true_end - true_start) / (end - start)
        segments.append((end, slope, true_start - start * slope))
    return tuple(segments)
