"""The yardstick: a generic recursive CBOR codec in plain MicroPython.

Built as the one in micropython-lib is, which is what a project takes when it takes one: functions
per type in a table, an encoder that writes to a stream, a decoder that reads from one. On the same
values both need the same time within a few per cent. No floats, tags or bignums: the records of
the benchmark have none.
"""

import io
import struct


def dumps(value):
    """CBOR of `value`."""
    stream = io.BytesIO()
    Encoder(stream).encode(value)
    return stream.getvalue()


def loads(data):
    """The value in `data`; ValueError if it is malformed."""
    return Decoder(io.BytesIO(data)).decode()


class Encoder:
    def __init__(self, stream):
        self.stream = stream

    def write(self, data):
        self.stream.write(data)

    def encode(self, value):
        encoder = _ENCODERS.get(type(value))
        if encoder is None:
            raise ValueError("cannot encode {}".format(type(value)))
        encoder(self, value)


class Decoder:
    def __init__(self, stream):
        self.stream = stream

    def read(self, count):
        data = self.stream.read(count)
        if len(data) < count:
            raise ValueError("truncated")
        return data

    def decode(self):
        initial = self.read(1)[0]
        return _DECODERS[initial >> 5](self, initial & 31)


def _head(major, number):
    if number < 24:
        return struct.pack(">B", major | number)
    if number < 0x100:
        return struct.pack(">BB", major | 24, number)
    if number < 0x10000:
        return struct.pack(">BH", major | 25, number)
    if number < 0x100000000:
        return struct.pack(">BI", major | 26, number)
    return struct.pack(">BQ", major | 27, number)


def _put_integer(encoder, value):
    if value >= 18446744073709551616 or value < -18446744073709551616:
        raise ValueError("integer needs more than 64 bits")
    if value >= 0:
        encoder.write(_head(0x00, value))
    else:
        encoder.write(_head(0x20, -1 - value))


def _put_string(encoder, value):
    encoder.write(_head(0x40, len(value)) + value)


def _put_text(encoder, value):
    data = value.encode()
    encoder.write(_head(0x60, len(data)) + data)


def _put_array(encoder, value):
    encoder.write(_head(0x80, len(value)))
    for item in value:
        encoder.encode(item)


def _put_map(encoder, value):
    encoder.write(_head(0xA0, len(value)))
    for key, item in value.items():
        encoder.encode(key)
        encoder.encode(item)


def _put_boolean(encoder, value):
    encoder.write(b"\xf5" if value else b"\xf4")


def _put_null(encoder, value):
    encoder.write(b"\xf6")


_ENCODERS = {
    int: _put_integer,
    bytes: _put_string,
    str: _put_text,
    list: _put_array,
    tuple: _put_array,
    dict: _put_map,
    bool: _put_boolean,
    type(None): _put_null,
}


def _take_number(decoder, info):
    if info < 24:
        return info
    if info == 24:
        return struct.unpack(">B", decoder.read(1))[0]
    if info == 25:
        return struct.unpack(">H", decoder.read(2))[0]
    if info == 26:
        return struct.unpack(">I", decoder.read(4))[0]
    if info == 27:
        return struct.unpack(">Q", decoder.read(8))[0]
    raise ValueError("not supported")


def _take_negative(decoder, info):
    return -1 - _take_number(decoder, info)


def _take_string(decoder, info):
    return decoder.read(_take_number(decoder, info))


def _take_text(decoder, info):
    return _take_string(decoder, info).decode()


def _take_array(decoder, info):
    items = []
    for _ in range(_take_number(decoder, info)):
        items.append(decoder.decode())
    return items


def _take_map(decoder, info):
    found = {}
    for _ in range(_take_number(decoder, info)):
        key = decoder.decode()
        found[key] = decoder.decode()
    return found


def _take_simple(decoder, info):
    if info in (20, 21, 22):
        return (False, True, None)[info - 20]
    raise ValueError("not supported")


_DECODERS = {
    0: _take_number,
    1: _take_negative,
    2: _take_string,
    3: _take_text,
    4: _take_array,
    5: _take_map,
    7: _take_simple,
}
