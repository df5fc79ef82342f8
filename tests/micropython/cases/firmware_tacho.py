"""The tacho driver: pulses at given microseconds, with bounces, missing teeth and standstill."""

from firmware.sensors import tacho
from protocols import codes

WRAP = 1 << 30  # ticks of a board


class Wheel:
    """Pin and clock in one; `turn` lets pulses come."""

    IRQ_FALLING = 2

    def __init__(self, soft=False, start_us=0):
        self.us = start_us
        self.handler = None
        self.soft = soft

    def irq(self, handler, trigger, hard=False):
        if self.soft and hard:
            raise TypeError("extra keyword arguments given")
        assert trigger == 2
        self.handler = handler

    def ticks_us(self):
        return self.us % WRAP

    def ticks_diff(self, end, start):
        return (end - start + WRAP // 2) % WRAP - WRAP // 2

    def turn(self, *intervals_us):
        for interval_us in intervals_us:
            self.us += interval_us
            self.handler(self)


def shaft(soft=False, start_us=0, **params):
    """One metre a turn, ten pulses a turn: 10 ms a pulse is 36 km/h."""
    wheel = Wheel(soft, start_us)
    settings = {"circumference_m": 1.0, "pulses_per_rev": 10}
    settings.update(params)
    sensor = tacho.Sensor(wheel, settings, wheel)
    assert sensor.read(wheel.us // 1000) == (0.0, codes.WARM_UP)
    return wheel, sensor


def reads(sensor, value, quality=codes.GOOD):
    found, said = sensor.read(sensor._clock.us // 1000)
    assert abs(found - value) < 1e-3 * max(1.0, value) and said == quality, (found, said)


def test_a_known_wheel_at_a_known_speed():
    """600 turns a minute of 0.5 m are 5 m/s, 18 km/h; 10 Hz of 10 m are 360 km/h."""
    assert abs(tacho.convert(600, 60000000, 0.5) - 18.0) < 1e-4
    assert abs(tacho.convert(1, 100000, 10.0) - 360.0) < 1e-3


def test_speed_is_measured_from_edge_to_edge_whenever_it_is_read():
    wheel, sensor = shaft()
    wheel.turn(*[10000] * 11)
    wheel.us += 9999  # almost the next pulse
    reads(sensor, 36.0)
    wheel.turn(1, *[10000] * 9)
    reads(sensor, 36.0)
    wheel.turn(5000, 5000)
    reads(sensor, 72.0)


def test_one_edge_after_standstill_is_no_speed_yet():
    wheel, sensor = shaft()
    wheel.us += 2000000
    reads(sensor, 0.0)
    wheel.turn(700000)
    reads(sensor, 0.0)
    wheel.turn(20000)
    reads(sensor, 18.0)


def test_a_node_that_has_just_started_cannot_call_it_standstill():
    wheel, sensor = shaft(standstill_ms=500)
    wheel.us += 499000
    reads(sensor, 0.0, codes.WARM_UP)
    wheel.us += 1000
    reads(sensor, 0.0)
    wheel, sensor = shaft()
    wheel.turn(10000)
    reads(sensor, 0.0, codes.WARM_UP)
    wheel.turn(10000)
    reads(sensor, 36.0)


def test_between_pulses_the_speed_falls_and_is_zero_at_standstill():
    wheel, sensor = shaft(standstill_ms=500)
    wheel.turn(*[10000] * 5)
    reads(sensor, 36.0)
    wheel.us += 5000
    reads(sensor, 36.0)  # no pulse is due yet
    wheel.us += 15000
    reads(sensor, 18.0)
    wheel.us += 479000
    reads(sensor, 0.36 / 0.499)
    wheel.us += 1000
    reads(sensor, 0.0)


def test_a_contact_that_bounces_counts_once():
    wheel, sensor = shaft()
    for _ in range(11):
        wheel.turn(9500, 125, 125, 125, 125)
    reads(sensor, 36.0)


def test_a_missing_tooth_is_added_and_marked():
    wheel, sensor = shaft()
    wheel.turn(*[10000] * 5)
    reads(sensor, 36.0)
    wheel.turn(10000, 10000, 20000, 10000)
    reads(sensor, 36.0, codes.IMPLAUSIBLE_RATE)
    wheel.turn(*[10000] * 5)
    reads(sensor, 36.0)


def test_a_hard_acceleration_is_never_read_as_more_than_its_fastest_interval():
    wheel, sensor = shaft()
    wheel.turn(10000, 100000, 60000, 40000, 25000)
    value, quality = sensor.read(wheel.us // 1000)
    assert quality == codes.IMPLAUSIBLE_RATE and value <= 0.36 / 0.025 + 1e-6


def test_uneven_teeth_average_out():
    wheel, sensor = shaft()
    wheel.turn(*[11000, 9000] * 5)
    wheel.turn(11000)
    reads(sensor, 36.0)


def test_what_is_faster_than_bouncing_allows_is_a_guard_value():
    wheel, sensor = shaft()
    wheel.turn(*[2100] * 20)
    reads(sensor, 360.0 / 2.1)
    wheel.turn(*[1900] * 20)
    value, quality = sensor.read(wheel.us // 1000)
    assert quality == codes.GUARD_HIGH
    wheel.turn(*[600] * 20)  # every other edge is swallowed: half the truth, and it says so
    value, quality = sensor.read(wheel.us // 1000)
    assert quality == codes.GUARD_HIGH and value > 250.0


def test_ticks_wrap_unseen_under_way_and_at_rest():
    wheel, sensor = shaft(start_us=WRAP - 30000)
    wheel.turn(*[10000] * 8)
    reads(sensor, 36.0)
    for _ in range(700):  # nearly 12 minutes: more than half of what ticks can tell
        wheel.us += 1000000
        sensor.read(wheel.us // 1000)
    reads(sensor, 0.0)
    wheel.turn(10000, 10000)
    reads(sensor, 36.0)


def test_a_port_without_hard_interrupts_gets_soft_ones():
    wheel, sensor = shaft(soft=True)
    wheel.turn(10000, 10000)
    reads(sensor, 36.0)


def test_an_interrupt_allocates_nothing():
    try:
        import micropython

        lock, unlock = micropython.heap_lock, micropython.heap_unlock
    except (ImportError, AttributeError):
        return  # CPython has no such lock
    wheel, sensor = shaft()
    lock()
    try:
        for interval_us in (5000, 10000, 10000, 100, 25000, 10000):
            wheel.us += interval_us
            sensor._edge(None)
    finally:
        unlock()
    reads(sensor, 36.0, codes.IMPLAUSIBLE_RATE)
