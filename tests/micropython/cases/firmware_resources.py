"""Every resource of the node, what it answers and what it refuses; no link is needed."""

from firmware.limits import Alarm, Limit
from firmware.resources import Resources
from protocols import cbor, coap, codes, paths, words
from protocols.coap import Message

HIGH = {"at": "HH", "value": 100.0, "deadband": 5.0, "priority": 1, "latch": True, "predict": True}


class Channel:
    name = "pressure"
    ch = 1

    def __init__(self):
        self.limit = Limit(HIGH)
        self.fault = Alarm(codes.FAULT, 2)
        self.alarms = (self.limit.alarm, self.limit.predicted, self.fault)


class Node:
    """What the resources read and ask for, with a note of every command."""

    normal = True
    quality = codes.CLOCK_SYNCED

    def __init__(self):
        self.channels = self.alarming = [Channel()]
        self.clock = self.recorder = self
        self.done = []

    def wall_ms(self, at_ms):
        return 1_795_000_000_000 + at_ms

    def latest(self):
        return b"\x80"

    def identity(self):
        return {"node": "pg-01", "software": bytes(32)}

    def close(self):
        self.done.append("flush")

    def now_ms(self):
        return 7

    def test(self):
        return [("heap_bytes", 20_000, True), ("flash_ms", -1, False)]

    def reboot(self, by):
        self.done.append("reboot " + by)

    def drill(self, on, by):
        self.done.append(("drill " if on else "drill end ") + by)
        return self.normal

    def silence(self, by):
        self.done.append("silence " + by)

    def apply(self, channel, one, event, command, by, reason, for_s):
        until_ms = 1000 * for_s if for_s else None
        if not (one.hide(event, 0, reason, until_ms) if reason else one.command(event, 0)):
            return False
        self.done.append("{} {} {}".format(command, one.condition, by))
        return True


class Bench:
    """Stands for the endpoint while the resources mount themselves."""

    def __init__(self):
        self.node = Node()
        self.routes = {}
        self.observable = []
        Resources(self.node).mount(self)

    def route(self, path, handler, observable=False, below=False):
        self.routes[path] = handler
        if observable:
            self.observable.append(path)

    def ask(self, path, code=coap.GET, payload=b"", rest="", query=()):
        options = tuple((coap.URI_QUERY, one) for one in query)
        return self.routes[path](Message(coap.CON, code, 1, b"", options, payload), rest)

    def post(self, rest, payload):
        return self.ask(paths.ALARMS, coap.POST, payload, rest)[0]


def test_what_is_served_and_observable_is_what_the_list_says():
    bench = Bench()
    code, content_format, links = bench.ask(paths.WELL_KNOWN_CORE)
    assert (code, content_format) == (coap.CONTENT, paths.LINK_FORMAT)
    for link in links.decode().split(","):
        path = link[2 : link.index(">")]
        assert path in bench.routes, path
        assert link.endswith(";obs") == (path in bench.observable), path


def test_identity_and_measurements_are_read_at_the_moment_of_asking():
    bench = Bench()
    code, content_format, payload = bench.ask(paths.IDENTITY)
    assert (code, content_format) == (coap.CONTENT, paths.CBOR)
    assert cbor.decode(payload) == bench.node.identity()
    assert bench.ask(paths.MEASUREMENTS) == (coap.CONTENT, paths.SENML_CBOR, b"\x80")


def test_a_notification_is_what_a_reader_would_get():
    bench = Bench()
    for path in bench.observable:
        assert bench.routes[path](None, "") == bench.ask(path)


def test_the_alarm_list_has_every_alarm_under_its_tag():
    bench = Bench()
    bench.node.channels[0].limit.alarm.follow(True, 500)
    found = cbor.decode(bench.ask(paths.ALARMS)[2])
    assert found == [
        ["pressure.HH", codes.UNACK, 1, True, 1_795_000_000_500],
        ["pressure.pHH", codes.NORM, 2, False, 1_795_000_000_000],
        ["pressure.fault", codes.NORM, 2, False, 1_795_000_000_000],
    ]


def test_an_alarm_is_acknowledged_and_reset_over_the_network():
    bench = Bench()
    alarm = bench.node.channels[0].limit.alarm
    alarm.follow(True, 0)
    assert bench.post("pressure.HH", b"ack") == coap.CHANGED
    assert bench.post("pressure.HH", b"reset") == coap.CONFLICT  # it still stands
    alarm.follow(False, 1)
    assert bench.post("pressure.HH", b"reset") == coap.CHANGED
    assert bench.node.done == ["ack 4 network", "reset 4 network"]
    assert alarm.state == codes.NORM


def test_an_alarm_is_shelved_for_a_time_and_a_reason_which_the_list_then_shows():
    bench = Bench()
    assert (
        bench.post("pressure.HH", "shelve 600 \u9600\u95e8\u68c0\u4fee".encode()) == coap.CHANGED
    )
    shelved = cbor.decode(bench.ask(paths.ALARMS)[2])[0]
    assert shelved[1] == codes.SHELVED
    assert shelved[5:] == [1_795_000_600_000, "\u9600\u95e8\u68c0\u4fee"]
    assert bench.post("pressure.HH", b"shelve 600 twice") == coap.CONFLICT
    assert bench.post("pressure.HH", b"unshelve") == coap.CHANGED
    assert len(cbor.decode(bench.ask(paths.ALARMS)[2])[0]) == 5


