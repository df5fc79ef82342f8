"""Chips at the level of registers and bytes, under the firmware's own drivers, in virtual time."""

import random

import pytest

from firmware.sensors import ads1115_loop, pms5003, uart_radar
from protocols import codes
from sim import plant
from sim.chips import Nak
from sim.chips.ads1115 import DEFAULT_CONFIG, Ads1115
from sim.chips.pms5003 import FIRST_FRAME_S, PERIOD_S, Pms5003
from sim.chips.uart_radar import UartRadar
from sim.transducer import Loop
from sim.wire import Wire

CONTINUOUS_128_SPS = 0x4283  # input 0 against ground, +-4.096 V
SPAN = 1_600_000.0


class Fixed:
    """A signal of so many volts, whatever the value."""

    def __init__(self, volts: float) -> None:
        self._volts = volts

    def volts(self, value: float) -> float:
        return self._volts

    def value(self, volts: float) -> float:
        return volts


class I2C:
    """The firmware's view of one chip."""

    def __init__(self, chip):
        self._chip = chip

    def readfrom_mem_into(self, address, register, buffer):
        if address != self._chip.address:
            raise OSError(19)
        buffer[:] = self._chip.transfer(bytes((register,)), len(buffer))

    def writeto_mem(self, address, register, data):
        self._chip.transfer(bytes((register,)) + data, 0)


class Uart:
    """The firmware's view of one wire."""

    def __init__(self, wire):
        self._wire = wire
        wire.open(wire.baud, 512)

    def any(self):
        return self._wire.waiting

    def read(self, most):
        return self._wire.take(most)

    def write(self, data):
        """Nobody hears."""


def word(chip, register):
    return int.from_bytes(chip.transfer(bytes((register,)), 2), "big")


def configure(chip, config):
    chip.transfer(bytes((1, config >> 8, config & 0xFF)), 0)


def test_an_ads1115_wakes_up_idle_with_its_defaults():
    chip = Ads1115(0x48, {0: Fixed(1.0)})
    chip.advance(10.0, 0.0)
    assert [word(chip, register) for register in range(4)] == [0, DEFAULT_CONFIG, 0x8000, 0x7FFF]


def test_an_ads1115_converts_continuously_at_its_rate():
    chip = Ads1115(0x48, {0: Fixed(1.0)})
    configure(chip, CONTINUOUS_128_SPS)
    assert chip.advance(0.0077, 0.0) == []
    outputs = chip.advance(1.0, 0.0)
    assert len(outputs) == 128
    assert outputs[0].at_s == pytest.approx(1 / 128)
    assert word(chip, 0) == round(1.0 / 4.096 * 32768)


def test_an_ads1115_converts_once_when_told_to_in_single_shot_mode():
    chip = Ads1115(0x48, {0: Fixed(1.0)})
    configure(chip, 0x8000 | CONTINUOUS_128_SPS | 0x0100)
    assert not word(chip, 1) & 0x8000
    assert len(chip.advance(1.0, 0.0)) == 1
    assert word(chip, 1) & 0x8000
    assert chip.advance(2.0, 0.0) == []


@pytest.mark.parametrize(
    ("mux", "gain", "code"),
    [
        (4, 1, 8000),  # input 0, 4.096 V
        (5, 1, 16000),  # input 1
        (7, 1, 0),  # nothing on input 3
        (0, 1, -8000),  # input 0 against 1
        (4, 0, 5333),  # 6.144 V
        (4, 3, 32000),  # 1.024 V
        (4, 4, 32767),  # 0.512 V: clipped
        (0, 5, -32768),
    ],
)
def test_an_ads1115_selects_scales_and_clips(mux, gain, code):
    chip = Ads1115(0x48, {0: Fixed(1.0), 1: Fixed(2.0)})
    configure(chip, mux << 12 | gain << 9 | 0x0080)
    chip.advance(0.1, 0.0)
    assert word(chip, 0) == code & 0xFFFF


def test_a_power_cut_takes_the_configuration_of_an_ads1115():
    chip = Ads1115(0x48, {0: Fixed(1.0)})
    configure(chip, CONTINUOUS_128_SPS)
    chip.advance(1.0, 0.0)
    chip.power(1.0)
    assert (word(chip, 1), word(chip, 0)) == (DEFAULT_CONFIG, 0)


def test_a_serial_part_does_not_acknowledge_on_i2c(calm):
    with pytest.raises(Nak):
        Pms5003("pm10", calm).transfer(b"\x00", 1)


@pytest.mark.parametrize("value", [0.0, 400_000.0, 800_000.0, 1_600_000.0])
def test_the_driver_reads_a_pressure_through_loop_and_converter(calm, value):
    chip = Ads1115(0x48, {0: Loop(0.0, SPAN, 100.0, calm)})
    sensor = ads1115_loop.Sensor(I2C(chip), {"low": 0.0, "high": SPAN})
    assert sensor.read(0) == (None, codes.NO_RESPONSE)  # it configures the chip
    outputs = chip.advance(0.02, value)
    found, quality = sensor.read(20)
    assert quality == codes.GOOD
    assert found == pytest.approx(value, abs=SPAN / 10_000)
    assert outputs[-1].indicated == pytest.approx(found)


