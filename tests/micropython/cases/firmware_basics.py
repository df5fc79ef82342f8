"""Clock, configuration and the watchdog's conscience."""

import hashlib
import os

from firmware import config
from firmware.clock import Clock
from firmware.config import ConfigError
from firmware.health import Health
from protocols import cbor, codes

SEALED = {
    "node": "pg-01", "board": "esp32_s3", "mode": "normal",
    "channels": [{"ch": 1, "name": "pressure"}],
}  # fmt: skip
OPERATING = {"limits": [{"ch": 1, "at": "HH"}], "gateway": {"host": "127.0.0.1", "port": 5683}}


def parse(sealed=SEALED, **changes):
    operating = dict(OPERATING)
    operating.update(changes)
    return config.parse(file_of(sealed, operating))


def file_of(sealed, operating):
    parts = [cbor.encode(sealed), cbor.encode(operating)]
    return cbor.encode(parts + [hashlib.sha256(parts[0] + parts[1]).digest()])


def refusal(call, *args, **kwargs):
    try:
        call(*args, **kwargs)
    except ConfigError as error:
        return error.field
    return None


def test_wall_time_counts_from_the_battery_clock_and_says_so():
    clock = Clock(1_795_000_000_000)
    assert clock.quality == codes.CLOCK_RTC
    assert clock.wall_ms(1234) == 1_795_000_001_234
    assert Clock().quality == codes.CLOCK_NONE


def test_a_step_of_wall_time_leaves_monotonic_time_alone():
    clock = Clock(1_795_000_000_000)
    before = clock.now_ms()
    assert clock.step_ms(1_795_000_005_100, 100) == 5_000
    clock.set(1_795_000_005_100, 100)
    assert clock.quality == codes.CLOCK_SYNCED
    assert clock.wall_ms(100) == 1_795_000_005_100
    assert 0 <= clock.now_ms() - before < 1_000


def test_time_that_nobody_confirms_is_stale_after_the_holdover_and_not_before():
    clock = Clock(None, 60)
    assert not clock.is_stale(10_000_000)  # what was never set cannot become worse
    clock.set(1_795_000_000_000, 5_000)
    assert not clock.is_stale(65_000) and clock.is_stale(65_001)
    clock.confirm(60_000)
    assert not clock.is_stale(120_000) and clock.is_stale(120_001)


def test_a_configuration_has_defaults_and_one_digest():
    found = parse()
    assert (found.node, found.flush_ms, found.port) == ("pg-01", 10_000, 0)
    assert found.gateway == ("127.0.0.1", 5683)
    assert len(found.digest) == 32 and found.digest != parse(port=1).digest


def test_no_flipped_bit_of_a_configuration_is_believed():
    whole = file_of(SEALED, OPERATING)
    for index in range(len(whole)):
        damaged = bytearray(whole)
        damaged[index] ^= 1 << index % 8
        assert refusal(config.parse, bytes(damaged)) == "cfg", index


def test_what_stands_on_flash_is_known_by_its_digest_until_it_is_damaged():
    path = "/tmp/tocsin-config-case-" + os.urandom(6).hex()
    whole = file_of(SEALED, OPERATING)
    for content, expected in (
        (whole, config.parse(whole).digest), (whole[:-1] + b"?", b""), (b"", b""),
    ):  # fmt: skip
        with open(path, "wb") as file:
            file.write(content)
        assert config.digest(path) == expected
    os.remove(path)
    assert config.digest(path) == b""


def test_a_configuration_that_cannot_be_used_names_the_field():
    assert refusal(config.parse, b"\x00") == "cfg"
    assert refusal(parse, {"node": "x"}) == "cfg"
    assert refusal(parse, limits=[{"ch": 7, "at": "HH"}]) == "limits"
    assert refusal(parse, flush_ms=10) == "flush_ms"
    assert refusal(parse, journal_kib=1) == "journal_kib"
    for host in ("gateway.local", "1.2.3", "1.2.3.256", "1.2.3.-4", "::1"):
        assert refusal(parse, gateway={"host": host, "port": 5683}) == "gateway.host"
    assert refusal(config.load, "/nowhere/cfg.cbor") == "/nowhere/cfg.cbor"


def test_the_watchdog_is_fed_only_while_everybody_reports():
    fed = []
    health = Health(lambda: fed.append(1))
    measure = health.expect("measure", 3_000, 0)
    panel = health.expect("panel", 3_000, 0)
    assert health.check(2_999) and len(fed) == 1
    measure(3_000)
    assert health.late(3_001) == ["panel"]
    assert not health.check(3_001) and len(fed) == 1
    panel(3_002)
    assert health.check(3_003) and len(fed) == 2
