"""SenML: the examples of RFC 8428, resolving, exact times, and packs that must be refused."""

import json
from binascii import unhexlify

from protocols import cbor, senml
from protocols.errors import DecodeError
from protocols.senml import Record

NOW_MS = 1795456800123
BASE = "urn:dev:os:32473-PG-0001:"
RFC_CBOR = unhexlify(  # §6
    "87a721781b75726e3a6465763a6f773a3130653230373361303130383030363a22fb41d303a15b0010622361"
    "4120050067766f6c7461676501615602fb405e066666666666a3006763757272656e74062402fb3ff3333333"
    "333333a3006763757272656e74062302fb3ff4cccccccccccda3006763757272656e74062202fb3ff6666666"
    "666666a3006763757272656e74062102f93e00a3006763757272656e74062002fb3ff999999999999aa30067"
    "63757272656e74060002fb3ffb333333333333"
)
RFC_JSON = (  # §5.1.2, the same pack
    b'[{"bn":"urn:dev:ow:10e2073a0108006:","bt":1.276020076001e+09,"bu":"A","bver":5,'
    b'"n":"voltage","u":"V","v":120.1},{"n":"current","t":-5,"v":1.2},'
    b'{"n":"current","t":-4,"v":1.3},{"n":"current","t":-3,"v":1.4},'
    b'{"n":"current","t":-2,"v":1.5},{"n":"current","t":-1,"v":1.6},{"n":"current","v":1.7}]'
)
RFC_TYPES = (  # §5.1.5
    b'[{"bn":"urn:dev:ow:10e2073a01080063:","n":"temp","u":"Cel","v":23.1},'
    b'{"n":"label","vs":"Machine Room"},{"n":"open","vb":false},{"n":"nfc","vd":"aGkgCg"}]'
)
GROUPS = (
    (
        BASE,
        NOW_MS,
        (("pressure", "Pa", 812300.5), ("pressure.q", None, 0), ("pressure.at", None, "HH")),
    ),
    ("urn:dev:os:32473-DM-0001:", 1795456800000, (("dust", "Pa", None), ("dust.ok", None, False))),
)


def of_json(*records):
    return senml.decode_json(json.dumps(records).encode(), NOW_MS)


def of_cbor(*records):
    return senml.decode_cbor(cbor.encode(records), NOW_MS)


def refused(decode, *records):
    try:
        decode(*records)
    except DecodeError:
        return True
    return False


def test_both_forms_of_the_published_pack_resolve_to_the_same_records():
    for found in (senml.decode_cbor(RFC_CBOR, NOW_MS), senml.decode_json(RFC_JSON, NOW_MS)):
        assert len(found) == 7
        assert found[0] == Record("urn:dev:ow:10e2073a0108006:voltage", "V", 120.1, 1276020076001)
        current = "urn:dev:ow:10e2073a0108006:current"
        assert found[1] == Record(current, "A", 1.2, 1276020071001)
        assert found[6] == Record(current, "A", 1.7, 1276020076001)


def test_values_may_be_numbers_texts_and_booleans():
    found = senml.decode_json(RFC_TYPES, NOW_MS)
    assert [record.value for record in found] == [23.1, "Machine Room", False]
    assert [record.unit for record in found] == ["Cel", None, None]
    assert found[0].t_ms == NOW_MS


def test_what_was_encoded_is_decoded_without_what_has_no_value():
    expected = [
        Record(BASE + "pressure", "Pa", 812300.5, NOW_MS),
        Record(BASE + "pressure.q", None, 0, NOW_MS),
        Record(BASE + "pressure.at", None, "HH", NOW_MS),
        Record("urn:dev:os:32473-DM-0001:dust.ok", None, False, 1795456800000),
    ]
    assert senml.decode_cbor(senml.encode_cbor(GROUPS), 0) == expected
    assert senml.decode_json(senml.encode_json(GROUPS).encode(), 0) == expected


def test_times_are_exact_decimal_text_and_decimal_fractions():
    assert '"bt":1795456800.123' in senml.encode_json(GROUPS)
    first = cbor.decode(senml.encode_cbor(GROUPS))[0]
    assert first[-3] == cbor.Tag(4, [-3, NOW_MS])


def test_the_encoding_is_deterministic():
    pack = senml.encode_cbor(GROUPS)
    assert cbor.encode(cbor.decode(pack)) == pack


def test_a_secondary_unit_is_declared_in_the_version():
    pack = senml.encode_cbor(((BASE, None, (("dust", "ug/m3", 12), ("dust.q", None, 0))),))
    assert [record.get(-1) for record in cbor.decode(pack)] == [26, None]
    assert senml.decode_cbor(pack, NOW_MS)[0].unit == "ug/m3"
    assert -1 not in cbor.decode(senml.encode_cbor(GROUPS))[0]


def test_times_come_as_integers_floats_and_decimal_fractions():
    for t, t_ms in (
        (1795456800, 1795456800000),
        (cbor.Tag(4, [-3, NOW_MS]), NOW_MS),
        (cbor.Tag(4, [2, 17954568]), 1795456800000),
        (cbor.Tag(4, [-6, 1795456800123999]), NOW_MS),
        (1795456800.5, 1795456800500),
    ):
        assert of_cbor({0: "a", 2: 1, 6: t})[0].t_ms == t_ms, t