@pytest.mark.parametrize(("value", "loop_ma"), [(2_000_000.0, 20.5), (-100_000.0, 3.8)])
def test_a_transmitter_saturates_where_ne_43_says(calm, value, loop_ma):
    loop = Loop(0.0, SPAN, 100.0, calm)
    assert loop.volts(value) * 10.0 == pytest.approx(loop_ma)


@pytest.mark.parametrize("size", ["pm1", "pm25", "pm10"])
def test_the_driver_reads_a_dust_frame(calm, size):
    chip, wire = Pms5003(size, calm), Wire(9600)
    bus = Uart(wire)
    sensor = pms5003.Sensor(bus, {"size": size, "warm_up_s": 0})
    for output in chip.advance(FIRST_FRAME_S, 123.4):
        assert len(output.data) == pms5003.FRAME_BYTES
        assert output.indicated == pytest.approx(123, abs=1)
        wire.carry(output.at_s, output.data)
    wire.advance(FIRST_FRAME_S + 0.03)
    assert sensor.read(1030)[0] is None  # 32 bytes take 33 ms
    wire.advance(FIRST_FRAME_S + 0.034)
    assert sensor.read(1034) == (pytest.approx(123, abs=1), codes.GOOD)


def test_dust_frames_come_at_their_period(calm):
    outputs = Pms5003("pm10", calm).advance(9.9, 50.0)
    instants = [output.at_s for output in outputs]
    assert instants == pytest.approx([FIRST_FRAME_S + PERIOD_S * i for i in range(10)])


@pytest.mark.parametrize(
    ("sign", "value", "line"), [(1, 12.344, b"12.34"), (-1, 7.5, b"-7.50"), (-1, 0.0, b"0.00")]
)
def test_a_radar_speaks_in_lines_after_it_has_introduced_itself(calm, sign, value, line):
    first, second = UartRadar(9600, sign, calm).advance(0.2, value)
    banner, _, rest = first.data.partition(b"\r\n")
    assert banner.startswith(b"{") and rest == second.data == line + b"\r\n"
    assert uart_radar.convert(line) == (pytest.approx(sign * value, abs=0.01), codes.GOOD)


def test_the_driver_reads_a_radar(calm):
    chip, wire = UartRadar(9600, 1, calm), Wire(9600)
    sensor = uart_radar.Sensor(Uart(wire), {})
    for step in range(1, 21):
        for output in chip.advance(step / 10 + 0.01, step / 2):
            wire.carry(output.at_s, output.data)
        wire.advance(step / 10 + 0.05)
        assert sensor.read(100 * step)[0] == pytest.approx(step / 2)


def test_bytes_take_their_time_on_the_line():
    wire = Wire(9600)
    wire.open(9600, 100)
    assert wire.carry(1.0, b"ab") == pytest.approx(1.0 + 20 / 9600)
    assert wire.carry(1.0, b"c") == pytest.approx(1.0 + 30 / 9600)  # the line was busy
    for now_s, waiting in ((1.0, 0), (1.0011, 1), (1.0022, 2), (1.0032, 3)):
        wire.advance(now_s)
        assert wire.waiting == waiting
    assert (wire.take(2), wire.take(9)) == (b"ab", b"c")


def test_a_full_buffer_keeps_the_oldest_bytes_and_counts_the_rest():
    wire = Wire(9600)
    wire.open(9600, 4)
    wire.carry(0.0, b"abcdef")
    wire.advance(1.0)
    assert (wire.take(9), wire.lost) == (b"abcd", 2)


def test_a_port_that_is_closed_or_at_another_speed_hears_nothing_sensible():
    wire = Wire(9600)
    wire.carry(0.0, b"early")
    wire.advance(1.0)
    assert (wire.waiting, wire.lost) == (0, 5)
    wire.open(115_200, 100)
    wire.carry(1.0, b"text")
    wire.advance(2.0)
    assert b"text" not in wire.take(100)


@pytest.mark.parametrize("sensor", ["pressure", "dust", "speed"])
def test_the_same_seed_gives_the_same_noise(request, sensor):
    channel = request.getfixturevalue(sensor)

    def indicated(seed: int) -> list[float]:
        seen: list[float] = []
        one = plant.build(channel, {"physics": "constant", "value": 900.0}, seed)
        one.watch = lambda at_s, value, shown: seen.append(shown)
        one.advance(0.0)
        if sensor == "pressure":
            configure(one.chip, CONTINUOUS_128_SPS)
        one.advance(20.0)
        return seen

    assert len(set(indicated(1))) > 1
    assert indicated(1) == indicated(1) != indicated(2)


def test_an_unknown_sensor_is_a_key_error():
    channel = {"ch": 1, "bus": "i2c0", "sensor": "crystal_ball", "params": {}}
    with pytest.raises(KeyError, match="crystal_ball"):
        plant.build(channel, {"physics": "constant"}, 1)


def test_a_serial_output_is_seen_when_its_last_bit_has_arrived(dust):
    seen = []
    one = plant.build(dust, {"physics": "constant", "value": 50.0}, random.Random(1).random())
    one.watch = lambda at_s, value, shown: seen.append((at_s, value))
    one.advance(0.0)
    one.power(0.0)
    one.advance(1.5)
    assert seen == [(pytest.approx(FIRST_FRAME_S + 320 / 9600), 50.0)]
