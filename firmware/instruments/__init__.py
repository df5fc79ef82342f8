"""Registry of instrument kinds: adding one is one file here and one word in `NAMES`.

A kind states what holds for every instrument of it, whatever sensor it uses:

    QUANTITY            word of `protocols.units`
    SCALE               default resolution on the wire, power of ten of the wire unit
    MAX_RATE_PER_S      fastest believable change, as a share of the range; faster is implausible
    STUCK_MS            shortest rest that may be a fault where readings used to move; 0: none is
    QUIET_SHARE         below this share of the range a reading may rest for ever
"""

NAMES = ("dust", "pressure", "speed")


def load(name: str):
    """Module of the instrument kind `name`, imported now; KeyError for an unknown one."""
    if name not in NAMES:
        raise KeyError(name)
    return __import__("firmware.instruments." + name, None, None, ("QUANTITY",))
