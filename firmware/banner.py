"""What a node says on its console when it starts, to whoever stands beside it with a terminal.

tocsin 0.1.0: pg-01 on esp32_s3, micropython 1.29.0
boot 3 (watchdog), mode normal, software 5a0c1d9e, config 77b1f0a2
channel 1: pressure, ads1115_loop, every 200 ms, urn:dev:os:32473-PG-2026-0001
ready
"""

import sys

from firmware import VERSION, identity

# The words of `protocols.words`, which a node does not load, by code.
BOOTS = ("", "power", "hard reset", "watchdog", "deep sleep", "soft reset")
MODES = ("normal", "test", "drill", "simulated")

_ID_BYTES = 4  # as in the header of a block


def say(node):
    """Who it is, why it started, what it measures."""
    write = sys.stdout.write
    name, board, runtime = node.cfg.node, node.board.name, identity.runtime()
    write("tocsin {}: {} on {}, {}\n".format(VERSION, name, board, runtime))
    boot = "boot {} ({}), mode {}, ".format(
        node.recorder.boot, BOOTS[node.cause], MODES[node.mode]
    )
    write(boot + "software {}, config {}\n".format(_short(node.software), _short(node.cfg.digest)))
    for one in node.channels:
        what = "channel {}: {}, {}, ".format(one.ch, one.name, one.sensor_name)
        write(what + "every {} ms, {}\n".format(one.period_ms, one.serial))
    write("ready\n")


def _short(digest):
    return "".join("{:02x}".format(byte) for byte in digest[:_ID_BYTES])
