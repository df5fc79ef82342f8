"""Faults of transducer, wiring and bus, seen by the firmware's own driver and channel.

Chip, driver, diagnosis and alarm table are the real ones; time is virtual.
"""

import asyncio
import itertools
from types import SimpleNamespace

import pytest

from firmware import sampler, sensors
from protocols import codes
from sim import clock, faults, plant
from sim.chips import Nak
from sim.errors import ScenarioError
from sim.wire import Framing

PERIOD_MS = 100
SPAN = {"pressure": 1_600_000, "dust": 2_000, "speed": 100}
VALUE = {"pressure": 800_000.0, "dust": 800.0, "speed": 40.0}
TOLERANCE = {"pressure": 1_000.0, "dust": 10.0, "speed": 0.1}


class Bus:
    """A bus of a board, as a driver knows it, with one plant on it."""

    def __init__(self, one):
        self._plant = one

    def _now(self):
        self._plant.advance(asyncio.get_running_loop().time())

    def readfrom_mem_into(self, address, register, buffer):
        self._now()
        buffer[:] = self._transfer(bytes((register,)), len(buffer))

    def writeto_mem(self, address, register, data):
        self._now()
        self._transfer(bytes((register,)) + data, 0)

    def _transfer(self, written, count):
        try:
            return self._plant.transfer(written, count)
        except Nak as error:
            raise OSError(19) from error

    def any(self):
        self._now()
        return self._plant.wire.waiting

    def read(self, most):
        return self._plant.wire.take(most)

    def write(self, data):
        self._plant.hear(asyncio.get_running_loop().time(), data, Framing(self._plant.chip.baud))


class Rig:
    """One channel from physics to alarm; `run` lets it measure."""

    def __init__(self, kind, channel, value=None):
        self.plant = plant.build(channel, {"physics": "constant", "value": value}, 1)
        self.kind = kind
        node = SimpleNamespace(plants=[self.plant])
        self.world = SimpleNamespace(seed=1, nodes={"n1": node})
        self.plant.power(0.0)
        if self.plant.wire is not None:
            self.plant.wire.open(self.plant.wire.baud, 512)
        sensor = sensors.load(channel["sensor"]).Sensor(Bus(self.plant), channel["params"])
        cfg = {
            **channel,
            "name": kind,
            "instrument": kind,
            "serial": "urn:x",
            "range": [0, SPAN[kind]],
            "period_ms": PERIOD_MS,
            "horizon_s": 30,
        }
        limit = {
            "ch": channel["ch"],
            "at": "HH",
            "value": 0.9 * SPAN[kind],
            "deadband": 0,
            "on_delay_ms": 0,
            "off_delay_ms": 0,
            "priority": 1,
            "latch": False,
            "predict": False,
        }
        self.channel = sampler.Channel(cfg, [limit], sensor)
        self.changes = []

    def fault(self, name, **params):
        return faults.build(name, self.world, "n1", self.plant.ch, params)

    async def run(self, seconds):
        """Samples of that time."""
        found = []
        for _ in range(round(1000 * seconds / PERIOD_MS)):
            await asyncio.sleep(PERIOD_MS / 1000)
            sample = self.channel.take(round(1000 * asyncio.get_running_loop().time()))
            self.changes += self.channel.guard(sample)
            found.append(sample)
        return found

    def raised(self):
        return [one.condition for one in self.changes if one.new == codes.UNACK]


@pytest.fixture
def rig(pressure, dust, speed):
    """Run a coroutine with the rig of a channel, measuring well, on a virtual clock."""
    channels = {"pressure": pressure, "dust": dust, "speed": speed}

    def use(kind, story):
        async def main():
            one = Rig(kind, channels[kind], VALUE[kind])
            await one.run(4.0)
            assert is_well(one, one.channel.last)
            await story(one)

        clock.run(main(), 1)

    return use


