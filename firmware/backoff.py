"""A board that never gets far must not wear out its flash by trying.

Each boot leaves a block with its boot event. Many of those among the newest blocks mean a supply
that flickers, or a program that dies: the next start then waits first, with every output in the
safe state and nothing written.
"""

from protocols import block, cose
from protocols.errors import ProtocolError

LOOKED_AT = 12  # newest blocks: two minutes of a node that runs
PATIENCE = 4  # so many boots among them are no loop yet
MAX_PAUSE_MS = 60_000  # an instrument that could run again must not stay silent for longer


def pause_ms(recorder) -> int:
    """How long to wait now: 0, or 1 s doubled for each recent boot beyond `PATIENCE`."""
    boots = recorder.boot - 1 - _boot_before(recorder)  # `boot` is the number of this one
    return min(MAX_PAUSE_MS, 1000 << boots - PATIENCE - 1) if boots > PATIENCE else 0


def _boot_before(recorder):
    """Number of the boot that wrote the last block which is not among those looked at."""
    seq = recorder.journal.last - LOOKED_AT
    if seq < 1:
        return 0  # all there ever was
    sealed = recorder.read(seq)
    try:
        return block.peek(cose.payload(sealed or b"")[0])[1]
    except ProtocolError:
        return recorder.boot  # nobody knows: no reason to wait
