"""Zero and span on a real node: asked for over CoAP, kept on flash, at work after the restart."""

import hashlib

import pytest

from protocols import cbor, coap, codes, event, senml
from sim.image import CONFIG_PATH
from tests.firmware.conftest import KEY, Bench, Until

ERROR_PA = 8_000.0  # of a gauge that has drifted; it may be off by 25.6 kPa


def open_seal(bench: Bench, name: str) -> bytes:
    """The node's configuration as a workshop would provision it."""
    sealed_bytes, operating, _ = cbor.decode(bench.configurations[name])
    sealed = cbor.encode({**cbor.decode(sealed_bytes), "seal": "open"})
    return cbor.encode([sealed, operating, hashlib.sha256(sealed + operating).digest()])


async def reading(bench: Bench, port: int) -> tuple[float, int]:
    """(value, quality) that the node shows now."""
    answer = await bench.peer.ask(port, "m")
    found = {
        one.name.rpartition(":")[2]: one.value for one in senml.decode_cbor(answer.payload, 0)
    }
    return float(found["pressure"]), int(found["pressure.q"])


async def test_a_zero_with_the_seal_open_is_at_work_after_the_restart(
    bench: Bench, until: Until
) -> None:
    node, port = await bench.node("pressure")
    node.provision({CONFIG_PATH: open_seal(bench, node.name), "/key.bin": KEY})
    node.plants[0].model.value = ERROR_PA
    await node.power_on()
    await until(lambda: bench.peer.blocks)
    before = await bench.peer.identity(port)
    assert before["seal"] == "open"
    assert (await bench.peer.ask(port, "cmd", b"zero pressure")).code == coap.CHANGED
    assert (await bench.peer.ask(port, "cmd", b"zero pressure")).code == coap.CONFLICT
    await until(lambda: bench.peer.events(codes.EV_ADJUST))
    (adjusted,) = map(event.fields, bench.peer.events(codes.EV_ADJUST))
    assert (adjusted["what"], adjusted["before"], adjusted["by"]) == ("zero", 0, "network")
    assert adjusted["after"] == pytest.approx(ERROR_PA / 100 * 1_000, abs=1_500)
    await until(lambda: any(one.header.boot == 2 for one in bench.peer.blocks))
    after = await bench.peer.identity(port)
    (told,) = map(event.fields, bench.peer.events(codes.EV_CONFIG))
    assert after["boot"] == 2 and after["config"] == told["config"] != before["config"]
    value, quality = await reading(bench, port)
    assert abs(value) < 500.0 and quality in (codes.GOOD, codes.UNDER_RANGE)
    assert node.crashes == 0


async def test_a_closed_seal_keeps_zero_and_span_shut(bench: Bench, until: Until) -> None:
    node, port = await bench.node("pressure")
    await node.power_on()
    await until(lambda: bench.peer.blocks)
    for command in (b"zero pressure", b"span pressure 1600000"):
        answer = await bench.peer.ask(port, "cmd", command)
        assert answer.code == coap.FORBIDDEN and b"seal" in answer.payload
    answer = await bench.peer.ask(port, "cmd", b"zero dust")
    assert answer.code == coap.BAD_REQUEST and b"channels: pressure" in answer.payload
    assert (await bench.peer.identity(port))["seal"] == "closed"
