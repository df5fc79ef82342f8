"""What a node says on its console while it measures: relay and alarms, whenever they change.

    relay closed
    relay released, pressure.HH UNACK

It never waits for a terminal: what that does not take at once is not said.
"""

import select
import sys

from protocols import codes, tags

# The words of `protocols.words`, which a node does not load, by code.
STATES = (
    "", "NORM", "UNACK", "ACKED", "RTN_UNACK", "LATCH_UNACK", "LATCH_ACKED", "SHELVED",
    "SUPPRESSED_BY_DESIGN", "OUT_OF_SERVICE",
)  # fmt: skip


def state(node) -> str:
    """Relay and what stands, in one line."""
    found = "relay closed" if node.outputs.healthy else "relay released"
    for channel in node.channels:
        for one in channel.alarms:
            if one.state != codes.NORM:
                found += ", {} {}".format(tags.tag(channel.name, one.condition), STATES[one.state])
    return found


def say(line: str):
    """As much as the terminal takes at once; byte by byte, for only one is sure to fit."""
    ready = select.poll()
    ready.register(sys.stdout, select.POLLOUT)
    for letter in line + "\n":
        if not ready.poll(0):
            return
        sys.stdout.write(letter)
