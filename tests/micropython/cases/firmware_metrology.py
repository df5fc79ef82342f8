"""Certificates, what holds of every value, and zero and span with the seal open."""

import hashlib
import os

from firmware import adjust, calibrate, config, metrology, sampler
from protocols import cbor, coap, codes

DAY_MS = 86_400_000
DUE_MS = 1_795_000_000_000
PATH = "metrology-cfg.cbor"
OLD_PATH = config.PATH
ENTRY = {
    "ch": 1, "name": "pressure", "instrument": "pressure", "serial": "urn:dev:os:32473-X",
    "sensor": "none", "period_ms": 1_000, "range": [0, 1600000], "horizon_s": 20,
    "uncertainty": 2400,
    "certificate": {"id": "PG-1", "issued_ms": DUE_MS - 180 * DAY_MS, "due_ms": DUE_MS},
    "accuracy": {"class": "1.6", "of_span": 0.016, "source": "JJG 52-2013"},
}  # fmt: skip
MPE = 25600.0


class Sensor:
    value = 500000.0
    quality = codes.GOOD

    def read(self, t_ms):
        return self.value, self.quality


def channel(**changes):
    cfg = dict(ENTRY)
    cfg.update(changes)
    if "without" in cfg:
        del cfg[cfg["without"]]
    one = sampler.Channel(cfg, [], Sensor())
    one.start(1_000)
    return one


def quality(one, now_ms=20_000, unix_ms=DUE_MS - DAY_MS):
    one.review(now_ms, unix_ms)
    return one.take(now_ms).quality


def test_a_verified_instrument_is_good_until_its_certificate_is_due():
    assert quality(channel()) == codes.GOOD
    assert quality(channel(), unix_ms=DUE_MS - 1) == codes.GOOD
    assert quality(channel(), unix_ms=DUE_MS) == codes.VERIFICATION_OVERDUE


def test_nobody_is_overdue_by_a_clock_that_does_not_know_the_day():
    assert quality(channel(), unix_ms=0) == codes.GOOD


def test_an_instrument_without_a_certificate_is_uncalibrated():
    assert quality(channel(without="certificate")) == codes.UNCALIBRATED


def test_a_meter_that_warms_up_says_so_from_its_start_on():
    one = channel(warm_up_s=10)
    assert quality(one, 1_000) == quality(one, 10_999) == codes.WARM_UP
    assert quality(one, 11_000) == codes.GOOD
    assert one.last.value == 500000.0


def test_the_worst_of_several_is_shown_and_the_sensors_own_word_first():
    one = channel(without="certificate", warm_up_s=10)
    one.discrepant = True
    assert quality(one, 2_000) == codes.WARM_UP
    assert quality(one, 20_000) == codes.DISCREPANT
    one.adjusting = True
    assert quality(one, 2_000) == codes.LOCAL_TEST
    one.adjusting, one.discrepant = False, False
    assert quality(one) == codes.UNCALIBRATED
    one._sensor.quality = codes.GUARD_HIGH
    assert quality(one) == codes.GUARD_HIGH


def test_the_permissible_error_is_the_largest_of_three():
    span = {"of_span": 0.016}
    assert abs(metrology.mpe(span, 0.0, 1600000.0) - MPE) < 1e-6
    share = {"of_value": 0.2, "absolute": 10.0}
    assert metrology.mpe(share, 20.0, 6000.0) == 10.0
    assert metrology.mpe(share, -100.0, 6000.0) == 20.0
    assert metrology.mpe({}, 5.0, 10.0) == 0.0


def test_a_certificate_is_told_in_whole_numbers():
    one = channel()
    assert metrology.certificate(ENTRY, one) == (
        1, "PG-1", DUE_MS - 180 * DAY_MS, DUE_MS, "1.6", 16_000, 0, 0,
    )  # fmt: skip
    plain = dict(ENTRY)
    del plain["accuracy"]
    assert metrology.certificate(plain, one) == (1, "PG-1", DUE_MS - 180 * DAY_MS, DUE_MS)
    del plain["certificate"]
    assert metrology.certificate(plain, one) is None


def test_zero_and_span_come_after_the_points_of_the_certificate():
    points = [[0, 100], [500, 700], [1000, 1100]]
    one = calibrate.Calibration(points, 0.0, 100.0, 2.0)
    for indicated, true in ((0, 0.0), (500, 1200.0), (1000, 2000.0), (1500, 2800.0)):
        assert abs(one.apply(indicated) - true) < 1e-6


class Recorder:
    def __init__(self):
        self.events = []

    def urgent(self, code, args):
        self.events.append((code, args))


class Cfg:
    seal = "open"


