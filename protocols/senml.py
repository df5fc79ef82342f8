"""SenML packs (RFC 8428) in CBOR and JSON: measurements from and to other vendors' software.

Encoding takes groups, each a base name, a base time and its records; decoding gives records with
every base field resolved. Times are integer milliseconds of Unix time inside. On the wire they are
seconds: a decimal fraction (CBOR tag 4) or exact decimal text, because a 32-bit float of Unix
seconds steps by 128 s. Integers and floats are understood too.

What a receiver does not know it ignores, except a label that ends in "_": that one must be
understood (§4.4), so the pack is refused. So is a version with features that we do not have.
"""

import json
from collections import namedtuple

from . import cbor, units
from .errors import DecodeError, TooLarge

# `value` is int, float, str or bool; `unit` may be None.
Record = namedtuple("Record", ("name", "unit", "value", "t_ms"))

MAX_PACK_BYTES = 1 << 16
MAX_RECORDS = 1024
MAX_NAME_BYTES = 255

# (JSON label, CBOR label), §4.3 and §6
LABELS = (
    ("bver", -1),
    ("bn", -2),
    ("bt", -3),
    ("bu", -4),
    ("bv", -5),
    ("bs", -6),
    ("n", 0),
    ("u", 1),
    ("v", 2),
    ("vs", 3),
    ("vb", 4),
    ("s", 5),
    ("t", 6),
    ("ut", 7),
    ("vd", 8),
)
VERSION = 10  # §4.4
SECONDARY_UNITS = 16  # RFC 9100 §5: a feature bit that is added to the version

_N, _U, _V, _VS, _VB, _BVER, _BN, _BT = 0, 1, 2, 3, 4, -1, -2, -3
_TAG_DECIMAL = 4
_RELATIVE_MS = (1 << 28) * 1000  # §4.5.3: times below 2^28 s count from now
_MAX_SECONDS = 1 << 42
_MAX_VALUE = 1 << 127  # the reach of a 32-bit float
_MAX_EXPONENT = 32
_FIRST = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"  # §4.5.1
_FURTHER = _FIRST + "-:./_"
_MAX_DEPTH = 3


def encode_cbor(groups: "list | tuple") -> bytes:
    """SenML-CBOR pack of (base name, base time in ms or None, ((name, unit, value), ...)) groups.

    Records whose value is None are left out.
    """
    out = bytearray()
    count = 0
    for pairs in _pairs(groups):
        out.extend(cbor.head(cbor.MAP, len(pairs)))
        for label, value in pairs:
            cbor.put(out, label)
            cbor.put(out, cbor.Tag(_TAG_DECIMAL, (-3, value)) if label == _BT else value)
        count += 1
    return cbor.head(cbor.ARRAY, count) + out


def encode_json(groups: "list | tuple") -> str:
    """SenML-JSON pack of the same groups."""
    records = []
    for pairs in _pairs(groups):
        parts = []
        for label, value in pairs:
            text = _decimal(value) if label == _BT else json.dumps(value)
            parts.append('"{}":{}'.format(_word(label), text))
        records.append("{" + ",".join(parts) + "}")
    return "[" + ",".join(records) + "]"


def decode_cbor(data: bytes, now_ms: int) -> list:
    """Records of a SenML-CBOR pack; relative times count from `now_ms`."""
    _bound(len(data), MAX_PACK_BYTES, "bytes")
    major, count, offset = cbor.head_at(data, 0)
    if major != cbor.ARRAY:
        raise DecodeError("pack is not an array")
    _bound(count, MAX_RECORDS, "records")
    resolver = _Resolver(now_ms)
    for _ in range(count):
        start = offset
        fields, offset = cbor.decode_at(data, start, _MAX_DEPTH)
        if not isinstance(fields, dict):
            raise DecodeError("record is not a map", start)
        resolver.take(_worded(fields), start)
    if offset != len(data):
        raise DecodeError("trailing bytes", offset)
    return resolver.records


def decode_json(data: bytes, now_ms: int) -> list:
    """Records of a SenML-JSON pack; where a record is wrong, the offset is that of the pack."""
    _bound(len(data), MAX_PACK_BYTES, "bytes")
    pack = _parse(data)
    if not isinstance(pack, list):
        raise DecodeError("pack is not an array")
    _bound(len(pack), MAX_RECORDS, "records")
    resolver = _Resolver(now_ms)
    for fields in pack:
        if not isinstance(fields, dict):
            raise DecodeError("record is not an object")
        resolver.take(fields, 0)
    return resolver.records


def _pairs(groups):
    """((label, value), ...) of each record, in the order of deterministic CBOR."""
    version = VERSION
    for _, _, records in groups:
        for _, unit, _ in records:
            if unit in units.SECONDARY:
                version |= SECONDARY_UNITS
    for base_name, base_ms, records in groups:
        base = [(_BN, base_name)]
        if base_ms is not None:
            base.append((_BT, base_ms))
        for name, unit, value in records:
            if value is None:
                continue
            pairs = [(_N, name)]
            if unit is not None:
                pairs.append((_U, unit))
            pairs.append((_label(value), value))
            if version != VERSION:
                pairs.append((_BVER, version))
                version = VERSION
            yield pairs + base
            base = []


def _label(value):
    if isinstance(value, bool):
        return _VB
    return _VS if isinstance(value, str) else _V


def _word(label):
    """JSON label of a CBOR label, or None."""
    for word, number in LABELS:
        if number == label:
            return word
    return None


