"""The newest values as SenML: what `/m` shows before it is journalled, forecast included.

Names hang on the instrument's DEV URN: `<name>` the value (absent while the sensor has failed),
`.q` its quality code, `.U` the expanded uncertainty; of the forecast `.level`, `.slope` (per s),
`.sd` (at the horizon), `.p`, `.tte`, `.tte10`, `.tte90` (s) and `.at`, the limit it speaks of.
"""

import struct

from protocols import senml_writer, tags


def latest(channels: list, clock) -> bytes:
    """SenML-CBOR pack of every channel that has been sampled."""
    return senml_writer.encode_cbor(
        [
            (channel.serial + ":", clock.wall_ms(channel.last.t_ms), _records(channel))
            for channel in channels
            if channel.last is not None
        ]
    )


def _records(channel):
    name, unit, sample, forecast = channel.name, channel.unit, channel.last, channel.forecast
    found = [
        (name, unit, _rounded(sample.value, channel.step)),
        (name + ".q", None, sample.quality),
        (name + ".U", unit, channel.uncertainty),
    ]
    if forecast.reason or forecast.limit is None:
        return found
    return found + [
        (name + ".level", unit, _single(forecast.level)),
        (name + ".slope", None, _single(forecast.slope)),
        (name + ".sd", unit, _single(forecast.sd)),
        (name + ".p", "/", _single(forecast.probability)),
        (name + ".tte", "s", _seconds(forecast.tte_ms)),
        (name + ".tte10", "s", _seconds(forecast.tte10_ms)),
        (name + ".tte90", "s", _seconds(forecast.tte90_ms)),
        (name + ".at", None, tags.name(tags.CONDITIONS, forecast.limit)),
    ]


def _rounded(value, step):
    """The value in whole steps of the resolution, as the journal will have it."""
    return None if value is None else round(value / step) * step


def _single(value):
    """In single precision: half the bytes, and all that a forecast is worth."""
    return struct.unpack("f", struct.pack("f", value))[0]


def _seconds(ms):
    return None if ms is None else ms // 1000 if ms >= 10_000 else _single(ms / 1000)