class Node:
    """A node as far as zero and span look."""

    def __init__(self, **changes):
        self.cfg = Cfg()
        self.cfg.seal = changes.pop("seal", "open")
        entry = dict(ENTRY)
        entry.update(changes)
        if "without" in entry:
            del entry[entry.pop("without")]
        self.channels = [sampler.Channel(entry, [], Sensor())]
        self.channels[0].start(0)
        self.recorder = Recorder()
        self.adjustment = None
        self.left = False
        sealed, operating = cbor.encode({"node": "pg-01", "channels": [entry]}), b"\xa0"
        digest = hashlib.sha256(sealed + operating).digest()
        config.PATH = PATH
        with open(PATH, "wb") as file:
            file.write(cbor.encode([sealed, operating, digest]))

    def leave(self):
        self.left = True

    def run(self, values):
        """A second for each reading, as long as somebody wants them."""
        (one,) = self.channels
        for i in range(len(values)):
            if self.adjustment is None:
                break
            one._sensor.value = values[i]
            one._sensor.quality = codes.GOOD if values[i] is not None else codes.NO_RESPONSE
            one.take(1000 * (i + 1))
            self.adjustment.tend(self)
        return [args for code, args in self.recorder.events if code == codes.EV_ADJUST]

    def reading(self, indicated):
        """What a node started now would read."""
        with open(PATH, "rb") as file:
            sealed = cbor.decode(config.parts(file.read())[0])
        one = sampler.Channel(sealed["channels"][0], [], Sensor())
        one._sensor.value = indicated
        return one.take(0).value

    def why(self):
        return [args[-1] for code, args in self.recorder.events if args[0].endswith("given up")]


def clear():
    config.PATH = OLD_PATH
    for path in (PATH, PATH + ".new"):
        try:
            os.remove(path)
        except OSError:
            pass


def test_zero_makes_zero_of_the_mean_and_the_event_says_from_what_to_what():
    node = Node()
    answer = adjust.begin(node, b"zero pressure")
    assert answer[0] == coap.CHANGED and node.channels[0].adjusting
    assert node.run([3000.0, 5000.0] * 4) == [(1, "zero", 0, 40_000, "network")]
    assert node.left and node.adjustment is None and not node.channels[0].adjusting
    assert abs(node.reading(4000.0)) < 1e-6 and abs(node.reading(804000.0) - 800000.0) < 1e-3
    clear()


def test_span_makes_the_wanted_value_of_the_mean_and_leaves_zero_alone():
    node = Node(zero=4000.0)
    assert adjust.begin(node, b"span pressure 1600000")[0] == coap.CHANGED
    (event,) = node.run([1588000.0] * 8)
    assert event == (1, "gain", 1_000_000, 1_010_101, "network")
    assert abs(node.reading(1588000.0) - 1600000.0) < 1e-3 and abs(node.reading(4000.0)) < 1e-6
    clear()


def test_a_second_zero_starts_from_the_first():
    node = Node(zero=4000.0, gain=1.25)
    adjust.begin(node, b"zero pressure")
    assert node.run([5000.0] * 8) == [(1, "zero", 40_000, 50_000, "network")]
    assert abs(node.reading(5000.0)) < 1e-6
    clear()


def test_the_configuration_id_changes_and_is_recorded():
    node = Node()
    before = config.digest(PATH)
    adjust.begin(node, b"zero pressure")
    node.run([4000.0] * 8)
    (told,) = [args for code, args in node.recorder.events if code == codes.EV_CONFIG]
    assert told == (config.digest(PATH),) and told[0] not in (before, b"")
    clear()


def test_what_is_not_steady_or_not_there_or_far_off_is_given_up_and_said():
    for values, why in (
        ([0.0, MPE] * 4, "not steady"),
        ([4000.0] * 3 + [None], "no reading"),
        ([2.1 * MPE] * 8, "off by more than twice the permissible error"),
    ):
        node = Node()
        before = config.digest(PATH)
        adjust.begin(node, b"zero pressure")
        assert node.run(values) == [] and node.why() == [why]
        assert not node.left and node.adjustment is None and not node.channels[0].adjusting
        assert config.digest(PATH) == before
        clear()


def test_what_makes_no_sense_is_refused_with_a_way_out():
    for payload in (
        b"zero", b"zero ", b"zero speed", b"zero pressure 4", b"span pressure", b"zero \xff",
        b"span pressure much", b"span pressure 1 2", b"span pressure nan",
    ):  # fmt: skip
        node = Node()
        code, _, text = adjust.begin(node, payload)
        assert code == coap.BAD_REQUEST and text, payload
        assert node.adjustment is None and node.recorder.events == []
        clear()
    for value in (b"700000", b"1700000", b"-5"):
        code, _, text = adjust.begin(Node(), b"span pressure " + value)
        assert code == coap.BAD_REQUEST and b"upper half" in text
        clear()


def test_a_closed_seal_an_unstated_accuracy_and_another_one_under_way_forbid_it():
    code, _, text = adjust.begin(Node(seal="closed"), b"zero pressure")
    assert code == coap.FORBIDDEN and b"seal" in text
    code, _, text = adjust.begin(Node(without="accuracy"), b"zero pressure")
    assert code == coap.CONFLICT and b"accuracy" in text
    node = Node()
    adjust.begin(node, b"zero pressure")
    code, _, text = adjust.begin(node, b"span pressure 1600000")
    assert code == coap.CONFLICT and b"under way" in text
    clear()
