"""Plain SenML: configured senders and names only, once per (name, time), shown as unsealed."""

import asyncio
import shutil
import subprocess

import aiocoap
import cbor2
import pytest

from gateway import config
from gateway.errors import Refused
from gateway.ingest.plain import MAX_AHEAD_MS, Senders, readings
from protocols import coap, paths

NOW_MS = 1_795_456_800_000
NAME = "urn:dev:os:32473-XX:"
PACK = (
    b'[{"bn":"urn:dev:os:32473-XX:","bt":1700000000,"n":"dust","u":"ug/m3","v":41.5},'
    b'{"n":"tank","u":"%RH","v":7,"t":1}]'
)


@pytest.fixture
def settings(settings, tmp_path):
    """The usual configuration, and one sender of plain SenML."""
    path = tmp_path / "gateway.toml"
    with path.open("a") as file:
        file.write(f'[[plain]]\nendpoint = "127.0.0.1"\nnames = ["{NAME}"]\n')
    return config.load(path)


def instruments(gateway):
    return {one["key"]: one for one in gateway.live.snapshot()["instruments"]}


async def test_json_is_stored_and_shown_as_unsealed(client, gateway):
    response = await client.send(PACK, "m", paths.SENML_JSON)
    assert response.code == aiocoap.CHANGED
    shown = instruments(gateway)["urn:dev:os:32473-XX/dust"]
    assert (shown["value"], shown["unit"], shown["quantity"]) == (41.5, "ug/m3", "dust")
    assert (shown["sealed"], shown["t_ms"]) == (False, 1_700_000_000_000)
    other = instruments(gateway)["urn:dev:os:32473-XX/tank"]
    assert (other["quantity"], other["unit"]) == ("other", "%RH")
    trend = gateway.store.trend("urn:dev:os:32473-XX/tank", 0, 2**42, 10)
    assert trend["t_ms"] == [1_700_000_001_000]


async def test_cbor_is_understood(client, gateway):
    time = cbor2.CBORTag(4, [-3, 1_700_000_000_250])
    pack = cbor2.dumps([{-2: NAME, -3: time, 0: "v", 1: "km/h", 2: 12}])
    response = await client.send(pack, "m", paths.SENML_CBOR)
    assert response.code == aiocoap.CHANGED
    shown = instruments(gateway)["urn:dev:os:32473-XX/v"]
    assert (shown["quantity"], shown["t_ms"]) == ("speed", 1_700_000_000_250)


async def test_a_repeated_pack_is_stored_once(client, gateway):
    for _ in range(3):
        await client.send(PACK, "m", paths.SENML_JSON)
    assert len(gateway.store.trend("urn:dev:os:32473-XX/dust", 0, 2**42, 10)["t_ms"]) == 1


async def test_a_name_that_is_not_configured_is_forbidden_with_the_whole_pack(client, gateway):
    pack = PACK.replace(b'"n":"tank"', b'"bn":"urn:dev:os:32473-YY:","n":"tank"')
    response = await client.send(pack, "m", paths.SENML_JSON)
    assert response.code == aiocoap.FORBIDDEN
    assert b"urn:dev:os:32473-YY:tank" in response.payload
    assert instruments(gateway) == {}
    assert gateway.live.snapshot()["counters"]["refused"] == 1


async def test_another_content_format_is_said_to_be_wrong(client):
    response = await client.send(PACK, "m", 0)
    assert response.code == aiocoap.UNSUPPORTED_CONTENT_FORMAT
    assert response.payload == b"send content-format 112 or 110 (SenML)"


async def test_a_large_pack_arrives_in_pieces_up_to_a_limit(client, gateway):
    records = ",".join(f'{{"n":"x","t":{n},"v":{n}}}' for n in range(200))
    pack = f'[{{"bn":"{NAME}","bt":1700000000}},{records}]'.encode()
    assert 1024 < len(pack) < 8192
    response = await client.send(pack, "m", paths.SENML_JSON)
    assert response.code == aiocoap.CHANGED
    assert len(gateway.store.trend("urn:dev:os:32473-XX/x", 0, 2**42, 1000)["t_ms"]) == 200
    response = await client.send(bytes(9000), "m", paths.SENML_JSON)
    assert response.code == aiocoap.REQUEST_ENTITY_TOO_LARGE


@pytest.mark.skipif(shutil.which("coap-client-notls") is None, reason="needs libcoap3-bin")
async def test_the_client_of_libcoap_can_deliver(gateway):
    command = ["coap-client-notls", "-m", "post", "-t", "110", "-B", "5", "-f", "-"]
    done = await _run([*command, f"{gateway.addresses.coap}/m"], PACK)
    assert done.returncode == 0, done.stderr
    assert instruments(gateway)["urn:dev:os:32473-XX/dust"]["value"] == 41.5


@pytest.mark.skipif(shutil.which("coap-client-notls") is None, reason="needs libcoap3-bin")
async def test_the_client_of_libcoap_finds_the_resources(gateway):
    command = ["coap-client-notls", "-m", "get", "-B", "5"]
    done = await _run([*command, f"{gateway.addresses.coap}/.well-known/core"], b"")
    for link in (b'</b>;ct="17"', b'</m>;ct="112 110"', b'</t>;ct="60"'):
        assert link in done.stdout, done