def _worded(fields):
    """A CBOR record with JSON labels; of foreign ones only those that must be understood."""
    found = {}
    for label in fields:
        word = label if isinstance(label, str) and label.endswith("_") else _word(label)
        if word is not None:
            found[word] = fields[label]
    return found


def _decimal(ms):
    """Exact text of a time in seconds."""
    sign = "-" if ms < 0 else ""
    return "{}{}.{:03d}".format(sign, abs(ms) // 1000, abs(ms) % 1000)


def _parse(data):
    try:
        return json.loads(str(data, "utf-8"))
    except (ValueError, RuntimeError, MemoryError) as error:  # the last two: nested too deep
        raise DecodeError("not JSON", getattr(error, "pos", 0))


def _bound(count, most, what):
    if count > most:
        raise TooLarge("more than {} {}".format(most, what))


class _Resolver:
    """Carries base fields from record to record (§4.1) and collects the resolved ones."""

    def __init__(self, now_ms):
        self.records: list = []
        self._now_ms = now_ms
        self._name = ""
        self._unit = None
        self._value = None
        self._ms = 0

    def take(self, fields, offset):
        """One record, its labels as JSON words."""
        _understand(fields, offset)
        self._name = _text(fields, "bn", offset, self._name)
        self._unit = _text(fields, "bu", offset, self._unit)
        self._value = _number(fields, "bv", offset, self._value)
        self._ms = _milliseconds(fields, "bt", offset, self._ms)
        value = self._chosen(fields, offset)
        if value is None:
            return
        name = self._name + _text(fields, "n", offset, "")
        _check_name(name, offset)
        t_ms = self._ms + _milliseconds(fields, "t", offset, 0)
        if t_ms < _RELATIVE_MS:
            t_ms += self._now_ms
        self.records.append(Record(name, _text(fields, "u", offset, self._unit), value, t_ms))

    def _chosen(self, fields, offset):
        """The one value of a record; None for a record of a sum, of bytes or of base fields."""
        if sum(word in fields for word in ("v", "vs", "vb", "vd")) > 1:
            raise DecodeError("record with more than one value", offset)
        if "vs" in fields:
            return _text(fields, "vs", offset, None)
        if "vb" in fields:
            if not isinstance(fields["vb"], bool):
                raise DecodeError("vb is not a boolean", offset)
            return fields["vb"]
        if "vd" in fields or ("s" in fields and "v" not in fields):
            return None
        value = _number(fields, "v", offset, None)
        if value is None:
            return self._value if "n" in fields else None
        return value if self._value is None else value + self._value


def _understand(fields, offset):
    for label in fields:
        if isinstance(label, str) and label.endswith("_"):
            raise DecodeError("label that must be understood: " + label, offset)
    version = fields.get("bver", VERSION)
    if not isinstance(version, int) or isinstance(version, bool) or version < 0:
        raise DecodeError("bver is not a version", offset)
    if version > VERSION and version & ~(VERSION | SECONDARY_UNITS):
        raise DecodeError("version {} has unknown features".format(version), offset)


def _text(fields, word, offset, default):
    if word not in fields:
        return default
    value = fields[word]
    try:
        value.encode()  # JSON can smuggle half a surrogate pair into a str of CPython
    except (AttributeError, UnicodeError):
        raise DecodeError(word + " is not a text", offset)
    return value


def _number(fields, word, offset, default):
    """A number as int or float; a decimal fraction becomes what it means."""
    if word not in fields:
        return default
    value = fields[word]
    if isinstance(value, cbor.Tag):
        exponent, mantissa = _fraction(value, word, offset)
        value = mantissa * 10**exponent if exponent >= 0 else mantissa / 10**-exponent
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise DecodeError(word + " is not a number", offset)
    if not -_MAX_VALUE < value < _MAX_VALUE:  # true of NaN, too
        raise DecodeError(word + " is out of range", offset)
    return value


def _milliseconds(fields, word, offset, default):
    if word not in fields:
        return default
    value = fields[word]
    if isinstance(value, cbor.Tag):
        exponent, mantissa = _fraction(value, word, offset)
        power = exponent + 3
        ms = mantissa * 10**power if power >= 0 else mantissa // 10**-power
    else:
        value = _number(fields, word, offset, 0)
        if not -_MAX_SECONDS < value < _MAX_SECONDS:
            raise DecodeError(word + " is out of range", offset)
        ms = round(value * 1000)
    if not -_MAX_SECONDS * 1000 < ms < _MAX_SECONDS * 1000:
        raise DecodeError(word + " is out of range", offset)
    return ms


def _fraction(tag, word, offset):
    """(exponent, mantissa) of a decimal fraction (RFC 8949 §3.4.4)."""
    pair = tag.value
    if tag.number != _TAG_DECIMAL or not isinstance(pair, list) or len(pair) != 2:
        raise DecodeError(word + " is not a decimal fraction", offset)
    for part in pair:
        if not isinstance(part, int) or isinstance(part, bool):
            raise DecodeError(word + " is not a decimal fraction", offset)
    if not -_MAX_EXPONENT <= pair[0] <= _MAX_EXPONENT:
        raise DecodeError(word + " is out of range", offset)
    return pair


def _check_name(name, offset):
    if not name or len(name) > MAX_NAME_BYTES or name[0] not in _FIRST:
        raise DecodeError("name is empty, too long or begins with a mark", offset)
    for letter in name:
        if letter not in _FURTHER:
            raise DecodeError("name holds a foreign character", offset)
