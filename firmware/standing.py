"""Which alarms stand, kept over a reboot: what nobody has acknowledged or reset does not vanish.

`/alarms.cbor` holds [ch, condition, state, until, reason] of every alarm that is not NORM, `until`
being the unix ms at which a shelving ends; it is rewritten at each transition, after its block. At
boot nothing is known of the conditions yet, so they count as gone: what stood unacknowledged comes
back as returned or latched, and is raised anew if it still stands. A shelving goes on to its own
end, and no longer if nobody knows what time it is.
"""

import os

from firmware.limits import MAX_SHELVE_S
from protocols import alarm, cbor, codes
from protocols.errors import DecodeError

PATH = "/alarms.cbor"

# What a boot does to a state: the condition is over until it is seen again.
_ENDS = (alarm.CLEAR, alarm.UNSUPPRESS)


def keep(channels: list, clock, path: str = PATH):
    """Write what stands; on flash whole or not at all."""
    standing = [
        [channel.ch, one.condition, one.state, _until(one, clock), one.reason]
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


def restore(channels: list, clock, path: str = PATH) -> list:
    """Give every alarm its state after a boot: (channel, alarm, state before the boot) of each."""
    before = _read(path)
    found = []
    for channel in channels:
        for one in channel.alarms:
            old, until, reason = before.get((channel.ch, one.condition), (codes.NORM, 0, ""))
            one.state = _after_boot(old, one.latch)
            if old == codes.SHELVED:
                _shelve(one, until, clock)
            if one.state in (codes.SHELVED, codes.OUT_OF_SERVICE):
                one.reason = reason
            found.append((channel, one, old))
    return found


def _until(one, clock):
    shelved = one.state == codes.SHELVED and one.until_ms is not None
    return clock.wall_ms(one.until_ms) if shelved else 0


def _shelve(one, until, clock):
    """Go on with a shelving that a boot has interrupted, if there is any of it left."""
    now_ms = clock.now_ms()
    left_ms = until - clock.wall_ms(now_ms)
    if clock.quality == codes.CLOCK_NONE or not 0 < left_ms <= 1000 * MAX_SHELVE_S:
        one.state = codes.NORM
    else:
        one.until_ms = now_ms + left_ms


def _after_boot(state, latch):
    for event in _ENDS:
        state = alarm.step(state, event, False, latch)
    return state


def _read(path):
    try:
        with open(path, "rb") as file:
            found = cbor.decode(file.read())
        return {
            (ch, condition): (state, until, reason)
            for ch, condition, state, until, reason in found
        }
    except (OSError, DecodeError, TypeError, ValueError):
        return {}
