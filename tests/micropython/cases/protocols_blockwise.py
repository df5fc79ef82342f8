"""Block-wise answers: pieces that join to the whole, of whatever size a client asks for."""

from protocols import blockwise, coap
from protocols.coap import Message
from protocols.errors import DecodeError

WHOLE = bytes(range(256)) * 9 + b"end"


def cut(number=None, exponent=5, payload=WHOLE):
    options = ()
    if number is not None:
        options = (coap.uint_option(blockwise.BLOCK2, number << 4 | exponent),)
    return blockwise.cut(Message(coap.CON, coap.GET, 1, b"", options, b""), payload)


def fetch(exponent):
    """The whole, as a client puts it together."""
    found, number, tags = b"", 0, set()
    while True:
        piece, options = cut(number, exponent)
        (_, etag), (_, value) = options
        wish = int.from_bytes(value, "big")
        size = 16 << (wish & 7)
        assert (wish >> 4) * size == len(found) and len(piece) <= size
        found += piece
        tags.add(etag)
        if not wish & 8:
            return found, tags
        exponent = wish & 7
        number = len(found) // (16 << exponent)


def test_pieces_of_every_size_join_to_the_whole_under_one_etag():
    for exponent in range(7):
        found, tags = fetch(exponent)
        assert found == WHOLE and len(tags) == 1, exponent


def test_what_fits_is_not_cut_unless_the_client_wants_it():
    small = b"x" * blockwise.MAX_PLAIN_BYTES
    assert cut(payload=small) == (small, ())
    assert blockwise.cut(None, small) == (small, ())
    piece, options = cut(0, 2, small)
    assert len(piece) == 64 and len(options) == 2


def test_a_notification_begins_with_the_first_piece():
    piece, options = blockwise.cut(None, WHOLE)
    assert piece == WHOLE[:512] and options[1] == (blockwise.BLOCK2, b"\x0d")


def test_a_client_that_wants_larger_pieces_gets_ours():
    piece, options = cut(1, 6)  # 1024 bytes from 1024 on
    assert piece == WHOLE[1024:1536] and options[1][1] == b"\x2d"


def test_another_representation_has_another_etag():
    assert cut(0)[1][0] != cut(0, payload=WHOLE + b"!")[1][0]


def test_a_piece_that_is_not_there_is_refused():
    for number, exponent in ((5, 5), (1 << 19, 5), (0, 7), (145, 0)):
        try:
            cut(number, exponent)
        except DecodeError:
            continue
        raise AssertionError((number, exponent))


def test_nothing_is_a_representation_too():
    assert cut(payload=b"") == (b"", ())
    assert cut(0, payload=b"")[0] == b""
