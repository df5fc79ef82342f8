"""Quantities, their wire units (SenML names, RFC 8428 §12.1 and RFC 8798) and numbers."""

# number, quantity, SenML unit. Numbers are never reused.
QUANTITIES = (
    (1, "pressure", "Pa"),
    (2, "dust", "ug/m3"),
    (3, "speed", "km/h"),
    (4, "temperature", "Cel"),
    (5, "battery", "V"),
    (6, "loop", "mA"),
)

SECONDARY = ("ug/m3", "km/h", "mA")  # from RFC 8798: a pack that uses one says so in its version


def unit(quantity: str) -> str:
    """SenML unit of a quantity; KeyError for an unknown one."""
    for _, word, symbol in QUANTITIES:
        if word == quantity:
            return symbol
    raise KeyError(quantity)


def number(quantity: str) -> int:
    """Wire number of a quantity; KeyError for an unknown one."""
    for code, word, _ in QUANTITIES:
        if word == quantity:
            return code
    raise KeyError(quantity)


def quantity(code: int) -> str:
    """Quantity of a wire number; KeyError for an unknown one."""
    for known, word, _ in QUANTITIES:
        if known == code:
            return word
    raise KeyError(code)
