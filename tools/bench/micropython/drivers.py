"""Heap that each sensor driver takes, loaded from its `.mpy` file and made: prints a JSON object.

What every node has loaded anyway does not count: the registry, the quality codes, `struct`.
"""

import gc
import json
import struct  # noqa: F401

from firmware import sensors
from protocols import codes  # noqa: F401

PARAMS = {
    "adc_ratio": {"low": 0, "high": 1},
    "ads1115_loop": {"low": 0, "high": 1},
    "modbus_rtu": {"register": 9},
    "tacho": {"circumference_m": 1.2},
}


class Bus:
    """What a driver that is made looks at."""

    def read_u16(self):
        return 0


def used():
    for _ in range(3):
        gc.collect()
    return gc.mem_alloc()


def main():
    found = {}
    for name in sensors.NAMES:
        params = PARAMS.get(name, {})
        before = used()
        made = sensors.load(name).Sensor(Bus(), params)
        found[name] = used() - before
        del made
    print(json.dumps(found))


main()
