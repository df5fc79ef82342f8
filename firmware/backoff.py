"""A board that never gets far must not wear out its flash by trying.

A boot that ends before its second block leaves one block, the one with its boot event. Several of
those at the end of the journal mean a supply that flickers, or a program that dies: the next start
then waits first, with every output in the safe state and nothing written.
"""

from protocols import block, codes, cose
from protocols.errors import ProtocolError

PATIENCE = 4  # so many short boots are no loop yet
MAX_PAUSE_MS = 60_000  # an instrument that could run again must not stay silent for longer


def pause_ms(recorder) -> int:
    """How long to wait now: 0, or 1 s doubled for each short boot beyond `PATIENCE`."""
    boots = 0
    seq = recorder.journal.last
    while seq > 0 and _is_boot(recorder.read(seq)):
        boots += 1
        seq -= 1
        if boots > PATIENCE + 6:
            return MAX_PAUSE_MS
    return min(MAX_PAUSE_MS, 1000 << boots - PATIENCE - 1) if boots > PATIENCE else 0


def _is_boot(sealed):
    """Does this block hold a boot event?"""
    if sealed is None:
        return False
    try:
        found = block.decode(cose.payload(sealed)[0])
    except ProtocolError:
        return False
    return any(event.code == codes.EV_BOOT for event in found.events)
