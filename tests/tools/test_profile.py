"""Profiles: the examples are good, and every slip names file, key and a way out."""

from pathlib import Path

import msgspec
import pytest

from firmware import config
from gateway.errors import ConfigError
from protocols import cbor
from tools.node import profile

EXAMPLES = sorted(path.stem for path in profile.PROFILES.glob("*.toml"))


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_becomes_a_configuration_that_the_firmware_takes(name: str) -> None:
    found = profile.load(profile.named(name))
    node = config.parse(profile.encode(found))
    assert node.node == found.sealed.node
    assert [channel["ch"] for channel in node.channels] == [1, 2, 3][: len(node.channels)]


def test_the_same_profile_gives_the_same_bytes() -> None:
    path = profile.named("pressure")
    assert profile.encode(profile.load(path)) == profile.encode(profile.load(path))


def test_a_default_is_left_to_the_firmware() -> None:
    sealed, _, _ = cbor.decode(profile.encode(profile.load(profile.named("dust"))))
    assert "points" not in cbor.decode(sealed)["channels"][0]


@pytest.mark.parametrize(
    ("before", "after", "key", "hint"),
    [
        ("period_ms = 200", "periode_ms = 200", "sealed.channels.periode_ms", "period_ms"),
        ('at = "HH"', 'at = "HHH"', "operating.limits.at", "HH"),
        (
            'sensor = "ads1115_loop"',
            'sensor = "ads1115"',
            "sealed.channels.sensor",
            "ads1115_loop",
        ),
        ('bus = "i2c0"', 'bus = "i2c"', "sealed.channels.bus", "i2c0"),
        ('bus = "i2c0"', 'bus = "uart0"', "sealed.channels.bus", "i2c0"),
        ('board = "esp32_s3"', 'board = "esp32"', "sealed.board", "esp32_s3"),
        ("shunt_ohm = 100.0", "shunt = 100.0", "sealed.channels.params", "shunt_ohm"),
        ("low = 0, ", "", "sealed.channels.params", "lacks low"),
        ("shunt_ohm = 100.0", "shunt_ohm = 0", "sealed.channels.params", "zero"),
        ("shunt_ohm = 100.0", 'shunt_ohm = "100"', "sealed.channels.params", "no sense"),
        ("value = 1_000_000", "value = 9_000_000", "operating.limits.value", "outside"),
        ("urn:dev:os:32473-PG-2026-0001", "PG-2026-0001", "sealed.channels.serial", "DEV URN"),
        ("range = [0, 1_600_000]", "range = [5, 1]", "sealed.channels.range", "low"),
        ("flush_ms = 10_000", "flush_ms = 10", "operating.flush_ms", "1000"),
        ("ch = 1\nat", "ch = 7\nat", "operating.limits.ch", "7"),
        ("value = 100_000", "value = 1_200_000", "operating.limits.value", "not below HH"),
        ('at = "LL"', 'at = "HH"', "operating.limits.at", "two limits HH"),
        ('host = "127.0.0.1"', 'host = "gateway.local"', "operating.gateway.host", "IPv4"),
    ],
)
def test_a_slip_names_file_key_and_the_nearest_valid_one(
    tmp_path: Path, before: str, after: str, key: str, hint: str
) -> None:
    text = profile.named("pressure").read_text(encoding="utf-8")
    assert before in text
    path = tmp_path / "mine.toml"
    path.write_text(text.replace(before, after, 1), encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        profile.load(path)
    said = str(caught.value)
    assert said.startswith(f"{path}: {key} ") and hint in said


def test_a_bus_without_addresses_has_one_part(tmp_path: Path) -> None:
    text = profile.named("station").read_text(encoding="utf-8")
    path = tmp_path / "mine.toml"
    path.write_text(text.replace('bus = "uart1"', 'bus = "uart0"'), encoding="utf-8")
    with pytest.raises(ConfigError, match=r"sealed\.channels\.bus of channel 3 is taken by"):
        profile.load(path)


@pytest.mark.parametrize(("address", "refused"), [(0x48, True), (0x49, False)])
def test_two_converters_share_a_bus_by_their_addresses(
    tmp_path: Path, address: int, refused: bool
) -> None:
    found = profile.load(profile.named("pressure"))
    (one,) = found.sealed.channels
    two = msgspec.structs.replace(one, ch=2, params={**one.params, "address": address})
    assert bool(list(profile._sharing_faults([one, two]))) == refused


def test_an_unknown_example_is_named_with_the_nearest() -> None:
    with pytest.raises(ConfigError, match="did you mean pressure"):
        profile.named("presure")