async def _run(command, stdin):
    return await asyncio.to_thread(
        subprocess.run, command, input=stdin, capture_output=True, timeout=20, check=False
    )


async def test_a_sender_far_in_the_future_is_refused_and_does_not_freeze_its_tile(client, gateway):
    ahead = b'[{"n":"' + NAME.encode() + b'boiler","u":"Cel","v":1,"t":99999999999}]'
    response = await client.send(ahead, "m", paths.SENML_JSON)
    assert response.code == aiocoap.BAD_REQUEST
    assert b"boiler is " in response.payload
    assert b" s ahead of the gateway's clock; at most 60 s are accepted" in response.payload
    await client.send(ahead.replace(b',"t":99999999999', b""), "m", paths.SENML_JSON)
    shown = instruments(gateway)["urn:dev:os:32473-XX/boiler"]
    assert 0 <= gateway.live.snapshot()["now_ms"] - shown["t_ms"] < 5000
    assert gateway.live.snapshot()["counters"]["refused"] == 1


async def test_a_sender_a_little_ahead_does_not_win_over_what_comes_later(client, gateway):
    pack = '[{{"n":"{}boiler","v":{},"t":{}}}]'.format
    for value, ahead_s in ((1, 30), (2, 0)):
        response = await client.send(pack(NAME, value, ahead_s).encode(), "m", paths.SENML_JSON)
        assert response.code == aiocoap.CHANGED
        state = gateway.live.snapshot()
        (shown,) = state["instruments"]
        assert (shown["value"], shown["t_ms"] <= state["now_ms"]) == (value, True)
    assert [one.value for one, _ in gateway.store.readings()] == [2]


# --- the pure part


def sender(endpoint):
    return Senders([config.Plain(endpoint, [NAME])])


@pytest.mark.parametrize(
    ("endpoint", "host", "port", "listed"),
    [
        ("127.0.0.1", "127.0.0.1", 40000, True),
        ("127.0.0.1:40000", "127.0.0.1", 40000, True),
        ("127.0.0.1:40000", "127.0.0.1", 40001, False),
        ("127.0.0.1", "127.0.0.2", 40000, False),
        ("::1", "::1", 5683, True),
        ("[::1]:5683", "::1", 5683, True),
        ("[::1]:5683", "::1", 5684, False),
    ],
)
def test_a_sender_is_known_by_address_and_by_port_if_one_is_given(endpoint, host, port, listed):
    if listed:
        assert sender(endpoint).names(host, port) == [NAME]
    else:
        with pytest.raises(Refused) as caught:
            sender(endpoint).names(host, port)
        assert caught.value.code == coap.FORBIDDEN


@pytest.mark.parametrize(
    ("pack", "code"),
    [
        (b"{", coap.BAD_REQUEST),
        (b'[{"n":"a","v":1}]', coap.FORBIDDEN),
        (b'[{"n":"urn:dev:os:32473-XX:a","vs":"text"}]', coap.BAD_REQUEST),
        (b'[{"n":"urn:dev:os:32473-XX:a","vb":true}]', coap.BAD_REQUEST),
        (b'[{"n":"urn:dev:os:32473-XX:a","v":' + b"9" * 400 + b"}]", coap.BAD_REQUEST),
    ],
)
def test_what_is_no_measurement_of_ours_is_refused(pack, code):
    with pytest.raises(Refused) as caught:
        readings(pack, paths.SENML_JSON, [NAME], 1)
    assert caught.value.code == code


def test_a_name_without_a_colon_at_its_end_is_itself_only():
    (found,) = readings(b'[{"n":"room","v":1}]', paths.SENML_JSON, ["room"], 5)
    assert (found.node, found.name, found.t_ms) == ("plain", "room", 5)
    with pytest.raises(Refused):
        readings(b'[{"n":"room2","v":1}]', paths.SENML_JSON, ["room"], 5)


@pytest.mark.parametrize(
    ("newest_ms", "found"),
    [
        (NOW_MS, [NOW_MS - 10_000, NOW_MS]),
        (NOW_MS - 1, [NOW_MS - 10_001, NOW_MS - 1]),
        (NOW_MS + 1, [NOW_MS - 10_000, NOW_MS]),
        (NOW_MS + MAX_AHEAD_MS, [NOW_MS - 10_000, NOW_MS]),
    ],
)
def test_a_pack_that_is_ahead_is_moved_back_as_a_whole(newest_ms, found):
    pack = f'[{{"n":"a","v":1,"bt":{newest_ms / 1000},"t":-10}},{{"n":"b","v":1}}]'
    taken = readings(pack.encode(), paths.SENML_JSON, ["a", "b"], NOW_MS)
    assert [one.t_ms for one in taken] == found


def test_one_time_beyond_the_bound_refuses_the_pack():
    pack = f'[{{"n":"b","v":1}},{{"n":"a","v":1,"t":{(NOW_MS + MAX_AHEAD_MS + 1) / 1000}}}]'
    with pytest.raises(Refused, match=r"^time of a is 60 s ahead") as caught:
        readings(pack.encode(), paths.SENML_JSON, ["a", "b"], NOW_MS)
    assert caught.value.code == coap.BAD_REQUEST
