"""The Modbus RTU driver: frames of the specification and of makers, and a line that misbehaves."""

from firmware.sensors import modbus_rtu
from protocols import codes

PARAMS = {"register": 9, "poll_ms": 500, "timeout_ms": 200}
ASKED = b"\x01\x03\x00\x09\x00\x01\x54\x08"


class Line:
    """A UART with nobody on it, unless a test puts bytes there."""

    def __init__(self):
        self.waiting = b""
        self.sent = []

    def any(self):
        return len(self.waiting)

    def read(self, count):
        found, self.waiting = self.waiting[:count], self.waiting[count:]
        return found or None

    def write(self, data):
        self.sent.append(bytes(data))

    def flush(self):
        self.sent.append("flushed")


class Pin:
    def __init__(self, line):
        self.line = line

    def value(self, level):
        self.line.sent.append(level)


def answer(value, unit=1, function=3):
    body = bytes((unit, function, 2, value >> 8, value & 0xFF))
    return body + modbus_rtu.crc(body)


def meter(**params):
    line = Line()
    settings = dict(PARAMS)
    settings.update(params)
    return line, modbus_rtu.Sensor(line, settings)


def polled(sensor, line, t_ms, reply):
    """One poll at `t_ms`, answered after 30 ms: until when the sensor wants to rest."""
    sensor.work(t_ms)
    line.waiting += reply
    t_ms += 30
    while True:
        wait_ms = sensor.work(t_ms)
        t_ms += wait_ms
        if wait_ms > 50:
            return t_ms


def test_checksums_that_are_published():
    for frame, check in (
        (b"\x02\x07", b"\x41\x12"),  # Modbus over Serial Line V1.02, 6.2.2
        (b"\x11\x03\x00\x6b\x00\x03", b"\x76\x87"),
        (b"\x01\x03\x00\x04\x00\x02", b"\x85\xca"),  # INVT CHE100 manual, 10.7.1
        (b"123456789", b"\x37\x4b"),  # CRC catalogue, CRC-16/MODBUS
    ):
        assert modbus_rtu.crc(frame) == check, frame


def test_a_request_is_that_of_the_specification():
    """Application Protocol V1.1b3, 6.3: registers 108 to 110 are asked for as 0x006B."""
    assert modbus_rtu.request(17, 3, 0x6B, 3) == b"\x11\x03\x00\x6b\x00\x03\x76\x87"


def test_an_answer_in_every_kind():
    for kind, data, low_first, value in (
        (">H", b"\x02\x2b", False, 555.0),  # 0x022B: the specification's first register
        (">h", b"\xff\x38", False, -200.0),
        (">I", b"\x00\x01\x00\x02", False, 65538.0),
        (">I", b"\x00\x02\x00\x01", True, 65538.0),
        (">i", b"\xff\xff\xff\xfe", False, -2.0),
        (">f", b"\x42\xf6\x80\x00", False, 123.25),
        (">f", b"\x80\x00\x42\xf6", True, 123.25),
    ):
        frame = bytes((1, 4, len(data))) + data
        frame += modbus_rtu.crc(frame)
        assert modbus_rtu.convert(frame, 1, 4, kind, low_first) == (value, codes.GOOD), kind


def test_what_is_no_answer_is_no_value():
    good = answer(300)
    for heard in (
        b"",
        good[:-1],
        good[:-1] + b"\x00",
        answer(300, unit=2),
        answer(300, function=4),
        ASKED,  # its own request, heard again
    ):
        assert modbus_rtu.convert(heard, 1, 3, ">H") == (None, codes.BAD_CHECKSUM), heard


def test_an_answer_is_found_behind_noise_and_behind_the_request():
    for before in (b"\x00", b"\xff\x01\x03", ASKED, b"\x01\x03\x02" + ASKED):
        assert modbus_rtu.convert(before + answer(300), 1, 3, ">H") == (300.0, codes.GOOD)


def test_an_exception_is_an_answer_without_a_value():
    body = b"\x01\x83\x02"
    heard = body + modbus_rtu.crc(body)
    assert heard == b"\x01\x83\x02\xc0\xf1"
    assert modbus_rtu.convert(heard, 1, 3, ">H") == (None, codes.NO_RESPONSE)


def test_a_poll_asks_once_and_takes_the_answer():
    line, sensor = meter(factor=0.1, offset=5)
    assert sensor.read(0) == (None, codes.NO_RESPONSE)
    assert polled(sensor, line, 0, answer(300)) == 500
    assert line.sent == [ASKED]
    value, quality = sensor.read(100)
    assert abs(value - 35.0) < 1e-4 and quality == codes.GOOD


def test_a_refused_poll_rests_as_long_as_an_answered_one():
    line, sensor = meter()
    body = b"\x01\x83\x02"
    assert polled(sensor, line, 0, body + modbus_rtu.crc(body)) == 500
    assert sensor.read(100) == (None, codes.NO_RESPONSE)


def test_silence_is_no_response_and_damage_is_a_bad_checksum():
    for reply, quality in ((b"", codes.NO_RESPONSE), (answer(300)[:4], codes.BAD_CHECKSUM)):
        line, sensor = meter()
        assert polled(sensor, line, 0, reply) == 500
        assert sensor.read(210) == (None, quality)


def test_a_value_holds_for_three_polls():
    line, sensor = meter()
    polled(sensor, line, 0, answer(300))
    for t_ms in (500, 1000, 1500):
        assert sensor.read(t_ms) == (300.0, codes.GOOD)
        polled(sensor, line, t_ms, b"")
    assert sensor.read(1530) == (300.0, codes.GOOD)
    assert sensor.read(1531) == (None, codes.NO_RESPONSE)
    polled(sensor, line, 2000, answer(301))
    assert sensor.read(2031) == (301.0, codes.GOOD)


def test_an_answer_that_comes_too_late_is_not_the_next_ones():
    line, sensor = meter()
    polled(sensor, line, 0, b"")
    line.waiting = answer(999)
    assert sensor.work(500) < 50 and line.sent == [ASKED]  # the line was not silent
    polled(sensor, line, 505, answer(300))
    assert line.sent == [ASKED, ASKED] and sensor.read(540) == (300.0, codes.GOOD)


def test_a_babbling_line_is_never_spoken_into_and_takes_no_memory():
    line, sensor = meter()
    for t_ms in range(0, 1000, 5):
        line.waiting = b"\x55" * 20
        sensor.work(t_ms)
    assert line.sent == [] and sensor.read(1000) == (None, codes.NO_RESPONSE)
    line.waiting = b""
    sensor.work(1000)
    for t_ms in range(1005, 1190, 5):
        line.waiting = b"\x55" * 60
        sensor.work(t_ms)
    assert len(sensor._heard) <= 64


def test_the_board_drives_the_line_only_while_it_sends():
    line = Line()
    sensor = modbus_rtu.Sensor(line, PARAMS, Pin(line))
    sensor.work(0)
    assert line.sent == [1, ASKED, "flushed", 0]


def test_a_line_that_fails_to_send_is_let_go():
    class Broken(Line):
        def flush(self):
            raise OSError(110)

    line = Broken()
    try:
        modbus_rtu.Sensor(line, PARAMS, Pin(line)).work(0)
        raised = False
    except OSError:
        raised = True
    assert raised and line.sent == [1, ASKED, 0]


def test_an_unknown_word_says_which():
    for params in ({"register": 1, "kind": "u8"}, {"register": 1, "kind": "float"}):
        try:
            modbus_rtu.Sensor(Line(), params)
            said = ""
        except ValueError as error:
            said = str(error)
        assert said == "kind: {} is unknown".format(params["kind"])
