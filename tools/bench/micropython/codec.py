"""Runs on the MicroPython interpreter: the journal block against the yardstick, one JSON line.

One block of 3 channels x 10 samples at 1 Hz with one alarm. Both sides carry the same: header,
channels, and of every sample its channel, time, value and quality. Ours is timed from the first
sample to the finished payload, the yardstick from records that were collected already.
"""

import gc
import json
import time

import generic_cbor

from protocols import block, codes

ROUNDS = 25
REPEATS = 10
START_MS = 1795456800123
CHANNELS = ((1, 2, 1000), (2, -1, 1000), (3, -2, 1000))
WALK = (10123, 10130, 10127, 10144, 10170, 10165, 10180, 10201, 10190, 10222)
ALARM = (1, codes.H, codes.NORM, codes.UNACK, 10222)
HEADER = block.Header(
    "pg-01", 1234, bytes(range(16)), START_MS, codes.MODE_NORMAL, codes.CLOCK_SYNCED,
    b"\x01\x02\x03\x04", b"\x05\x06\x07\x08", 3, 17,
)  # fmt: skip
SAMPLES = tuple(
    (ch, START_MS + 1000 * i, WALK[i] * ch, codes.GOOD) for i in range(10) for ch in (1, 2, 3)
)
RECORDS = [
    list(HEADER),
    [list(channel) for channel in CHANNELS],
    [list(sample) for sample in SAMPLES],
    [[START_MS + 9000, codes.EV_ALARM] + list(ALARM)],
]
WRITER = block.Writer(CHANNELS)


def encode():
    add = WRITER.add
    for ch, t_ms, value, quality in SAMPLES:
        add(ch, t_ms, value, quality)
    WRITER.event(START_MS + 9000, codes.EV_ALARM, ALARM)
    return WRITER.close(HEADER)


def encode_yardstick():
    return generic_cbor.dumps(RECORDS)


PAYLOAD = encode()
YARDSTICK_PAYLOAD = encode_yardstick()


def decode():
    return block.decode(PAYLOAD)


def decode_yardstick():
    return generic_cbor.loads(YARDSTICK_PAYLOAD)


def main():
    found = block.decode(PAYLOAD)
    assert [one.values for one in found.series] == [[v * ch for v in WALK] for ch in (1, 2, 3)]
    assert decode_yardstick() == RECORDS
    result = {
        "encode_us": _microseconds(encode, encode_yardstick),
        "decode_us": _microseconds(decode, decode_yardstick),
        "alloc_bytes": (_allocated(encode), _allocated(encode_yardstick)),
        "payload_bytes": (len(PAYLOAD), len(YARDSTICK_PAYLOAD)),
    }
    print(json.dumps(result))


def _microseconds(ours, yardstick):
    """Best time of one call of each, taken in turns so that both meet the same machine."""
    best = [1 << 60, 1 << 60]
    for _ in range(ROUNDS):
        for i, act in ((0, ours), (1, yardstick)):
            gc.collect()
            start = time.ticks_us()
            for _ in range(REPEATS):
                act()
            best[i] = min(best[i], time.ticks_diff(time.ticks_us(), start))
    return [total / REPEATS for total in best]


def _allocated(act):
    """Bytes that one call takes from the heap."""
    gc.collect()
    gc.disable()
    before = gc.mem_alloc()
    act()
    used = gc.mem_alloc() - before
    gc.enable()
    return used


main()
