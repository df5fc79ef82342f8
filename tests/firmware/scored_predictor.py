"""The node's forecaster as a predictor for the scoring program of recorded series."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from firmware.forecast import ChannelForecaster
from firmware.limits import Limit


class Predictor:
    """One limit on one recorded channel, seen sample by sample."""

    def __init__(self, cfg: dict[str, float]) -> None:
        self._limit = Limit(
            {
                "at": "H" if cfg["direction"] > 0 else "L",
                "value": cfg["threshold"],
                "deadband": cfg["hysteresis"],
                "predict": True,
            }
        )
        self._forecaster = ChannelForecaster(
            [self._limit], cfg["horizon_s"], int(cfg["dt_s"] * 1000)
        )
        self._horizon_s = cfg["horizon_s"]

    def update(self, t_s: float, value: float) -> tuple[float, float | None]:
        """Level and, while a crossing is expected, the time until then."""
        self._forecaster.step(value, int(t_s * 1000))
        if not self._forecaster.expects(self._limit):
            return value, None
        outlook = self._forecaster.outlook(self._limit)
        tte_s = self._horizon_s if outlook.tte_ms is None else outlook.tte_ms / 1000
        return outlook.level, min(tte_s, self._horizon_s)