def is_well(one, sample):
    return (
        sample.quality == codes.GOOD and abs(sample.value - VALUE[one.kind]) < TOLERANCE[one.kind]
    )


def worst(samples):
    """Qualities that are not good, each once."""
    return {one.quality for one in samples} - {codes.GOOD}


# fault, channel, parameters, what the firmware shows within its time, is it a FAULT alarm?
SHOWN = [
    ("open_loop", "pressure", {}, {codes.OPEN_LOOP}, True),
    ("short_circuit", "pressure", {}, {codes.SHORT_CIRCUIT}, True),
    ("fault_current", "pressure", {"current_ma": 21.5}, {codes.SHORT_CIRCUIT}, True),
    ("fault_current", "pressure", {"current_ma": 3.5}, {codes.OPEN_LOOP}, True),
    ("fault_current", "pressure", {"current_ma": 20.8}, {codes.GUARD_HIGH}, False),
    ("i2c_nak", "pressure", {}, {codes.NO_RESPONSE}, True),
    ("i2c_stuck", "pressure", {}, {codes.NO_RESPONSE}, True),
    ("uart_silence", "dust", {}, {codes.NO_RESPONSE}, True),
    ("uart_silence", "speed", {}, {codes.NO_RESPONSE}, True),
    ("bad_checksums", "dust", {}, {codes.BAD_CHECKSUM}, True),
    ("half_frames", "dust", {}, {codes.BAD_CHECKSUM}, True),
    ("half_frames", "speed", {}, {codes.NO_RESPONSE}, True),
    ("swapped_bytes", "dust", {}, {codes.NO_RESPONSE}, True),
    ("swapped_bytes", "speed", {}, {codes.BAD_CHECKSUM}, True),
    ("saturation", "pressure", {"highest": -80_000.0}, {codes.UNDER_RANGE}, False),
    ("offset", "pressure", {"offset": 810_000.0}, {codes.OVER_RANGE}, False),
    ("spikes", "pressure", {"height": 640_000.0, "every_s": 2.0}, {codes.IMPLAUSIBLE_RATE}, False),
]


@pytest.mark.parametrize(("name", "kind", "params", "shown", "is_fault"), SHOWN)
def test_the_firmware_shows_it_and_forgets_it(rig, name, kind, params, shown, is_fault):
    async def story(one):
        fault = one.fault(name, **params)
        await fault.begin()
        during = worst(await one.run(6.0))
        assert shown <= during, [hex(code) for code in during]
        assert (codes.FAULT in one.raised()) == is_fault
        await fault.end()
        after = await one.run(5.0)
        assert is_well(one, after[-1])
        assert one.channel.fault.state in (codes.NORM, codes.RTN_UNACK)

    rig(kind, story)


def test_a_loose_contact_comes_and_goes_and_repeats_itself(rig):
    seen = []

    async def story(one):
        fault = one.fault("loose_contact", mean_closed_ms=300, mean_open_ms=300)
        await fault.begin()
        samples = await one.run(8.0)
        assert {codes.GOOD, codes.OPEN_LOOP} <= {sample.quality for sample in samples}
        seen.append([sample.quality for sample in samples])
        await fault.end()
        await one.run(1.0)
        assert is_well(one, one.channel.last)

    rig("pressure", story)
    rig("pressure", story)
    assert seen[0] == seen[1]


def test_a_loose_contact_of_a_serial_sensor_damages_its_lines(rig):
    async def story(one):
        fault = one.fault("loose_contact", mean_closed_ms=200, mean_open_ms=2_000)
        await fault.begin()
        assert worst(await one.run(12.0)) == {codes.NO_RESPONSE}
        await fault.end()

    rig("speed", story)


def test_noise_between_the_frames_costs_no_reading(rig):
    async def story(one):
        fault = one.fault("noise_bytes")
        await fault.begin()
        assert not worst(await one.run(10.0))
        await fault.end()

    rig("dust", story)


