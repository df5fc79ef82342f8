"""Spectrum and Doppler driver: tones whose frequency is known, and two kernels that agree."""

import sys
from array import array
from math import cos, pi, sin

from firmware import spectrum, spectrum_plain
from firmware.sensors import doppler_if
from protocols import codes

POINTS = 256
RATE_HZ = 8000


class Noise:
    """Numbers that look like chance, the same everywhere."""

    def __init__(self):
        self.state = 20261124

    def __call__(self, most):
        self.state = (self.state * 75 + 74) % 65537
        return self.state % (2 * most + 1) - most


def pairs(*tones, **how):
    """(bins, amplitude) of each tone, on a bias, with noise."""
    points, bias, most = how.get("points", POINTS), how.get("bias", 0), how.get("noise", 100)
    noise = Noise()
    found = array("h", bytes(4 * points))
    for n in range(points):
        i = q = bias
        for bins, amplitude in tones:
            angle = 2 * pi * bins * n / points + 0.4
            i += amplitude * cos(angle)
            q += amplitude * sin(angle)
        found[2 * n] = max(-32768, min(32767, int(i) + noise(most)))
        found[2 * n + 1] = max(-32768, min(32767, int(q) + noise(most)))
    return found


def peak(samples, kernel=spectrum.KERNEL, points=POINTS):
    one = spectrum.Spectrum(points, kernel)
    for _ in one.run(samples, one.means(samples)):
        pass
    return one.peak()


def square(high, low):
    """The hardest that a converter can give: every pair at an end of the scale."""
    noise = Noise()
    return array("h", [high if noise(1000) > 0 else low for _ in range(2 * POINTS)])


def test_machine_code_is_used_where_it_can_be():
    fast = sys.implementation.name == "micropython"
    assert spectrum.KERNEL.__name__.endswith("viper" if fast else "plain")


def test_both_kernels_give_the_same_bits():
    fast, plain = spectrum.KERNEL, spectrum_plain
    for samples in (
        pairs((10.3, 6000)),
        pairs((-100.5, 300), bias=-9000),
        pairs(noise=30000),
        pairs((3.0, 32767), bias=20000),
        square(32767, -32768),
        array("h", [-32768] * 511 + [32767]),
        array("h", [0] * (2 * POINTS)),
    ):
        one, other = spectrum.Spectrum(POINTS, fast), spectrum.Spectrum(POINTS, plain)
        assert one.means(samples) == other.means(samples)
        assert one.spans(samples) == other.spans(samples)
        means = one.means(samples)
        for both in (one, other):
            for _ in both.run(samples, means):
                pass
        assert one._re == other._re and one._im == other._im
        assert max(one._re) < 1 << 30 and min(one._re) >= 0  # a small integer of a 32-bit board
        assert one.peak() == other.peak()


def test_a_tone_is_found_between_the_bins_and_on_its_side():
    for bins in (2.4, 10.0, 10.5, 33.27, 126.0, -2.6, -50.5, -126.3):
        assert abs(peak(pairs((bins, 6000))) - bins) < 0.03, bins


def test_every_size_finds_its_tone():
    for points in (32, 64, 512, 1024):
        found = peak(pairs((points / 5, 5000), points=points), points=points)
        assert abs(found - points / 5) < 0.03, points


def test_the_stronger_of_two_targets_is_taken():
    assert abs(peak(pairs((20.0, 3000), (-70.2, 5000))) + 70.2) < 0.05


def test_a_weak_tone_is_found_in_noise_and_noise_alone_is_nothing():
    assert abs(peak(pairs((40.4, 300), noise=500)) - 40.4) < 0.2
    assert peak(pairs(noise=500)) is None
    assert peak(pairs(noise=20000)) is None
    assert peak(pairs(noise=0)) is None


def test_a_size_that_is_no_power_of_two_is_refused():
    for points in (0, 16, 100, 2048):
        try:
            spectrum.Spectrum(points)
            refused = False
        except ValueError:
            refused = True
        assert refused, points