def test_a_time_below_2_to_the_28_counts_from_now():
    for t, t_ms in ((-1.5, NOW_MS - 1500), (0, NOW_MS), (60, NOW_MS + 60000)):
        assert of_json({"n": "a", "v": 1, "t": t})[0].t_ms == t_ms
    assert of_json({"n": "a", "v": 1, "t": 1 << 28})[0].t_ms == (1 << 28) * 1000


def test_base_fields_stay_until_they_are_replaced():
    found = of_json(
        {"bn": "x:", "bu": "Pa", "bv": 100},
        {"n": "a", "v": 1},
        {"n": "b", "u": "Cel"},
        {"bn": "y:", "bv": 0, "n": "c", "v": 2.5},
    )
    assert [(one.name, one.unit, one.value) for one in found] == [
        ("x:a", "Pa", 101), ("x:b", "Cel", 100), ("y:c", "Pa", 2.5)
    ]  # fmt: skip


def test_values_may_be_decimal_fractions():
    found = of_cbor({0: "a", 2: cbor.Tag(4, [-1, 225])}, {0: "b", 2: cbor.Tag(4, [2, 5])})
    assert [one.value for one in found] == [22.5, 500]


def test_unknown_labels_are_ignored_unless_they_must_be_understood():
    assert of_json({"n": "a", "v": 1, "ct": "60"}) == of_cbor({0: "a", 2: 1, -99: 0, "x": 0})
    assert refused(of_json, {"n": "a", "v": 1, "ct_": "60"})
    assert refused(of_cbor, {0: "a", 2: 1, "ct_": "60"})


def test_text_labels_do_not_stand_for_the_integers_of_cbor():
    assert of_cbor({"n": "b", "v": 2, 0: "a", 2: 1})[0].name == "a"


def test_versions_with_features_we_lack_are_refused():
    for version in (1, 10, 26):
        assert len(of_json({"bver": version, "n": "a", "v": 1})) == 1
    for version in (11, 42, 1 << 60, -1, 1.5, "10", True, None):
        assert refused(of_json, {"bver": version, "n": "a", "v": 1}), version


def test_names_keep_to_the_character_set():
    for name in ("a", "urn:dev:os:1-a_b/c.d", "0"):
        assert of_json({"n": name, "v": 1})[0].name == name
    for name in ("", "-a", ":a", "a b", "ä", "a\n", "a" * 256, 1, None):
        assert refused(of_json, {"n": name, "v": 1}), name
    assert refused(of_json, {"v": 1})


def test_wrong_types_are_refused_in_every_field():
    for wrong in (None, [], {}, "x" * 3, True, b"x", cbor.Tag(4, 1), cbor.Tag(4, [1]),
                  cbor.Tag(4, [99, 1]), cbor.Tag(4, ["a", 1]), cbor.Tag(1, [0, 1])):  # fmt: skip
        for label in (-3, -5, 2, 6):
            assert refused(of_cbor, {0: "a", 2: 1, label: wrong}), (label, wrong)
    for wrong in (None, 1, [], {}, True, b"x"):
        for label in (-2, -4, 0, 1):
            assert refused(of_cbor, {0: "a", 2: 1, label: wrong}), (label, wrong)
    assert refused(of_cbor, {0: "a", 3: 1}) and refused(of_cbor, {0: "a", 4: 1})


def test_numbers_beyond_any_measurement_are_refused():
    for text in ("NaN", "Infinity", "1e400", "1e99", "1" + "0" * 400):
        for label in ("v", "bv", "t", "bt"):
            pack = '[{"n":"a","v":1,"' + label + '":' + text + "}]"
            if label == "v":
                pack = '[{"n":"a","v":' + text + "}]"
            assert refused(lambda: senml.decode_json(pack.encode(), 0)), pack  # noqa: B023


def test_two_values_in_one_record_are_refused():
    assert refused(of_json, {"n": "a", "v": 1, "vs": "x"})
    assert refused(of_json, {"n": "a", "vb": True, "vd": "x"})


def test_what_is_no_pack_is_refused():
    for data in (b"", b"{", b"{}", b"[1]", b"[[]]", b"\xff", b"[" * 5000, b"null"):
        assert refused(senml.decode_json, data, 0), data
    for data in (b"", b"\xa0", b"\x81\x01", b"\x81", b"\x9f\xff", b"\x80\x80", b"\x81" * 99):
        assert refused(senml.decode_cbor, data, 0), data
    assert refused(senml.decode_cbor, b"\x9a\x00\x01\x00\x00", 0)


def test_a_wrong_record_is_named_by_its_offset():
    try:
        of_cbor({0: "a", 2: 1}, {0: "b", 2: "x"})
    except DecodeError as error:
        assert error.offset == 7
    else:
        raise AssertionError("accepted")


def test_every_truncation_is_a_decode_error():
    for size in range(len(RFC_CBOR)):
        assert refused(senml.decode_cbor, RFC_CBOR[:size], 0), size
