"""The newest values as SenML: what `/m` shows before it is journalled, forecast included.

Names hang on the instrument's DEV URN: `<name>` the value (absent while the sensor has failed),
`.q` its quality code, `.U` the expanded uncertainty; of the forecast `.level`, `.slope` (per s),
`.sd` (at the horizon), `.p`, `.tte`, `.tte10`, `.tte90` (s) and `.at`, the limit it speaks of.
"""

from protocols import cbor, words


def latest(channels: list, clock) -> bytes:
    """SenML-CBOR pack of every channel that has been sampled."""
    records = []
    for channel in channels:
        if channel.last is not None:
            _channel(records, channel, clock)
    return cbor.encode(records)
