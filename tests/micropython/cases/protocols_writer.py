"""The open block of a node: grows by samples, knows its size, fills holes, never overflows."""

from protocols import block, codes, cose
from protocols.paths import MAX_BLOCK_BYTES

START_MS = 1795456800123
CHANNELS = ((1, 2, 200), (2, -1, 1000), (3, 0, 1000))
MAC = cose.Mac(b"k")


def header(writer, node="a-node-of-16-bytes"[:16]):
    return block.Header(
        node, 0xFFFFFFFF, bytes(16), writer.first_ms, 3, 2, bytes(4), bytes(4), 70000, 70000
    )


def close(writer):
    return block.decode(writer.close(header(writer)))


def refuses(act, *args):
    try:
        act(*args)
    except ValueError:
        return True
    return False


def test_what_was_added_is_what_is_read():
    writer = block.Writer(CHANNELS)
    writer.event(START_MS, codes.EV_MISSED, (2, 5))
    for i in range(5):
        writer.add(1, START_MS + 200 * i, 10000 - 7 * i, codes.GOOD)
    writer.add(2, START_MS + 300, None, codes.OPEN_LOOP)
    assert (writer.samples, writer.events) == (6, 1)
    assert (writer.first_ms, writer.last_ms) == (START_MS, START_MS + 800)
    found = close(writer)
    assert found.series[0].values == [10000, 9993, 9986, 9979, 9972]
    assert found.series[1] == block.Series(2, -1, 1000, 300, [None], [codes.OPEN_LOOP])
    assert found.events == [block.Event(70001, START_MS, codes.EV_MISSED, (2, 5))]


def test_after_closing_the_next_block_begins_empty():
    writer = block.Writer(CHANNELS)
    fresh = writer.size
    assert writer.empty
    writer.add(1, START_MS, 1, codes.GOOD)
    assert not writer.empty
    close(writer)
    assert writer.empty and writer.size == fresh
    assert writer.first_ms is None and writer.last_ms is None
    writer.add(1, START_MS + 77, 5, codes.GOOD)
    assert close(writer).series == [block.Series(1, 2, 200, 0, [5], [codes.GOOD])]


def test_a_hole_is_filled_with_missed_slots_up_to_a_bound():
    writer = block.Writer(CHANNELS)
    writer.add(1, START_MS, 5, codes.GOOD)
    assert writer.room(1, START_MS + 600)
    writer.add(1, START_MS + 600, 6, codes.GOOD)
    assert not writer.room(1, START_MS + 600 + 200 * (block.MAX_HOLE + 2))
    found = close(writer).series[0]
    assert found.values == [5, None, None, 6]
    assert found.qualities == [codes.GOOD, codes.MISSED, codes.MISSED, codes.GOOD]


def test_a_time_off_the_schedule_needs_a_new_block():
    writer = block.Writer(CHANNELS)
    writer.add(1, START_MS, 5, codes.GOOD)
    for t_ms in (START_MS, START_MS - 200, START_MS + 100, START_MS + 201):
        assert not writer.room(1, t_ms)
        assert refuses(writer.add, 1, t_ms, 5, codes.GOOD)
    assert writer.samples == 1
    assert writer.room(2, START_MS + 100)


def test_a_block_may_begin_with_what_was_added_last():
    writer = block.Writer(CHANNELS)
    writer.event(START_MS + 150, codes.EV_CONFIG, (bytes(32),))
    writer.add(1, START_MS, 5, codes.GOOD)
    assert (writer.first_ms, writer.last_ms) == (START_MS, START_MS + 150)
    found = close(writer)
    assert found.events[0].t_ms == START_MS + 150
    assert found.series[0].offset_ms == 0


def test_a_full_block_stays_within_its_bound_and_wastes_little():
    writer = block.Writer(CHANNELS)
    i = 0
    while writer.room(1, START_MS + 200 * i):
        writer.add(1, START_MS + 200 * i, i * 1000 % 90000, (codes.GOOD, codes.SPIKE)[i & 1])
        i += 1
    assert writer.size >= MAX_BLOCK_BYTES - 160
    while writer.event(START_MS, codes.EV_MISSED, (1, 2)):
        pass
    size = writer.size
    assert not writer.event(START_MS, codes.EV_MISSED, (1, 2)) and writer.size == size
    sealed = cose.seal(writer.close(header(writer)), MAC)
    assert MAX_BLOCK_BYTES - 150 <= len(sealed) <= size <= MAX_BLOCK_BYTES


def test_an_alarm_finds_room_in_the_block_of_its_sample():
    writer = block.Writer(CHANNELS)
    i = 0
    while writer.room(1, START_MS + 200 * i):
        writer.add(1, START_MS + 200 * i, i, codes.GOOD)
        i += 1
    big = 0xFFFFFFFF
    assert writer.event(START_MS, codes.EV_ALARM, (1, 19, 1, 2, big, 1000, big, big, big))
    assert writer.event(START_MS, codes.EV_ALARM, (1, 4, 1, 2, big))


def test_an_event_that_no_block_can_hold_is_refused_loudly():
    writer = block.Writer(CHANNELS)
    assert refuses(writer.event, START_MS, codes.EV_CRASH, ("x" * 1000,))
    assert writer.empty


def test_a_value_beyond_every_instrument_is_recorded_as_saturated():
    writer = block.Writer(CHANNELS)
    for i, value in enumerate((0xFFFFFFFF, -0xFFFFFFFF, 1 << 32, 7)):
        writer.add(2, START_MS + 1000 * i, value, codes.GOOD)
    found = close(writer).series[0]
    assert found.values == [0xFFFFFFFF, -0xFFFFFFFF, None, 7]
    assert found.qualities[2] == codes.SATURATED


def test_a_missing_value_must_be_a_failure():
    writer = block.Writer(CHANNELS)
    assert refuses(writer.add, 1, START_MS, None, codes.GOOD)


def test_a_header_that_begins_after_its_block_is_refused():
    writer = block.Writer(CHANNELS)
    writer.add(1, START_MS + 1, 1, codes.GOOD)
    late = header(writer)
    writer.add(2, START_MS, 1, codes.GOOD)
    assert refuses(writer.close, late)
