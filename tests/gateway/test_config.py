"""gateway.toml: a wrong key names file, key and the nearest valid one; wrong values are plain."""

from pathlib import Path

import msgspec
import pytest

from gateway import config, toml
from gateway.errors import ConfigError

GOOD = '[store]\npath = "data/gateway.db"\n[secrets]\npath = "keys.toml"\n'


@pytest.fixture
def write(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def save(text, name="gateway.toml"):
        Path(name).write_text(text, encoding="utf-8")
        return Path(name)

    return save


def test_defaults_are_local_and_the_paths_follow_the_file(tmp_path):
    path = tmp_path / "gateway.toml"
    path.write_text(GOOD)
    found = config.load(path)
    assert found.store.path == tmp_path / "data" / "gateway.db"
    assert (found.coap.bind, found.coap.port) == ("127.0.0.1", 5683)
    assert (found.console.bind, found.console.port) == ("127.0.0.1", 8080)
    assert found.plain == []


def test_an_absolute_path_stays_what_it_is(write):
    found = config.load(write(GOOD.replace("data/gateway.db", "/var/lib/gateway.db")))
    assert found.store.path == Path("/var/lib/gateway.db")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            GOOD + "[console]\nprot = 1",
            "gateway.toml: console.prot is not a setting; did you mean console.port?",
        ),
        (GOOD + "[stor]\n", "gateway.toml: stor is not a setting; did you mean store?"),
        (
            "port = 1\n" + GOOD,
            "gateway.toml: port is not a setting; did you mean coap.port?",
        ),
        (
            GOOD + '[[plain]]\nendpoint = "::1"\nname = []',
            "gateway.toml: plain.name is not a setting; did you mean plain.names?",
        ),
        (
            GOOD + "[coap]\nport = 70000",
            "gateway.toml: coap.port must be a whole number <= 65535",
        ),
        (
            GOOD + '[coap]\nport = "5683"',
            "gateway.toml: coap.port must be a whole number, not a text",
        ),
        (
            GOOD + '[console]\nlanguage = "de"',
            "gateway.toml: console.language must be zh or en, not 'de'",
        ),
        ("console = 3\n" + GOOD, "gateway.toml: console must be a table, not a whole number"),
        ('[store]\npath = "a"', "gateway.toml: secrets is missing"),
        (GOOD.replace('path = "k', 'file = "k'), "gateway.toml: secrets.file is not a setting; "
         "did you mean secrets.path?"),
        (GOOD.replace('"keys.toml"', "7"), "gateway.toml: secrets.path must be a text, "
         "not a whole number"),
        (
            GOOD + '[[plain]]\nendpoint = "::1"\nnames = []',
            "gateway.toml: plain.names must be a list of length >= 1",
        ),
        (
            GOOD + '[[plain]]\nendpoint = "host.example"\nnames = ["a:"]',
            "gateway.toml: plain.endpoint must be an IP address or address:port, "
            "not 'host.example'",
        ),
        ("[store", "gateway.toml: is not valid TOML: "),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_named_with_its_file_and_key(write, text, message):
    path = write(text)
    with pytest.raises(ConfigError) as caught:
        config.load(path)
    assert str(caught.value).startswith(message)
    assert caught.value.file == path


def senders(*plain):
    tables = (f'[[plain]]\nendpoint = "{where}"\nnames = ["{name}"]\n' for where, name in plain)
    return GOOD + "".join(tables)


@pytest.mark.parametrize(
    ("name", "own"),
    [
        ("boiler", "boiler"),
        ("urn:dev:os:1-A:", "urn:dev:os:1-A:"),
        ("urn:dev:os:1-A:", "urn:dev:os:1-A:temp"),
        ("urn:dev:os:1-A:temp", "urn:dev:os:1-A:"),
        ("urn:", "urn:dev:os:1-A:"),
        ("boiler", "plain:boiler"),
        ("plain:", "boiler"),
    ],
)
def test_two_endpoints_cannot_speak_for_one_instrument(write, name, own):
    with pytest.raises(ConfigError) as caught:
        config.load(write(senders(("127.0.0.1", name), ("127.0.0.2:61616", own))))
    assert str(caught.value) == (
        f"gateway.toml: plain.names {own!r} of 127.0.0.2:61616 and {name!r} of 127.0.0.1"
        " are one instrument"
    )
    assert "names of its own" in caught.value.hint


@pytest.mark.parametrize(
    ("where", "name", "own"),
    [
        ("::2", "boiler", "boiler2"),
        ("::2", "urn:dev:os:1-A:", "urn:dev:os:1-AB:"),
        ("::2", "urn:dev:os:1-A:temp", "urn:dev:os:1-A:temp2"),
        ("0:0::1", "boiler", "boiler"),
    ],
)
def test_names_that_only_look_alike_and_one_endpoint_twice_are_fine(write, where, name, own):
    assert len(config.load(write(senders(("::1", name), (where, own)))).plain) == 2


def test_a_missing_file_is_said_to_be_missing(write):
    with pytest.raises(ConfigError, match=r"^no/gateway\.toml: there is no such file$"):
        config.load(Path("no/gateway.toml"))


def test_a_file_that_is_not_utf8_is_no_toml(write):
    Path("gateway.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="is not valid TOML"):
        config.load(Path("gateway.toml"))


def test_keys_are_read_by_node(write):
    path = write(f'[keys]\n"pg-01" = "{"ab" * 32}"\n', "keys.toml")
    assert config.load_keys(path) == {"pg-01": b"\xab" * 32}


@pytest.mark.parametrize("key", ["ab" * 31, "xy" * 32, ""])
def test_a_wrong_key_is_named_by_its_node_and_not_shown(write, key):
    path = write(f'[keys]\n"pg-01" = "{key}"\n', "keys.toml")
    with pytest.raises(ConfigError) as caught:
        config.load_keys(path)
    assert str(caught.value) == "keys.toml: keys.pg-01 must be 64 hexadecimal digits"


def test_every_setting_is_in_the_readme():
    readme = Path(config.__file__).with_name("README.md").read_text(encoding="utf-8")
    for key in toml.keys(config.Config):
        if "." in key:
            assert f"`{key}`" in readme, key


class Inner(msgspec.Struct):
    width: int = 1


class Outer(msgspec.Struct):
    maybe: Inner | None = None
    many: list[Inner] = []


def test_the_loader_serves_any_struct(write):
    assert toml.load(write("[maybe]\nwidth = 3"), Outer).maybe == Inner(3)
    with pytest.raises(ConfigError, match=r"many.wdth is not a setting; did you mean many.width"):
        toml.load(write("[[many]]\nwdth = 3"), Outer)
    with pytest.raises(ConfigError, match=r"many.width must be a whole number, not a text"):
        toml.load(write('[[many]]\nwidth = "3"'), Outer)
