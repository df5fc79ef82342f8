"""Alarm tags: `<channel name>.<condition>`, such as `pressure.HH`, predictive `pressure.pHH`."""

from . import codes

CONDITIONS = (
    (codes.LL, "LL"),
    (codes.L, "L"),
    (codes.H, "H"),
    (codes.HH, "HH"),
    (codes.RATE, "rate"),
    (codes.DEVIATION, "dev"),
    (codes.DISCREPANCY, "diff"),
    (codes.LL | codes.PREDICTED, "pLL"),
    (codes.L | codes.PREDICTED, "pL"),
    (codes.H | codes.PREDICTED, "pH"),
    (codes.HH | codes.PREDICTED, "pHH"),
    (codes.FAULT, "fault"),
    (codes.JOURNAL_FULL, "journal"),
    (codes.TAMPER, "tamper"),
)


def name(table: tuple, code: int) -> str:
    """Word for `code` in one of the tables above; unknown codes read as `#n`."""
    for number, word in table:
        if number == code:
            return word
    return "#{}".format(code)


def tag(channel: str, condition: int) -> str:
    """Tag of a channel's alarm."""
    return channel + "." + name(CONDITIONS, condition)
