"""COSE_Mac0: the vectors of cose-wg/Examples (HMac-enc-01, -04, mac-fail-07) and hostile bytes."""

from binascii import unhexlify

from protocols import cose
from protocols.errors import AuthError, DecodeError

KEY = unhexlify("849b57219dae48de646d07dbb533566e976686457c1491be3a76dcea6c427188")
TEXT = b"This is the content."
GOOD = unhexlify(
    "d18443a10105a054546869732069732074686520636f6e74656e742e5820"
    "a1a848d3471f9d61ee49018d244c824772f223ad4f935293f1789fc3a08d8c58"
)
FORGED = unhexlify(
    "d18443a10105a054546869732069732074686520636f6e74656e742e5820"
    "bb9e11ef2bd673f766a398d4e3fad78e0f0be2806bf73fb647471e40b3d98734"
)


def refuses(data, error):
    try:
        cose.open(data, cose.Mac(KEY))
    except error:
        return True
    return False


def test_seal_equals_the_published_vector():
    assert cose.seal(TEXT, cose.Mac(KEY)) == GOOD


def test_open_returns_the_payload():
    assert cose.open(GOOD, cose.Mac(KEY)) == TEXT


def test_a_forged_tag_is_refused():
    assert refuses(FORGED, AuthError)


def test_every_flipped_bit_is_refused():
    for i in range(len(GOOD)):
        for bit in range(8):
            bad = bytearray(GOOD)
            bad[i] ^= 1 << bit
            assert refuses(bytes(bad), (AuthError, DecodeError)), (i, bit)


def test_every_truncation_is_a_decode_error():
    for size in range(len(GOOD)):
        assert refuses(GOOD[:size], DecodeError), size


def test_the_span_of_the_payload_is_known_from_the_first_bytes():
    for size in (0, 23, 24, 255, 256, 900):
        sealed = cose.seal(bytes(size), cose.Mac(KEY))
        start, found = cose.payload_span(sealed[:16])
        assert (found, start + found + cose.TAG_BYTES + 2) == (size, len(sealed))
