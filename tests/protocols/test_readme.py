"""The examples of the README are what the code writes and reads."""

import json
import re
from pathlib import Path

from protocols import block, cbor, coap, codes, cose, senml

README = (Path(block.__file__).parent / "README.md").read_text(encoding="utf-8")
NOW_MS = 1795456800123
HEADER = block.Header(
    "pg-01", 2, bytes.fromhex("00112233445566778899aabbccddeeff"), 1795456800000,
    codes.MODE_SIMULATED, codes.CLOCK_SYNCED, b"\x01\x02\x03\x04", b"\x05\x06\x07\x08", 1, 7,
)  # fmt: skip
SERIES = block.Series(
    1, 2, 200, 0, [8123, 8125, 8124, None, 8126], [0, 0, 0, codes.MISSED, 0]
)  # fmt: skip
ALARM = (1, codes.H, codes.NORM, codes.UNACK, 8126)
GROUPS = (
    ("urn:dev:os:32473-PG-0001:", NOW_MS, (("pressure", "Pa", 812500), ("pressure.q", None, 0))),
)


def fenced(kind: str, name: str) -> str:
    found = re.search(rf"^```{kind} {name}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    assert found, f"no example {name}"
    return found.group(1)


def example(name: str) -> bytes:
    """Bytes of a hex example: each line's hex stands before the first run of three spaces."""
    lines = [line.partition("   ")[0] for line in fenced("hex", name).splitlines()]
    return bytes.fromhex("".join(lines))


def test_the_block() -> None:
    assert block.encode(HEADER, [SERIES], [(800, codes.EV_ALARM, ALARM)]) == example("block")
    assert block.decode(example("block")) == block.Block(
        HEADER, [SERIES], [block.Event(8, 1795456800800, codes.EV_ALARM, ALARM)]
    )
    assert f"({len(example('block'))} bytes)" in README


def test_the_sealed_block() -> None:
    mac = cose.Mac(b"\x6b" * 32)
    assert cose.open(example("sealed"), mac) == example("block")
    assert cose.seal(example("block"), mac) == example("sealed")
    assert f", {len(example('sealed'))} bytes;" in README


def test_the_request() -> None:
    message = coap.decode(example("request"))
    assert (message.type, message.code, message.mid) == (coap.CON, coap.POST, 0x1234)
    assert (coap.path(message), coap.uint(message, coap.CONTENT_FORMAT)) == ("b", 17)
    assert coap.encode(message) == example("request")


def test_the_receipt_and_the_time() -> None:
    assert cbor.decode(example("receipt")) == [7, [9, 9, 12, 14]]
    assert cbor.decode(example("time")) == [NOW_MS, 1000]


def test_the_pack_in_both_forms() -> None:
    assert senml.encode_cbor(GROUPS) == example("senml")
    text = fenced("json", "senml")
    assert senml.encode_json(GROUPS) == text.replace("\n", "").replace(" ", "")
    assert json.loads(text)
    records = [
        senml.Record("urn:dev:os:32473-PG-0001:pressure", "Pa", 812500, NOW_MS),
        senml.Record("urn:dev:os:32473-PG-0001:pressure.q", None, 0, NOW_MS),
    ]
    assert senml.decode_cbor(example("senml"), 0) == records
    assert senml.decode_json(text.encode(), 0) == records


def test_the_table_of_bounds_is_that_of_the_code() -> None:
    from protocols import exchange, paths, series

    for row in (
        f"| datagram, sealed block | {paths.MAX_MESSAGE_BYTES}, {paths.MAX_BLOCK_BYTES} bytes |",
        f"| CBOR depth, items | {cbor.MAX_DEPTH}, {cbor.MAX_ITEMS} |",
        f"hole filled as missed | {block.MAX_SLOTS}, {series.MAX_HOLE} |",
        f"| options per message | {coap.MAX_OPTIONS} |",
        f"| {senml.MAX_PACK_BYTES >> 10} KiB, {senml.MAX_RECORDS}, {senml.MAX_NAME_BYTES} bytes |",
        f"| {exchange.MAX_OPEN}, {exchange.MAX_SEEN}, {exchange.MAX_TOLD} |",
    ):
        assert row in README
