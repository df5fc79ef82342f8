"""The schema against the tables and structs of the code: nothing stands in only one of them."""

import ast
import re
from pathlib import Path

import msgspec
import pytest

from protocols import block, codes, event, senml, words
from tools.node import profile

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = re.sub(r";.*", "", (ROOT / "protocols/wire.cddl").read_text(encoding="utf-8"))


def rule(name: str) -> str:
    """Right side of a rule."""
    found = re.search(rf"^{name} = (.*?)(?=^\S+ = |\Z)", SCHEMA, re.MULTILINE | re.DOTALL)
    assert found, f"no rule {name}"
    return found.group(1)


def keys(name: str) -> list[str]:
    """Names before a colon in the outermost array, map or group of a rule, in order."""
    text = re.sub(r"^[^\[({]*[\[({]|[\])}][^\])}]*$", "", rule(name))
    inner = re.compile(r"[\[({][^\[\](){}]*[\])}]")
    while inner.search(text):
        text = inner.sub("", text)
    return re.findall(r"(\w+):", text)


def numbers(name: str) -> set[int]:
    """Integers that a rule of alternatives or of one range allows."""
    text = rule(name).strip()
    if ".." in text:
        low, high = text.split("..")
        return set(range(int(low), int(high) + 1))
    return {int(part) for part in text.split("/")}


def test_the_block_has_the_fields_of_its_header() -> None:
    header = list(block.Header._fields)
    header[header.index("mode") : header.index("clock") + 1] = ["status"]
    assert keys("block") == ["version", *header, "groups", "events"]
    assert keys("group") == ["period_ms", "offset_ms", "count"]
    assert keys("channel") == ["ch", "scale", "data"]


def test_every_event_stands_in_the_schema_as_in_the_code() -> None:
    for code, names in event.LAYOUTS:
        name = "ev-" + words.name(words.EVENTS, code)
        assert keys(name) == ["dt_ms", "code", *names]
        assert f"code: {code}," in rule(name)
        assert re.search(rf"\b{name}\b", rule("event"))
    assert len(re.findall(r"ev-[a-z]+", rule("event"))) == len(event.LAYOUTS) + 1


def test_arguments_have_the_types_that_readers_expect() -> None:
    cddl = {str: "tstr", bytes: "bstr", bool: "bool"}
    for code, names in event.LAYOUTS:
        text = rule("ev-" + words.name(words.EVENTS, code))
        for name in names:
            kind = re.search(rf"\b{name}: ([\w.-]+)", text)
            assert kind is not None
            expected = cddl.get(event.kind(name))
            assert kind.group(1) == expected if expected else kind.group(1) not in cddl.values()


@pytest.mark.parametrize(
    ("name", "table"), [("condition", words.CONDITIONS), ("state", words.ALARM_STATES)]
)
def test_numbers_are_those_of_the_registry(name: str, table: tuple[tuple[int, str], ...]) -> None:
    assert numbers(name) == {code for code, _ in table}


def test_causes_gaps_and_clocks_are_those_of_the_registry() -> None:
    assert f"cause: 1..{max(code for code, _ in words.BOOTS)}" in rule("ev-boot")
    assert f"reason: 1..{max(code for code, _ in words.GAPS)}" in rule("ev-gap")
    assert numbers("clock") == set(range(len(words.CLOCKS)))
    assert f"mode: 0..{len(words.MODES) - 1}" in rule("identity")


def test_senml_labels_are_those_of_the_codec() -> None:
    found = [(word, int(rule(word))) for word, _ in senml.LABELS]
    assert found == list(senml.LABELS)
    used = re.findall(r"(\w+) =>", rule("record"))
    assert set(used) == {word for word, _ in senml.LABELS} | {"label"}
    assert str(senml.VERSION | senml.SECONDARY_UNITS) in rule("record")


@pytest.mark.parametrize(
    ("name", "struct"),
    [
        ("sealed", profile.Sealed),
        ("channel-config", profile.Channel),
        ("operating", profile.Operating),
        ("limit-config", profile.Limit),
    ],
)
def test_the_configuration_has_the_keys_of_the_profile(
    name: str, struct: type[msgspec.Struct]
) -> None:
    assert sorted(keys(name)) == sorted(struct.__struct_fields__)
    for field in msgspec.structs.fields(struct):
        if field.required:
            assert not re.search(rf"\? {field.encode_name}:", rule(name)), field.name


def test_the_identity_has_the_keys_that_the_node_sends() -> None:
    sent = _returned_dict(ROOT / "firmware/node.py", "identity")
    assert keys("identity") == list(sent)
    journal = sent["journal"]
    assert isinstance(journal, ast.Dict)
    assert keys("journal") == [key.value for key in journal.keys if isinstance(key, ast.Constant)]
    counters = _returned_dict(ROOT / "firmware/net/endpoint.py", "counters")
    assert keys("link-counters") == list(counters)


def _returned_dict(path: Path, function: str) -> dict[str, ast.expr]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef) and node.name == function:
            for inner in ast.walk(node):
                if isinstance(inner, ast.Return) and isinstance(inner.value, ast.Dict):
                    pairs = zip(inner.value.keys, inner.value.values, strict=True)
                    return {key.value: value for key, value in pairs if _is_text(key)}
    raise AssertionError(f"{function} returns no dict")


def _is_text(key: ast.expr | None) -> bool:
    return isinstance(key, ast.Constant) and isinstance(key.value, str)


def test_the_wire_version_is_one_everywhere() -> None:
    assert f"version: {block.WIRE_VERSION}," in rule("block")
    assert codes.EV_BOOT == 1
