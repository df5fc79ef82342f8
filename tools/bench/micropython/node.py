"""Times the node's own pipeline on the real interpreter: prints one JSON object.

The firmware is the one that boards get; only sensor, pins and flash are stand-ins: a sensor that
answers at once, pins that remember, LittleFS in memory. What the figures mean stands in design §9.
"""

import gc
import json
import sys
import time
from array import array

import vfs

sys.modules["machine"] = sys  # nothing of it is called: the board is a stand-in

from firmware import app, sampler, spectrum, spectrum_plain
from firmware.clock import Clock
from firmware.journal import Journal
from firmware.node import Node
from firmware.outputs import Outputs
from firmware.recorder import Recorder
from protocols import codes, cose

PERIOD_MS = 200
ROUNDS = 5
SAMPLES = 1000
FFT_POINTS = 256
FFT_ROUNDS = 20
LIMIT = {"ch": 1, "at": "HH", "value": 1000000.0, "deadband": 32000.0, "predict": True}


class Pin:
    level = 0

    def value(self, level):
        self.level = level


class Sensor:
    value = 500000.0

    def read(self, t_ms):
        return self.value, codes.GOOD


class Ram:
    """Block device of 256 KiB in memory."""

    def __init__(self):
        self.data = bytearray(256 * 1024)

    def readblocks(self, block, buf, offset=0):
        start = block * 4096 + offset
        buf[:] = self.data[start : start + len(buf)]

    def writeblocks(self, block, buf, offset=0):
        start = block * 4096 + offset
        self.data[start : start + len(buf)] = buf

    def ioctl(self, operation, argument):
        return {4: 64, 5: 4096}.get(operation, 0)


class Stand:
    """A node as far as the pipeline looks."""

    annunciate = Node.annunciate

    def __init__(self, count, flush_ms=10000):
        self.relay = self.horn = self.lamp = Pin()
        self.clock = Clock(1795000000000)
        self.channels = self.alarming = [channel(ch + 1) for ch in range(count)]
        self.outputs = Outputs(self)
        who = ("pg-01", codes.MODE_SIMULATED, b"s" * 32, b"c" * 32)
        self.closed = []
        self.recorder = Recorder(
            Journal("/ram/journal", 128 * 1024), cose.Mac(b"k" * 32), self.clock, self.channels,
            who, flush_ms, lambda seq, urgent: self.closed.append(seq),
        )  # fmt: skip
        for one in self.channels:
            one.start(0)


def channel(ch, period_ms=PERIOD_MS):
    cfg = {
        "ch": ch, "name": "p" + str(ch), "instrument": "pressure", "serial": "urn:dev:os:32473-1",
        "sensor": "none", "period_ms": period_ms, "range": [0, 1600000], "horizon_s": 20,
    }  # fmt: skip
    limit = dict(LIMIT)
    limit["ch"] = ch
    return sampler.Channel(cfg, [limit], Sensor())


def relay_path_ms():
    """Sample to relay, while every sample raises or clears the alarm: the worst there is."""
    stand = Stand(1)
    one, outputs, channels = stand.channels[0], stand.outputs, stand.channels
    gc.collect()
    start_us = time.ticks_us()
    for i in range(SAMPLES):
        one._sensor.value = 1100000.0 if i & 1 else 900000.0
        one.guard(one.take(i * PERIOD_MS))
        outputs.trip(channels)
    return time.ticks_diff(time.ticks_us(), start_us) / SAMPLES / 1000


def sample_ms():
    """The whole pipeline, blocks sealed and written included, in quiet running."""
    stand = Stand(1)
    walk = noise()
    start_us = time.ticks_us()
    for i in range(SAMPLES):
        stand.channels[0]._sensor.value = next(walk)
        app.step(stand, i * PERIOD_MS)
        if i % 50 == 49:
            stand.recorder.close()
    return time.ticks_diff(time.ticks_us(), start_us) / SAMPLES / 1000


def sample_bytes():
    """Heap taken from the allocator per sample, between two blocks."""
    stand = Stand(1, 10**9)
    walk = noise()
    for i in range(50):
        stand.channels[0]._sensor.value = next(walk)
        app.step(stand, i * PERIOD_MS)
    stand.recorder.close()
    values = [next(walk) for _ in range(50)]
    gc.collect()
    gc.disable()
    before = gc.mem_alloc()
    for i in range(50):
        stand.channels[0]._sensor.value = values[i]
        app.step(stand, (50 + i) * PERIOD_MS)
    taken = gc.mem_alloc() - before
    gc.enable()
    return taken / 50


def fft_ms(kernel):
    """Captured pairs to the strongest tone, every slice of it."""
    one = spectrum.Spectrum(FFT_POINTS, kernel)
    walk = noise()
    pairs = array(
        "h", [int(next(walk) - 500000.0) + 3000 * (n % 7) for n in range(2 * FFT_POINTS)]
    )
    start_us = time.ticks_us()
    for _ in range(FFT_ROUNDS):
        for _ in one.run(pairs, one.means(pairs)):
            pass
        one.peak()
    return time.ticks_diff(time.ticks_us(), start_us) / FFT_ROUNDS / 1000


def noise():
    """500 kPa with a noise of about 200 Pa, seeded."""
    state = 20261124
    while True:
        total = 0
        for _ in range(3):
            state = (state * 1103515245 + 12345) & 0x7FFFFFFF
            total += state >> 16
        yield 500000.0 + (total / 32768 - 1.5) * 400.0


def main():
    device = Ram()
    vfs.VfsLfs2.mkfs(device)
    vfs.mount(vfs.VfsLfs2(device), "/ram")
    found = {
        "relay_path_ms": min(relay_path_ms() for _ in range(ROUNDS)),
        "sample_ms": min(sample_ms() for _ in range(ROUNDS)),
        "sample_bytes": sample_bytes(),
        "fft_ms": min(fft_ms(spectrum.KERNEL) for _ in range(ROUNDS)),
        "plain_fft_ms": min(fft_ms(spectrum_plain) for _ in range(ROUNDS)),
    }
    print(json.dumps(found))


main()