def test_an_alarm_is_taken_out_of_service_until_it_is_returned():
    bench = Bench()
    assert bench.post("pressure.fault", b"remove sensor away") == coap.CHANGED
    assert cbor.decode(bench.ask(paths.ALARMS)[2])[2][5:] == [None, "sensor away"]
    assert bench.post("pressure.fault", b"return") == coap.CHANGED


def test_hiding_needs_a_reason_and_shelving_an_end():
    bench = Bench()
    for payload in (
        b"shelve", b"shelve 600", b"shelve 600 ", b"shelve x reason", b"shelve 0 reason",
        b"shelve -5 reason", b"shelve 28801 reason", b"remove", b"remove ", b"unshelve 5",
        b"return x",
        b"shelve 60 " + b"x" * 80,
    ):  # fmt: skip
        code, _, help = bench.ask(paths.ALARMS, coap.POST, payload, "pressure.HH")
        assert code == coap.BAD_REQUEST and b"28800" in help, payload
    assert bench.node.done == []


def test_a_command_that_the_state_does_not_allow_is_a_conflict():
    bench = Bench()
    assert bench.post("pressure.HH", b"ack") == coap.CONFLICT
    assert bench.post("pressure.HH", b"reset") == coap.CONFLICT
    assert bench.node.done == []


def test_an_unknown_alarm_and_an_unknown_command_are_told_apart():
    bench = Bench()
    for tag in ("", "pressure", "pressure.L", "dust.HH", "pressure.HH/x", "\u538b\u529b"):
        assert bench.post(tag, b"ack") == coap.NOT_FOUND, tag
    for payload in (b"", b"ACK", b"ack ", b"\xff\xfe", b"shelve", b"silence", b"x" * 900):
        assert bench.post("pressure.HH", payload) == coap.BAD_REQUEST, payload
    assert bench.node.done == []


def test_the_horn_is_silenced_over_the_network():
    bench = Bench()
    assert bench.post("", b"silence") == coap.CHANGED
    assert bench.node.done == ["silence network"]


def test_flush_says_who_it_was_and_other_words_change_nothing():
    bench = Bench()
    code, content_format, payload = bench.ask(paths.COMMANDS, coap.POST, b"flush")
    assert (code, content_format) == (coap.CHANGED, paths.CBOR) and bench.node.done == ["flush"]
    assert cbor.decode(payload)["node"] == "pg-01"
    for payload in (b"", b"restart", b"flush ", b"\xff"):
        assert bench.ask(paths.COMMANDS, coap.POST, payload)[0] == coap.BAD_REQUEST
    assert bench.node.done == ["flush"]


def test_a_self_test_answers_with_every_measurement():
    code, _, payload = Bench().ask(paths.COMMANDS, coap.POST, b"selftest")
    assert code == coap.CHANGED
    assert cbor.decode(payload) == [["heap_bytes", 20_000, True], ["flash_ms", -1, False]]


def test_reboot_and_drill_are_handed_on_with_their_origin():
    bench = Bench()
    for word in (b"reboot", b"drill", b"drill end"):
        assert bench.ask(paths.COMMANDS, coap.POST, word)[0] == coap.CHANGED
    assert bench.node.done == ["reboot network", "drill network", "drill end network"]
    bench.node.normal = False
    assert bench.ask(paths.COMMANDS, coap.POST, b"drill")[0] == coap.CONFLICT


def test_the_time_comes_with_its_quality():
    _, content_format, payload = Bench().ask(paths.TIME)
    assert content_format == paths.CBOR
    assert cbor.decode(payload) == [1_795_000_000_007, codes.CLOCK_SYNCED]


def test_a_question_to_the_journal_that_makes_no_sense_says_how_to_ask():
    bench = Bench()
    for query in (
        (), (b"",), (b"after",), (b"after=",), (b"after=-1",), (b"after=1e3",), (b"since=\xff",),
        (b"before=3",), (b"after=1", b"since=2"), (b"after=" + b"9" * 17,),
    ):  # fmt: skip
        code, _, payload = bench.ask(paths.JOURNAL, query=query)
        assert code == coap.BAD_REQUEST and b"?after=" in payload, query


def test_methods_that_mean_nothing_are_not_allowed():
    bench = Bench()
    for path in (
        paths.WELL_KNOWN_CORE,
        paths.IDENTITY,
        paths.MEASUREMENTS,
        paths.CONFIGURATION,
        paths.JOURNAL,
        paths.TIME,
    ):
        for code in (coap.POST, coap.PUT, coap.DELETE, 5, 31):
            assert bench.ask(path, code)[0] == coap.METHOD_NOT_ALLOWED
    for code in (coap.PUT, coap.DELETE, 5):
        assert bench.ask(paths.ALARMS, code)[0] == coap.METHOD_NOT_ALLOWED
    for code in (coap.GET, coap.PUT):
        assert bench.ask(paths.COMMANDS, code)[0] == coap.METHOD_NOT_ALLOWED
    assert bench.ask(paths.ALARMS, coap.GET, rest="pressure.HH")[0] == coap.METHOD_NOT_ALLOWED


def test_the_node_words_its_conditions_as_everybody_else_does():
    bench = Bench()
    for code, word in words.CONDITIONS:
        bench.node.channels[0].alarms = (Alarm(code, 1),)
        assert cbor.decode(bench.ask(paths.ALARMS)[2])[0][0] == "pressure." + word