def test_the_shift_of_the_bands_in_use():
    """Hz per km/h at 0 degrees, and the cosine of a beam across the way."""
    for f0_ghz, hz in ((10.525, 19.5042), (24.125, 44.7069), (24.150, 44.7532), (34.7, 64.3037)):
        assert abs(doppler_if.hz_per_kmh(f0_ghz) - hz) < 2e-4 * hz, f0_ghz
    for angle_deg, cosine in ((10, 0.98481), (22, 0.92718), (30, 0.86603)):
        assert abs(doppler_if.hz_per_kmh(24.125, angle_deg) / 44.7069 - cosine) < 1e-4


def test_a_tone_becomes_a_speed_with_a_direction():
    for tone_hz, direction, speed in (
        (447.069, 0, 10.0),
        (-447.069, 0, 10.0),
        (-447.069, 1, 0.0),
        (-447.069, -1, 10.0),
    ):
        value, quality = doppler_if.convert(tone_hz, 44.7069, direction)
        assert abs(value - speed) < 1e-3 and quality == codes.GOOD


def module(samples, **params):
    """Sensor that has measured these pairs; in how many calls."""
    asked = []

    def capture(points, rate_hz):
        asked.append((points, rate_hz))
        return samples

    sensor = doppler_if.Sensor(capture, params)
    assert sensor.read(0) == (None, codes.NO_RESPONSE)
    calls = 1
    while sensor.work(1000) == 0:
        calls += 1
    assert asked == [(POINTS, RATE_HZ)]
    return sensor, calls


def test_a_module_is_captured_once_and_measured_in_slices():
    sensor, calls = module(pairs((44.7069 * 40 * POINTS / RATE_HZ, 6000)))
    value, quality = sensor.read(1200)
    assert abs(value - 40.0) < 0.03 and quality == codes.GOOD
    slices = 8 * -(-POINTS // 2 // spectrum.KERNEL.SLICE)
    assert calls == 1 + 2 + slices + 1


def test_it_is_captured_again_when_its_time_has_come():
    sensor, _ = module(pairs((50.0, 6000)), every_ms=250)
    assert sensor.work(1200) == 50 and sensor.work(1250) == 0


def test_a_beam_across_the_way_reads_the_speed_along_it():
    sensor, _ = module(pairs((44.7069 * 40 * 0.92718 * POINTS / RATE_HZ, 6000)), angle_deg=22)
    assert abs(sensor.read(1200)[0] - 40.0) < 0.03


def test_what_the_wires_tell():
    for samples, value, quality in (
        (pairs(noise=100), 0.0, codes.GOOD),
        (pairs(noise=0), None, codes.STUCK),
        (pairs(bias=-32000, noise=100), None, codes.OPEN_LOOP),
        (pairs(bias=32000, noise=100), None, codes.SHORT_CIRCUIT),
    ):
        sensor, _ = module(samples)
        assert sensor.read(1200) == (value, quality), quality


def test_a_clipped_tone_and_one_near_half_the_rate_are_guard_values():
    sensor, _ = module(pairs((44.7069 * 40 * POINTS / RATE_HZ, 60000)))
    value, quality = sensor.read(1200)
    assert abs(value - 40.0) < 0.1 and quality == codes.GUARD_HIGH
    sensor, _ = module(pairs((125.0, 6000)))
    assert sensor.read(1200)[1] == codes.GUARD_HIGH


def test_a_module_that_is_not_measured_any_more_is_a_failure():
    sensor, _ = module(pairs((50.0, 6000)))
    assert sensor.read(2300)[1] == codes.GOOD
    assert sensor.read(2301) == (None, codes.NO_RESPONSE)


def test_a_capture_that_keeps_other_channels_waiting_is_refused():
    try:
        doppler_if.Sensor(None, {"points": 512, "rate_hz": 8000})
        said = ""
    except ValueError as error:
        said = str(error)
    assert said == "points: 512 take 64 ms at that rate_hz, at most 40 are allowed"
