"""The parts of one instrument, wired; and what people may ask of it from the button or afar."""

import gc
import sys
import time

from firmware import VERSION, board, borrow, config, crash, identity, limits, sampler, standing
from firmware.clock import Clock
from firmware.courier import Courier
from firmware.health import Health
from firmware.journal import Journal
from firmware.latest import latest
from firmware.net.endpoint import Endpoint
from firmware.net.udp import Link
from firmware.outbox import Outbox
from firmware.outputs import Outputs
from firmware.recorder import Recorder
from firmware.resources import Resources
from firmware.system import System
from protocols import codes
from protocols.cose import Mac

JOURNAL_DIRECTORY = "/journal"
DRILL_MS = 1_800_000  # a drill that nobody ends is over after half an hour


class Node:
    """Every part by name. Built from the configuration and the seal's key; starts nothing."""

    def __init__(self, cfg, key: bytes):
        self.cfg = cfg
        self.board = board.build(cfg.board)
        self.clock = Clock(self.board.rtc_ms(), cfg.holdover_s)
        self.channels = sampler.build(cfg.channels, cfg.limits, self.board)
        self.outputs = Outputs(self.board)
        self.mode = codes.MODE_SIMULATED if self.board.simulated else cfg.mode
        self.software = identity.software()
        self.cause = self.board.reset_cause()
        self.mac = Mac(key)
        self.journal = Journal(JOURNAL_DIRECTORY, cfg.journal_kib * 1024)
        self.recorder = Recorder(
            self.journal,
            self.mac,
            self.clock,
            self.channels,
            (cfg.node, self.mode, self.software, cfg.digest),
            cfg.flush_ms,
            self.closed,
        )
        self.outbox = Outbox(self.journal.last)
        for low, high in self.journal.damaged:
            self.outbox.refuse(low, high)
        self.endpoint = Endpoint(Link(cfg.port), self.clock)
        self.courier = Courier(
            self.endpoint, self.outbox, self.journal, self.recorder, self.clock, cfg.gateway
        )
        self.health = Health(self.board.feed)
        self.system = System(self.journal, self.board, self.sound)
        self.alarming = self.channels + [self.system]
        self.changed = False  # has any alarm changed that observers have not been told of?
        self.failed: "list[str]" = []  # self-tests that did not pass
        self._drill_ends_ms: "int | None" = None
        self._leaving = False
        self.adjustment = None  # of a zero or span, while it gathers readings
        Resources(self).mount(self.endpoint)

    def hold(self):
        """Wait in the safe state if the last boots all came to nothing."""
        pause_ms = borrow("backoff").pause_ms(self.recorder)
        if pause_ms:
            words = "boots that came to nothing: waiting {} s\n"
            sys.stdout.write(words.format(pause_ms // 1000))
            time.sleep_ms(pause_ms)

    def start(self):
        """Record the boot, then let every channel's first slot be now."""
        gc.collect()  # what building the parts left behind
        self.recorder.start(self.cause, VERSION, identity.runtime(), self.board.name)
        self._certify()
        words = crash.take()
        if words is not None:
            self.recorder.urgent(codes.EV_CRASH, (words,))
        self.test()
        for channel, one, old in standing.restore(self.alarming, self.clock):
            change = limits.Transition(channel.ch, one.condition, old, one.state, None, None)
            self.recorder.event(codes.EV_ALARM, channel.transition(change))
        self.recorder.close()
        now_ms = self.clock.now_ms()
        for channel in self.channels:
            channel.start(now_ms)
        self._review(now_ms)

    def _certify(self):
        """Record each channel's certificate; then nobody needs what the parts were built from."""
        certificate = borrow("metrology").certificate
        for cfg, channel in zip(self.cfg.channels, self.channels):
            args = certificate(cfg, channel)
            if args is not None:
                self.recorder.event(codes.EV_CERTIFICATE, args)
        self.cfg.channels.clear()
        self.cfg.limits.clear()

    def test(self) -> list:
        """Test and record what can be tested without disturbing the instrument."""
        results = borrow("selftest").run(self.board, self.mac, self.journal)
        for result in results:
            self.recorder.event(codes.EV_SELFTEST, result)
        self.failed = [name for name, _, passed in results if not passed]
        return results

    def annunciate(self, changes: tuple):
        """Horn and lamp for new transitions, at once."""
        if changes:
            self.changed = True
            if any(change.new == codes.UNACK for change in changes):
                self.outputs.sound()
            self.outputs.annunciate(self.alarming, self.clock.now_ms())

    def apply(
        self, channel, one, event: int, command: str, by: str, reason: str = "", for_s: int = 0
    ) -> bool:
        """A person's command on one alarm: False if its state does not allow it.

        What hides an alarm has a reason, and a shelving a time after which it ends by itself.
        """
        old, now_ms = one.state, self.clock.now_ms()
        until_ms = now_ms + 1000 * for_s if for_s else None
        done = one.hide(event, now_ms, reason, until_ms) if reason else one.command(event, now_ms)
        if not done:
            return False
        change = limits.Transition(channel.ch, one.condition, old, one.state, None, None)
        self.outputs.trip(self.alarming)
        self.annunciate((change,))
        args = (command, channel.ch, one.condition, by)
        self.recorder.urgent(codes.EV_COMMAND, args + (reason, for_s) if reason else args)
        self.recorder.urgent(codes.EV_ALARM, channel.transition(change))
        standing.keep(self.alarming, self.clock)
        return True

    def command_all(self, event: int, command: str, by: str):
        """A person's command on every alarm whose state allows it."""
        for channel in self.alarming:
            for one in channel.alarms:
                self.apply(channel, one, event, command, by)

    def silence(self, by: str):
        """Stop the horn; the alarms stay as they are, and the next new one sounds again."""
        if self.outputs.silence():
            self.recorder.urgent(codes.EV_COMMAND, ("silence", None, None, by))

    def drill(self, on: bool, by: str) -> bool:
        """Mark everything as a drill from now on, or no more; False where nothing is real."""
        if self.cfg.mode != codes.MODE_NORMAL or self.board.simulated:
            return False
        self.mode = codes.MODE_DRILL if on else codes.MODE_NORMAL
        self._drill_ends_ms = self.clock.now_ms() + DRILL_MS if on else None
        self.recorder.set_mode(self.mode)
        self.recorder.urgent(codes.EV_COMMAND, ("drill" if on else "drill end", None, None, by))
        return True

    def reboot(self, by: str):
        """Restart within a second, after the answer to whoever asked is on its way."""
        self.recorder.urgent(codes.EV_COMMAND, ("reboot", None, None, by))
        self.leave()

    def tend(self):
        """Once a second: what was to happen at a later moment."""
        if self._leaving:
            self.outputs.release()
            board.restart()
        now_ms = self.clock.now_ms()
        if self.adjustment is not None:
            self.adjustment.tend(self)
            if self._leaving:
                return
        self._review(now_ms)
        if self.clock.is_stale(now_ms):
            self.recorder.doubt_clock()
        self._check_system()
        if self._drill_ends_ms is not None and now_ms >= self._drill_ends_ms:
            self.drill(False, "time")

    def leave(self):
        """Restart at the next second: what is open goes to flash first."""
        self.recorder.close()
        self._leaving = True

    def _review(self, now_ms):
        known = self.clock.quality != codes.CLOCK_NONE
        unix_ms = self.clock.wall_ms(now_ms) if known else 0
        for channel in self.channels:
            channel.review(now_ms, unix_ms)

    def sound(self) -> bool:
        """Is the configuration on flash the one that runs?"""
        return config.digest() == self.cfg.digest

    def _check_system(self):
        changes = tuple(self.system.check(self.clock.now_ms()))
        if changes:
            self.outputs.trip(self.alarming)
            self.annunciate(changes)
            for change in changes:
                self.recorder.urgent(codes.EV_ALARM, self.system.transition(change))
            standing.keep(self.alarming, self.clock)

    def adopt(self, unix_ms: int, at_ms: int):
        """The gateway's time for the monotonic instant `at_ms`: take it, and remember it."""
        self.recorder.set_clock(unix_ms, at_ms)
        self.board.set_rtc(self.clock.wall_ms(self.clock.now_ms()))

    def closed(self, seq: int, urgent: bool):
        """A block went to flash: only now may it be sent."""
        self.outbox.added(seq, urgent)
        self.courier.wake(urgent)

    def latest(self) -> bytes:
        """What `/m` shows."""
        return latest(self.channels, self.clock)

    def identity(self) -> dict:
        """What `/id` shows."""
        journal, recorder = self.journal, self.recorder
        return {
            "node": self.cfg.node,
            "board": self.board.name,
            "version": VERSION,
            "runtime": identity.runtime(),
            "software": self.software,
            "config": self.cfg.digest,
            "mode": self.mode,
            "seal": self.cfg.seal,
            "boot": recorder.boot,
            "cause": self.cause,
            "clock": self.clock.quality,
            "uptime_ms": self.clock.now_ms(),
            "heap_peak": self.health.heap_peak,
            "late_peak_ms": self.health.late_peak_ms,
            "selftest": self.failed,
            "taken": sum(channel.taken for channel in self.channels),
            "missed": sum(channel.missed for channel in self.channels),
            "channels": [[c.name, c.serial, c.taken, c.missed] for c in self.channels],
            "journal": {
                "first": journal.first,
                "last": journal.last,
                "acked": self.outbox.acked,
                "bytes": journal.bytes,
                "refused": self.outbox.refused,
                "unreadable": self.courier.unreadable,
                "failed": recorder.failed,
                "overwritten": recorder.overwritten,
            },
            "link": self.endpoint.counters(),
        }
