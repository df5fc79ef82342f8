"""Registry of sensors: adding a part is one file here and one word in `NAMES`.

A sensor module offers `convert(raw) -> (value or None, quality)`, pure, and

    BUS                                 table of the board's pin file that its bus stands in
    ADDRESS                             on I2C: where the part is if the params say nothing
    PARAMS                              names of the params that a profile may give
    Sensor(bus, params)                 bus from `board.bus()`, params from the sealed profile
    Sensor.read(t_ms) -> (value or None, quality)

    Sensor.START_MS                     how long a sensor in order may be silent at first (or 0)

    Sensor.work(now_ms) -> ms           optional: called between samples, again after so many ms
    build(board, bus, params)           optional: the Sensor, where a bus alone is not enough

`read` takes milliseconds at most, and so does a call of `work`: another channel may be due. Work
is for what takes longer than a read may; `read` then gives what the work has found.

What cannot be read is a quality, not an exception; only an OSError of the bus itself may pass, and
counts as no response. `value` is in the wire unit of the sensor's quantity, before calibration; it
is None exactly when the quality is an NE 107 failure. Params that make no sense are a ValueError,
a missing one is a KeyError, both when the Sensor is made, which does not touch its bus yet.
"""

NAMES = ("adc_ratio", "ads1115_loop", "doppler_if", "modbus_rtu", "pms5003", "tacho", "uart_radar")


def load(name: str):
    """Module of the sensor called `name`, imported now; KeyError for an unknown one."""
    if name not in NAMES:
        raise KeyError(name)
    return __import__("firmware.sensors." + name, None, None, ("Sensor",))


def build(name: str, board, bus: str, params: dict):
    """Sensor `name` on the bus that the board calls `bus`."""
    part = load(name)
    if hasattr(part, "build"):
        return part.build(board, bus, params)
    return part.Sensor(board.bus(bus, params.get("baud")), params)
