"""The tasks around the pipeline: naps, button, notifications, and that they die together.

Naps take no time; board and network are notes of what was asked of them.
"""

import asyncio
import sys

from firmware.health import Health
from protocols import alarm

sys.modules["machine"] = sys  # nothing of it is called
app = __import__("firmware.app").app


class Done(Exception):
    pass


class Node:
    """A node as far as its tasks look. Everything asked of it is in `notes`."""

    LATE_MS = 300_000
    healthy = True
    alarms = ()

    def __init__(self, naps=1, next_ms=10_000, pressed=()):
        self.ms = 0
        self.naps = []
        self.notes = []
        self.changed = False
        self.works = False
        self.changes = None
        self.next_ms = next_ms
        self.channels = self.alarming = [self]
        self.health = Health(lambda: None)
        self.outputs = self.clock = self.board = self.endpoint = self.courier = self.recorder = (
            self
        )
        self._left = naps
        self._pressed = list(pressed)

    def now_ms(self):
        return self.ms

    async def nap(self, delay_ms):
        self.naps.append(delay_ms)
        self.ms += delay_ms
        self._left -= 1
        if self._left <= 0:
            raise Done
        await asyncio.sleep(0)

    def due(self, now_ms):
        return None

    def flush(self, now_ms):
        self.notes.append("flush")

    def annunciate(self, channels, now_ms):
        pass

    def pressed(self):
        return self._pressed.pop(0)

    def command_all(self, event, command, by):
        self.notes.append((event, command, by, self.ms))

    def notify(self, path):
        self.notes.append(path)

    def arm(self, timeout_ms):
        self.notes.append("armed")

    def release(self):
        self.notes.append("released")

    def adopt(self, unix_ms, at_ms):
        pass

    def tend(self):
        self.notes.append("tend")

    async def idle(self, *_):
        while True:
            await asyncio.sleep(0.001)

    serve = retransmit = deliver = express = keep_time = idle


def run(node, task):
    genuine, say = getattr(asyncio, "sleep_ms", None), app.console.say
    asyncio.sleep_ms, app.console.say = node.nap, node.notes.append
    reports = []
    try:
        asyncio.run(task(node, reports.append))
    except Done:
        pass
    finally:
        asyncio.sleep_ms, app.console.say = genuine, say
    return reports


def test_a_channel_that_is_slow_starves_neither_watchdog_nor_open_block():
    node = Node(naps=12, next_ms=1_000_000)
    reports = run(node, app.measure)
    assert set(node.naps) == {app.IDLE_MS} and app.IDLE_MS < app.LATE_MS
    assert reports == list(range(0, 12_000, 1_000)) and node.notes == ["flush"] * 12


def test_the_pipeline_naps_until_the_next_slot_and_never_backwards():
    node = Node(naps=2, next_ms=130)
    run(node, app.measure)
    assert node.naps == [130, 0]


def test_how_late_the_pipeline_ever_was_is_kept():
    node = Node(naps=3, next_ms=130)
    run(node, app.measure)  # the second slot begins at 130, the third, due at the same time, too
    assert node.health.late_peak_ms == 0
    node = Node(naps=3, next_ms=130)
    slept = node.nap

    async def oversleep(delay_ms):
        await slept(delay_ms + 7)

    node.nap = oversleep
    run(node, app.measure)
    assert node.health.late_peak_ms == 14


class Worker:
    """A channel whose sensor works in slices; it notes when it was let."""

    def __init__(self, waits):
        self.waits = list(waits)
        self.called = []

    def work(self, now_ms):
        self.called.append(now_ms)
        return self.waits.pop(0)


def test_a_working_sensor_is_called_again_when_it_wants_to_be():
    one, other = Worker([5, 0, 700, 9]), Worker([30, 30, 40, 9])
    node = Node(naps=9)
    reports = run(node, lambda node, report: app.toil(node, (one, other), report))
    assert one.called == other.called == [0, 5, 5] and reports == [0, 5, 5]
    # after every slice a nap of none: whatever else is due comes before the next one
    assert node.naps == [0, 0, 5, 0, 0, 0, 0, 0, 40]


def test_a_press_acknowledges_once_however_long_it_lasts():
    node = Node(naps=9, pressed=[False, True, True, True, False, False, True, True, False])
    run(node, app.panel)
    assert [(event, command) for event, command, _, _ in node.notes] == [(alarm.ACK, "ack")] * 2
    assert [at_ms for _, _, _, at_ms in node.notes] == [100, 600]


def test_the_button_held_down_resets_once():
    node = Node(naps=40, pressed=[True] * 40)
    run(node, app.panel)
    assert [command for _, command, _, _ in node.notes] == ["ack", "reset"]
    assert node.notes[1][0] == alarm.RESET
    assert abs(node.notes[1][3] - app.RESET_MS) <= app.PANEL_MS


def test_values_are_published_every_second_and_alarms_when_they_changed():
    node = Node(naps=3)
    run(node, app.publish)
    said = "relay closed"  # once, for it does not change
    assert node.notes == ["m", said, "m", "m"] and set(node.naps) == {1_000}
    node = Node(naps=3)
    node.changed = True
    run(node, app.publish)
    assert node.notes == ["m", said, "a", "m", "m"] and not node.changed


def test_a_task_that_dies_lets_the_relay_go():
    node = Node()

    async def keep():
        raise OSError(5)

    node.network = "wifi"
    wifi = app._network(node.network)
    genuine, nap = wifi.keep, getattr(asyncio, "sleep_ms", None)
    wifi.keep, asyncio.sleep_ms = keep, node.idle
    node.pressed = lambda: False
    try:
        asyncio.run(app.run(node))
        died = False
    except OSError:
        died = True
    finally:
        wifi.keep, asyncio.sleep_ms = genuine, nap
    assert died and node.notes[0] == "armed" and node.notes[-1] == "released"


def test_a_task_that_does_not_report_is_late():
    node = Node()
    for task in ("measure", "deliver"):
        app._expect(node, task)
    assert node.health.late(app.LATE_MS) == []
    assert node.health.late(app.LATE_MS + 1) == ["deliver", "measure"]
