"""SenML packs (RFC 8428) in CBOR and JSON: measurements from and to other vendors' software.

Encoding stands in `senml_writer`; decoding gives records with every base field resolved. Times are
integer milliseconds of Unix time inside, on the wire decimal fractions (CBOR tag 4), exact decimal
text, integers or floats of seconds.

What a receiver does not know it ignores, except a label that ends in "_": that one must be
understood (§4.4), so the pack is refused. So is a version with features that we do not have.
"""

import json
from collections import namedtuple

from . import cbor
from .errors import DecodeError, TooLarge
from .senml_writer import LABELS, SECONDARY_UNITS, VERSION, encode_cbor, encode_json, word

__all__ = ("LABELS", "SECONDARY_UNITS", "VERSION", "Record", "decode_cbor", "decode_json",
           "encode_cbor", "encode_json")  # fmt: skip

# `value` is int, float, str or bool; `unit` may be None.
Record = namedtuple("Record", ("name", "unit", "value", "t_ms"))

MAX_PACK_BYTES = 1 << 16
MAX_RECORDS = 1024
MAX_NAME_BYTES = 255

_TAG_DECIMAL = 4
_RELATIVE_MS = (1 << 28) * 1000  # §4.5.3: times below 2^28 s count from now
_MAX_SECONDS = 1 << 42
_MAX_VALUE = 1 << 127  # the reach of a 32-bit float
_MAX_EXPONENT = 32
_FIRST = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"  # §4.5.1
_FURTHER = _FIRST + "-:./_"
_MAX_DEPTH = 3


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


def _worded(fields):
    """A CBOR record with JSON labels; of foreign ones only those that must be understood."""
    found = {}
    for label in fields:
        known = label if isinstance(label, str) and label.endswith("_") else word(label)
        if known is not None:
            found[known] = fields[label]
    return found


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
