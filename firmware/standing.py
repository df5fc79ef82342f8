"""Which alarms stand, kept over a reboot: what nobody has acknowledged or reset does not vanish.

`/alarms.cbor` holds [ch, condition, state] of every alarm that is not NORM, rewritten at each
transition after its block. At boot nothing is known of the conditions yet, so they count as gone:
what stood unacknowledged comes back as returned or latched, and is raised anew if it still stands.
"""

import os

from protocols import alarm, cbor, codes
from protocols.errors import DecodeError

PATH = "/alarms.cbor"

# What a boot does to a state: the condition is over until it is seen again.
_ENDS = (alarm.CLEAR, alarm.UNSUPPRESS)


def keep(channels: list, path: str = PATH):
    """Write what stands; on flash whole or not at all."""
    standing = [
        [channel.ch, one.condition, one.state]
        for channel in channels
        for one in channel.alarms
        if one.state != codes.NORM
    ]
    try:
        with open(path + ".new", "wb") as file:
            file.write(cbor.encode(standing))
        os.rename(path + ".new", path)
    except OSError:
        pass  # the chain has the transition; only a boot before the next one would not know


def restore(channels: list, path: str = PATH) -> list:
    """Give every alarm its state after a boot: (channel, alarm, state before the boot) of each."""
    before = _read(path)
    found = []
    for channel in channels:
        for one in channel.alarms:
            old = before.get((channel.ch, one.condition), codes.NORM)
            one.state = _after_boot(old, one.latch)
            found.append((channel, one, old))
    return found


def _after_boot(state, latch):
    for event in _ENDS:
        state = alarm.step(state, event, False, latch)
    return state


def _read(path):
    try:
        with open(path, "rb") as file:
            return {(ch, condition): state for ch, condition, state in cbor.decode(file.read())}
    except (OSError, DecodeError, TypeError, ValueError):
        return {}
