"""Pure conversions of the sensors, against the numbers of their makers and of NAMUR NE 43."""

from firmware.calibrate import Calibration
from firmware.sensors import adc_ratio, ads1115_loop, pms5003, uart_radar
from protocols import codes


def frame(pm1, pm25, pm10):
    data = bytearray(32)
    data[:4] = b"\x42\x4d\x00\x1c"
    for offset, value in ((10, pm1), (12, pm25), (14, pm10)):
        data[offset], data[offset + 1] = value >> 8, value & 0xFF
    total = sum(data[:30])
    data[30], data[31] = total >> 8 & 0xFF, total & 0xFF
    return bytes(data)


def test_a_loop_is_linear_from_4_to_20_ma():
    for loop_ma, value in ((4.0, 0.0), (12.0, 800000.0), (20.0, 1600000.0)):
        found, quality = ads1115_loop.convert(loop_ma, 0.0, 1600000.0)
        assert abs(found - value) < 1.0 and quality == codes.GOOD


def test_ne_43_bands():
    for loop_ma, quality in (
        (3.6, codes.OPEN_LOOP),
        (3.7, codes.GUARD_LOW),
        (3.8, codes.GOOD),
        (20.5, codes.GOOD),
        (20.7, codes.GUARD_HIGH),
        (21.0, codes.SHORT_CIRCUIT),
    ):
        value, found = ads1115_loop.convert(loop_ma, 0.0, 1.0)
        assert found == quality, loop_ma
        assert (value is None) == (codes.category(quality) == codes.FAILURE), loop_ma


def test_a_ratiometric_transducer_is_linear_from_10_to_90_percent():
    """WIKA: 10 to 90 % of the supply are the pressure range; 0.5, 2.5 and 4.5 V of 5 V."""
    for volts, value in ((0.5, 0.0), (2.5, 500000.0), (4.5, 1000000.0)):
        found, quality = adc_ratio.convert(volts / 5.0, 0.0, 1000000.0)
        assert abs(found - value) < 1.0 and quality == codes.GOOD


def test_bands_of_a_ratiometric_output():
    """Allegro A17700: clamped at 4 and 96 % while it works, beyond is a broken or shorted wire."""
    for share, quality in (
        (0.0, codes.OPEN_LOOP),
        (0.04, codes.OPEN_LOOP),
        (0.05, codes.GUARD_LOW),
        (0.095, codes.GOOD),
        (0.905, codes.GOOD),
        (0.95, codes.GUARD_HIGH),
        (0.96, codes.SHORT_CIRCUIT),
        (1.0, codes.SHORT_CIRCUIT),
    ):
        value, found = adc_ratio.convert(share, 0.0, 1.0)
        assert found == quality, share
        assert (value is None) == (codes.category(quality) == codes.FAILURE), share


class Adc:
    """A converter that sees those volts: 16 bits of 3.3 V, and no microvolts."""

    def __init__(self, volts):
        self.volts = volts

    def read_u16(self):
        return int(self.volts / 3.3 * 65535)


class CalibratedAdc(Adc):
    """An ESP32's, whose code means little and whose microvolts are calibrated."""

    def read_u16(self):
        raise AssertionError("its code depends on the chip")

    def read_uv(self):
        return int(1e6 * self.volts)


def test_a_converter_with_and_one_without_microvolts_say_the_same():
    params = {"low": 0, "high": 1000000, "upper_ohm": 10000, "lower_ohm": 15000}
    for supply_v, share, value in ((5.0, 0.5, 500000.0), (4.8, 0.3, 250000.0)):
        params["supply_v"] = supply_v
        for adc in (Adc, CalibratedAdc):
            sensor = adc_ratio.Sensor(adc(supply_v * share * 0.6), params)
            found, quality = sensor.read(0)
            assert abs(found - value) < 100.0 and quality == codes.GOOD, (adc, found)


def test_a_supply_that_is_not_the_sealed_one_reads_wrong_by_its_error():
    """The converter measures volts: 1 % of supply is 1 % of reading and 1/8 % of span at zero."""
    sensor = adc_ratio.Sensor(Adc(5.05 * 0.9 * 0.6), {"low": 0, "high": 1000000})
    assert abs(sensor.read(0)[0] - 1011250.0) < 200.0


def test_a_dust_frame_gives_the_size_asked_for():
    good = frame(12, 35, 1000)
    assert pms5003.convert(good, 12) == (35.0, codes.GOOD)
    assert pms5003.convert(good, 14) == (1000.0, codes.GOOD)


