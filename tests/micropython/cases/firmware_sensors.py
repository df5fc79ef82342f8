"""Pure conversions of the sensors, against the numbers of their makers and of NAMUR NE 43."""

from firmware.calibrate import Calibration
from firmware.sensors import ads1115_loop, pms5003, uart_radar
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


def test_a_dust_frame_gives_the_size_asked_for():
    good = frame(12, 35, 1000)
    assert pms5003.convert(good, 12) == (35.0, codes.GOOD)
    assert pms5003.convert(good, 14) == (1000.0, codes.GOOD)


def test_a_dust_frame_with_a_wrong_sum_is_no_value():
    bad = bytearray(frame(12, 35, 1000))
    bad[15] ^= 1
    assert pms5003.convert(bad, 14) == (None, codes.BAD_CHECKSUM)


def test_a_radar_line_is_a_speed_and_a_direction():
    assert uart_radar.convert(b"-12.34") == (12.34, codes.GOOD)
    assert uart_radar.convert(b"-12.34", 1) == (0.0, codes.GOOD)
    assert uart_radar.convert(b"+7.5", 1) == (7.5, codes.GOOD)


def test_a_damaged_radar_line_is_no_value():
    for line in (b"", b"1e5", b"nan", b"--1.0", b"12", b"1.2.3", b"inf", b"1234567.8"):
        assert uart_radar.convert(line) == (None, codes.BAD_CHECKSUM), line


def test_calibration_is_linear_between_points_and_goes_on_beyond():
    curve = Calibration([[0.0, 1.0], [10.0, 11.0], [20.0, 31.0]], 0.5)
    for indicated, true in ((0.0, 1.0), (5.0, 6.0), (15.0, 21.0), (25.0, 41.0), (-1.0, 0.0)):
        assert abs(curve.apply(indicated) - true) < 1e-5
