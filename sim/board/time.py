"""`time` of the simulated board: ticks from its start that wrap at 2^30, wall time from its RTC.

On the real clock, ticks follow the host's. On a virtual one they stand still while the firmware
computes, but for what a look at the clock and a frame on the link cost, so that a loop that waits
for a time ends; they move when the firmware sleeps: in lock step when the supervisor says so, on
the jump clock by themselves, and the supervisor hears of it with the next frame (`ops.AT`).

asyncio counts on a clock that never wraps, far above the real ticks that its C part reads.
"""

import struct

import bus
import files
import ops
import utime
from utime import gmtime as _gmtime

_MASK = (1 << 30) - 1
_HALF = 1 << 29
_LOOK_US = 2
_FRAME_US = 20
_AHEAD_US = 1_000  # the board's count may be ahead of the world by less than this
_JUMP_US = 1_000_000  # longest time without a word to the supervisor
_WIDE_MS = 1 << 50

arrived = 0  # what waits for the board, as `ops.AWAKE_FORMAT` has it
_us = 0  # ticks; on the real clock, what to add to the host's
_told_us = 0  # ticks that the supervisor knows of
_clock = None  # not started yet: a tool without a supervisor
_epoch_s = 0  # of this port, in unix time


def start() -> bytes:
    """Take the clock that the supervisor gives; a seed for whatever is random, or nothing."""
    global _us, _told_us, _clock, _epoch_s
    _clock, _us, _epoch_s, seed = struct.unpack(ops.START_FORMAT, bus.ask(ops.START))
    _told_us = _us
    import asyncio.core as core

    if _clock == ops.REAL_CLOCK:
        _us -= utime.ticks_us()
        core.ticks, core.ticks_diff, core.ticks_add = (
            utime.ticks_ms, utime.ticks_diff, utime.ticks_add,
        )  # fmt: skip
        return b""
    core.ticks, core.ticks_diff, core.ticks_add = _wide, _wide_diff, _wide_add
    bus.charge(_frame)
    return seed


def now_us() -> int:
    """Ticks that do not wrap."""
    global _us
    if not _clock:  # the real one, or none
        return _us + utime.ticks_us()
    _us += _LOOK_US
    return _us


def pass_us(count: int):
    """The board was busy for so long (virtual clocks only: on the real one, time passes)."""
    global _us
    if _clock:
        _us += count


def wait(end_us: int, wakeable: bool) -> bool:
    """Sleep until that tick or, if `wakeable`, until something arrives: did it?

    Interrupts are taken all the while, timers of the board at their time.
    """
    bus.pump()
    if files.held:
        files.sweep(now_us())
    while True:
        now = now_us()
        timer_us = bus.timer_us()
        if timer_us is None or now + timer_us >= end_us:
            woken = _sleep(now, end_us, wakeable)
        else:
            woken = _sleep(now, now + timer_us, wakeable)
        bus.pump()
        if (woken and wakeable) or now_us() >= end_us:
            return woken


def _sleep(now, end_us, wakeable):
    global _us, _told_us, arrived
    if _clock == ops.JUMP_CLOCK and end_us - _told_us < _JUMP_US and not arrived:
        _us = max(_us, end_us)
        return False
    _told_us = _us
    ends = ops.WAKE_ALL if wakeable else ops.WAKE_NONE if bus.masked else ops.WAKE_EVENTS
    asked = struct.pack(ops.SLEEP_FORMAT, now, end_us)
    ticks, arrived = struct.unpack(ops.AWAKE_FORMAT, bus.ask(ops.SLEEP, ends, asked))
    if _clock:
        _us = max(_us, ticks)
        _told_us = _us
    if arrived & ops.BREAK:
        bus.tell(ops.BROKEN)
        raise KeyboardInterrupt
    return arrived != 0


def behind() -> bool:
    """Has it been long since the supervisor said what arrived?"""
    global _told_us
    if _clock:
        return _us - _told_us >= _AHEAD_US
    now = now_us()
    if now - _told_us < _AHEAD_US:
        return False
    _told_us = now
    return True


def ticks_ms() -> int:
    """Milliseconds, wrapping."""
    return (now_us() - bus.age_us) // 1000 & _MASK


def ticks_us() -> int:
    """Microseconds, wrapping."""
    return now_us() - bus.age_us & _MASK


ticks_cpu = ticks_us


def ticks_add(ticks: int, delta: int) -> int:
    """`ticks` that much later."""
    return ticks + delta & _MASK


def ticks_diff(end: int, start: int) -> int:
    """From `start` to `end`, either way."""
    return (end - start + _HALF & _MASK) - _HALF


def sleep_us(us: int):
    """Do nothing, and let nothing else happen on the board."""
    if _clock is None:
        utime.sleep_us(us)
    elif us > 0:
        wait(now_us() + us, False)


def sleep_ms(ms: int):
    """Milliseconds of it."""
    sleep_us(ms * 1000)


def sleep(seconds):
    """Seconds of it."""
    sleep_us(int(seconds * 1_000_000))


def time() -> int:
    """Seconds of the RTC, since the epoch of this port."""
    return _rtc()[0]


def time_ns() -> int:
    """Nanoseconds of it."""
    seconds, us = _rtc()
    return (seconds * 1_000_000 + us) * 1000


def gmtime(seconds=None) -> tuple:
    """(year, month, day, hour, minute, second, weekday, day of the year) of a time in seconds."""
    return _gmtime((time() if seconds is None else seconds) + _epoch_s)[:8]


localtime = gmtime  # boards know no zones


def mktime(at) -> int:
    """Seconds of a time as `gmtime` gives it."""
    return _unix_s(at[0], at[1], at[2], at[3], at[4], at[5]) - _epoch_s


def _rtc():
    year, month, day, _, hour, minute, second, us = struct.unpack(
        ops.RTC_FORMAT, bus.ask(ops.RTC_GET)
    )
    return _unix_s(year, month, day, hour, minute, second) - _epoch_s, us


def _unix_s(year, month, day, hour, minute, second):
    """Gregorian calendar, years that begin in March."""
    if month <= 2:
        year, month = year - 1, month + 12
    days = 365 * year + year // 4 - year // 100 + year // 400 + (153 * (month - 3) + 2) // 5 + day
    return (days - 719469) * 86400 + hour * 3600 + minute * 60 + second


def _frame(operation):
    """What the firmware asks of the world is asked at the world's time."""
    global _us, _told_us
    _us += _FRAME_US
    if _us - _told_us >= _AHEAD_US and operation != ops.SLEEP:
        _told_us = _us
        ask = bus.tell if operation >= ops.FIRST_QUESTION else bus.ask
        ask(ops.SOON if ask is bus.tell else ops.AT, 0, struct.pack("<Q", _us))


def _wide():
    return _WIDE_MS + now_us() // 1000


def _wide_diff(end, start):
    return end - start


def _wide_add(ticks, delta):
    return ticks + delta