def test_a_dust_frame_with_a_wrong_sum_is_no_value():
    bad = bytearray(frame(12, 35, 1000))
    bad[15] ^= 1
    assert pms5003.convert(bad, 14) == (None, codes.BAD_CHECKSUM)


class Radar:
    """A UART whose radar says what a test lets it say."""

    def __init__(self):
        self.waiting = b""
        self.sent = b""

    def any(self):
        return len(self.waiting)

    def read(self, count):
        found, self.waiting = self.waiting[:count], self.waiting[count:]
        return found

    def write(self, data):
        self.sent += data

    def says(self, sensor, t_ms, lines):
        self.waiting += lines
        return sensor.read(t_ms)


def test_a_radar_line_is_a_signed_speed():
    for line, speed in ((b"-12.34", -12.34), (b"+7.50", 7.5), (b"0.00", 0.0), (b"223.00", 223.0)):
        found, quality = uart_radar.convert(line)
        assert abs(found - speed) < 1e-4 and quality == codes.GOOD, line


def test_a_damaged_radar_line_is_no_value():
    for line in (
        b"", b"1e5", b"nan", b"--1.0", b"12", b"1.2.3", b"inf", b"1234567.8", b"12.3", b"12.345",
        b".12", b"1234.00", b"1 .00", b"-+1.00", b"1_0.00", b"223.01", b"-999.99", b"\xb2.00",
    ):  # fmt: skip
        assert uart_radar.convert(line) == (None, codes.BAD_CHECKSUM), line


def test_a_radar_gives_the_direction_asked_for():
    for direction, speed in (("both", 12.34), ("approach", 0.0), ("recede", 12.34)):
        radar = Radar()
        sensor = uart_radar.Sensor(radar, {"direction": direction})
        found, quality = radar.says(sensor, 0, b"-12.34\r\n")
        assert abs(found - speed) < 1e-4 and quality == codes.GOOD, direction


def test_a_radar_is_set_up_at_the_start_and_after_its_own_restart():
    radar = Radar()
    sensor = uart_radar.Sensor(radar, {})
    radar.says(sensor, 0, b"")
    assert radar.sent == b"UKF2BZ"
    radar.says(sensor, 100, b'{"Units":"km-per-hr"}\r\n1.00\r\n')
    assert radar.sent == b"UKF2BZ"
    assert radar.says(sensor, 200, b'{"Product":"OPS243"}\r\n') == (1.0, codes.GOOD)
    assert radar.sent == 2 * b"UKF2BZ"


def test_a_step_from_line_to_line_is_implausible_and_so_is_a_lost_sign():
    radar = Radar()
    sensor = uart_radar.Sensor(radar, {})
    for lines, speed, quality in (
        (b"40.00\r\n", 40.0, codes.GOOD),
        (b"59.00\r\n", 59.0, codes.GOOD),
        (b"60.00\r\n0.00\r\n", 0.0, codes.IMPLAUSIBLE_RATE),
        (b"0.00\r\n", 0.0, codes.GOOD),
        (b"-15.00\r\n", 15.0, codes.GOOD),
        (b"15.00\r\n", 15.0, codes.IMPLAUSIBLE_RATE),
    ):
        found, said = radar.says(sensor, 0, lines)
        assert abs(found - speed) < 1e-4 and said == quality, lines


def test_a_radar_that_falls_silent_says_why():
    radar = Radar()
    sensor = uart_radar.Sensor(radar, {})
    assert radar.says(sensor, 0, b"") == (None, codes.NO_RESPONSE)
    assert radar.says(sensor, 100, b"8.00\r\n9.0") == (8.0, codes.GOOD)
    assert radar.says(sensor, 1100, b"") == (8.0, codes.GOOD)
    assert radar.says(sensor, 1101, b"") == (None, codes.NO_RESPONSE)
    assert radar.says(sensor, 1200, b"\r\n") == (None, codes.BAD_CHECKSUM)
    assert radar.says(sensor, 1300, b"7.00\r\n") == (7.0, codes.GOOD)


def test_calibration_is_linear_between_points_and_goes_on_beyond():
    curve = Calibration([[0.0, 1.0], [10.0, 11.0], [20.0, 31.0]], 0.5)
    for indicated, true in ((0.0, 1.0), (5.0, 6.0), (15.0, 21.0), (25.0, 41.0), (-1.0, 0.0)):
        assert abs(curve.apply(indicated) - true) < 1e-5
