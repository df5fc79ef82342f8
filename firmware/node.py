"""The parts of one instrument, wired; and what people may ask of it from the button or afar."""

import gc

from firmware import VERSION, board, crash, identity, limits, sampler
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
from protocols import alarm, codes
from protocols.cose import Mac

JOURNAL_DIRECTORY = "/journal"


class Node:
    """Every part by name. Built from the configuration and the seal's key; starts nothing."""

    def __init__(self, cfg, key: bytes):
        self.cfg = cfg
        self.board = board.build(cfg.board)
        self.clock = Clock(self.board.rtc_ms())
        self.channels = sampler.build(cfg.channels, cfg.limits, self.board)
        self.outputs = Outputs(self.board)
        self.mode = codes.MODE_SIMULATED if self.board.simulated else cfg.mode
        self.software = identity.software()
        self.cause = self.board.reset_cause()
        self.journal = Journal(JOURNAL_DIRECTORY, cfg.journal_kib * 1024)
        self.recorder = Recorder(
            self.journal,
            Mac(key),
            self.clock,
            self.channels,
            (cfg.node, self.mode, self.software, cfg.digest),
            cfg.flush_ms,
            self.closed,
        )
        self.outbox = Outbox(self.journal.last)
        self.endpoint = Endpoint(Link(cfg.port), self.clock)
        self.courier = Courier(
            self.endpoint, self.outbox, self.journal, self.recorder, self.clock, cfg.gateway
        )
        self.health = Health(self.board.feed)
        Resources(self).mount(self.endpoint)

    def start(self):
        """Record the boot, then let every channel's first slot be now."""
        gc.collect()  # what building the parts left behind
        self.recorder.start(self.cause, VERSION, identity.runtime(), self.board.name)
        words = crash.take()
        if words is not None:
            self.recorder.urgent(codes.EV_CRASH, (words,))
        self.recorder.close()
        now_ms = self.clock.now_ms()
        for channel in self.channels:
            channel.start(now_ms)

    def annunciate(self, changes: tuple):
        """Horn and lamp for new transitions, at once."""
        if changes:
            if any(change.new == codes.UNACK for change in changes):
                self.outputs.sound()
            self.outputs.annunciate(self.channels, self.clock.now_ms())

    def apply(self, channel, one, event: int, command: str, by: str) -> bool:
        """A person's command on one alarm: False if its state does not allow it."""
        old = one.state
        if not one.command(event, self.clock.now_ms()):
            return False
        change = limits.Transition(channel.ch, one.condition, old, one.state, None, None)
        self.outputs.trip(self.channels)
        self.annunciate((change,))
        self.recorder.urgent(codes.EV_COMMAND, (command, channel.ch, one.condition, by))
        self.recorder.urgent(codes.EV_ALARM, channel.transition(change))
        return True

    def acknowledge_all(self, by: str):
        """Whatever sounds or flashes has been seen."""
        for channel in self.channels:
            for one in channel.alarms:
                self.apply(channel, one, alarm.ACK, "ack", by)

    def silence(self):
        """Stop the horn; the alarms stay as they are, and the next new one sounds again."""
        self.outputs.silence()
        self.outputs.annunciate(self.channels, self.clock.now_ms())

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
            "boot": recorder.boot,
            "cause": self.cause,
            "clock": self.clock.quality,
            "uptime_ms": self.clock.now_ms(),
            "heap_peak": self.health.heap_peak,
            "taken": sum(channel.taken for channel in self.channels),
            "missed": sum(channel.missed for channel in self.channels),
            "channels": [[c.name, c.serial, c.taken, c.missed] for c in self.channels],
            "journal": {
                "first": journal.first,
                "last": journal.last,
                "acked": self.outbox.acked,
                "bytes": journal.bytes,
                "refused": len(self.outbox.refused),
                "unreadable": self.courier.unreadable,
                "failed": recorder.failed,
                "overwritten": recorder.overwritten,
            },
        }
