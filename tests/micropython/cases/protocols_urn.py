"""DEV URN: what is written is read, what is none is refused."""

from protocols import urn
from protocols.errors import DecodeError

REFUSED = (
    "", "urn:dev:ow:10e2073a01080063", "urn:dev:os:32473", "urn:dev:os:-x", "urn:dev:os:032473-x",
    "urn:dev:os:32473-", "urn:dev:os:32473-a_b", "urn:dev:os:32a-x", "urn:dev:os:32473-\u8868",
)  # fmt: skip


def test_a_serial_with_dashes_survives():
    text = urn.encode(32473, "PG-2026-0001")
    assert text == "urn:dev:os:32473-PG-2026-0001"
    assert urn.decode(text) == (32473, "PG-2026-0001")


def test_what_is_no_such_urn_is_refused():
    for text in REFUSED:
        try:
            urn.decode(text)
        except DecodeError:
            continue
        raise AssertionError(text)


def test_a_serial_that_no_urn_can_hold_is_refused():
    for pen, serial in ((0, "x"), (32473, ""), (32473, "a b"), (32473, "a_b")):
        try:
            urn.encode(pen, serial)
        except ValueError:
            continue
        raise AssertionError((pen, serial))
