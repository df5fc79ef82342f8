"""The ISA-18.2 / IEC 62682 alarm table that node, gateway, tests and diagrams share.

One alarm is one condition of one channel. `active` is the condition itself after its delays;
`state` is what people still owe it. The table says, for a state and an event, what comes next;
an event that a state does not list leaves it as it is. Three entries depend on more than that:

 - CLEAR of a latched alarm goes to LATCH_UNACK or LATCH_ACKED, from where only RESET leads home,
   and RESET works only while the condition is gone;
 - SHELVE, SUPPRESS and REMOVE hide any state; the condition goes on being evaluated meanwhile;
 - what ends such hiding goes to UNACK if the condition stands, else to NORM, so that nothing that
   is active ever comes back acknowledged by nobody.

State names are ISA-18.2's; the arcs were gathered from public secondary sources, not read in the
standard's own drawing.
"""

from collections import namedtuple

from .codes import (
    ACKED,
    LATCH_ACKED,
    LATCH_UNACK,
    NORM,
    OUT_OF_SERVICE,
    RTN_UNACK,
    SHELVED,
    SUPPRESSED_BY_DESIGN,
    UNACK,
)

RAISE = 1
CLEAR = 2
ACK = 3
RESET = 4
SHELVE = 5
UNSHELVE = 6
SUPPRESS = 7
UNSUPPRESS = 8
REMOVE = 9
RETURN = 10
REALARM = 11

# (state, event, next); a latched alarm's CLEAR is looked up in LATCHED first.
TABLE = (
    (NORM, RAISE, UNACK),
    (UNACK, ACK, ACKED),
    (UNACK, CLEAR, RTN_UNACK),
    (ACKED, CLEAR, NORM),
    (ACKED, REALARM, UNACK),
    (RTN_UNACK, ACK, NORM),
    (RTN_UNACK, RAISE, UNACK),
    (LATCH_UNACK, ACK, LATCH_ACKED),
    (LATCH_UNACK, RAISE, UNACK),
    (LATCH_ACKED, RESET, NORM),
    (LATCH_ACKED, RAISE, UNACK),
)
LATCHED = ((UNACK, CLEAR, LATCH_UNACK), (ACKED, CLEAR, LATCH_ACKED))

# (event that hides, state it leads to, event that ends it)
HIDING = (
    (SHELVE, SHELVED, UNSHELVE),
    (SUPPRESS, SUPPRESSED_BY_DESIGN, UNSUPPRESS),
    (REMOVE, OUT_OF_SERVICE, RETURN),
)

Annunciation = namedtuple("Annunciation", ("audible", "flashing", "steady"))

_SILENT = Annunciation(False, False, False)
_ANNUNCIATION = (
    (UNACK, Annunciation(True, True, False)),
    (ACKED, Annunciation(False, False, True)),
    (RTN_UNACK, Annunciation(False, True, False)),
    (LATCH_UNACK, Annunciation(False, True, False)),
    (LATCH_ACKED, Annunciation(False, False, True)),
)


def step(state: int, event: int, active: bool = False, latched: bool = False) -> int:
    """Next state. `active`: the condition stands now; `latched`: the alarm is one that latches."""
    for hide, hidden, end in HIDING:
        if event == hide:
            return hidden
        if state == hidden:
            if event == end:
                return UNACK if active else NORM
            if event not in (SHELVE, SUPPRESS, REMOVE):
                return state
    if event == RESET and active:
        return state
    if latched:
        for known, cause, after in LATCHED:
            if known == state and cause == event:
                return after
    for known, cause, after in TABLE:
        if known == state and cause == event:
            return after
    return state


def annunciation(state: int) -> Annunciation:
    """What horn and lamp do in a state; hidden states and NORM do nothing."""
    for known, shown in _ANNUNCIATION:
        if known == state:
            return shown
    return _SILENT