def test_noise_between_the_lines_of_a_radar_is_damage_to_them(rig):
    async def story(one):
        fault = one.fault("noise_bytes")
        await fault.begin()
        assert codes.BAD_CHECKSUM in worst(await one.run(5.0))
        await fault.end()

    rig("speed", story)


def test_a_radar_line_with_a_wrong_bit_may_be_another_speed_and_a_big_step_is_seen(rig):
    """Its lines carry no check: nobody can tell. A known limit of that part, not of the driver."""

    async def story(one):
        fault = one.fault("bad_checksums")
        await fault.begin()
        samples = await one.run(30.0)
        unseen = [one for one in samples if one.quality == codes.GOOD and one.value > 41.0]
        assert unseen
        steps = [two.value - one.value for one, two in itertools.pairwise(unseen)]
        assert all(step < 40.0 for step in steps)
        assert codes.IMPLAUSIBLE_RATE in worst(samples)
        await fault.end()

    rig("speed", story)


def test_a_stuck_value_hides_what_happens(rig):
    async def story(one):
        fault = one.fault("stuck")
        await fault.begin()
        one.plant.model.value = 0.95 * SPAN["pressure"]
        samples = await one.run(5.0)
        assert len({sample.value for sample in samples[1:]}) == 1 and not one.raised()
        await fault.end()
        await one.run(0.5)
        assert one.raised() == [codes.HH]

    rig("pressure", story)


def test_a_stuck_value_is_noticed_by_the_noise_that_it_lacks(rig):
    async def story(one):
        lively = one.fault("noise", sigma=2_000.0)
        await lively.begin()
        await one.run(60.0)
        fault = one.fault("stuck")
        await fault.begin()
        samples = await one.run(125.0)
        assert samples[-1].quality == codes.STUCK and codes.FAULT in one.raised()
        await fault.end()
        await lively.end()
        await one.run(1.0)
        assert is_well(one, one.channel.last)

    rig("pressure", story)


def test_drift_reaches_a_limit_that_the_truth_does_not(rig):
    async def story(one):
        fault = one.fault("drift", drift_per_s=40_000.0)
        await fault.begin()
        await one.run(17.0)
        assert one.raised() == [codes.HH]
        await fault.end()
        await one.run(0.5)
        assert is_well(one, one.channel.last)

    rig("pressure", story)


def test_a_slow_sensor_is_late_by_its_time_constant(rig):
    async def story(one):
        fault = one.fault("slow_response", tau_s=5.0)
        await fault.begin()
        await one.run(0.2)
        one.plant.model.value = VALUE["pressure"] + 100_000.0
        (*_, last) = await one.run(5.0)
        assert last.value - VALUE["pressure"] == pytest.approx(63_000.0, abs=2_500.0)
        one.plant.model.value = VALUE["pressure"]
        await fault.end()

    rig("pressure", story)


def test_the_truth_stays_the_truth(rig):
    """Crossings are of what is there, indications of what the sensor says."""

    async def story(one):
        told = []
        one.plant.watch = lambda at_s, true, shown: told.append((true, shown))
        fault = one.fault("offset", offset=100_000.0)
        await fault.begin()
        await one.run(1.0)
        true, shown = told[-1]
        assert true == VALUE["pressure"]
        assert shown == pytest.approx(true + 100_000.0, abs=1_000.0)
        await fault.end()

    rig("pressure", story)


@pytest.mark.parametrize(
    ("name", "kind", "says"),
    [
        ("open_loop", "dust", "channel 2 has no analog signal"),
        ("i2c_nak", "dust", "channel 2 is not on an I2C bus"),
        ("uart_silence", "pressure", "channel 1 is not on a serial line"),
        ("saturation", "pressure", "needs highest or lowest"),
    ],
)
def test_a_fault_that_does_not_fit_its_channel_says_so(rig, name, kind, says):
    async def story(one):
        with pytest.raises(ScenarioError, match=f"{name}: {says}"):
            one.fault(name)

    rig(kind, story)
