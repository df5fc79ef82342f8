"""Writing SenML packs (RFC 8428): the half of `senml` that a node needs.

Encoding takes groups, each a base name, a base time in integer milliseconds of Unix time and its
records. On the wire times are seconds: a decimal fraction (CBOR tag 4) or exact decimal text,
because a 32-bit float of Unix seconds steps by 128 s.
"""

import json

from . import cbor, units

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
            parts.append('"{}":{}'.format(word(label), text))
        records.append("{" + ",".join(parts) + "}")
    return "[" + ",".join(records) + "]"


def word(label):
    """JSON label of a CBOR label, or None."""
    for word, number in LABELS:
        if number == label:
            return word
    return None


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


def _decimal(ms):
    """Exact text of a time in seconds."""
    sign = "-" if ms < 0 else ""
    return "{}{}.{:03d}".format(sign, abs(ms) // 1000, abs(ms) % 1000)
