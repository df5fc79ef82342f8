"""Argument layouts of events, and readers that meet older, newer and broken nodes."""

from protocols import block, codes, event, words


def fields(code, *args):
    return event.fields(block.Event(1, 1000, code, args))


def test_arguments_are_found_by_name():
    found = fields(
        codes.EV_ALARM, 1, codes.H | codes.PREDICTED, 1, 2, 10222, 930, 4100, 3000, 6200
    )
    assert found["condition"] == codes.H | codes.PREDICTED
    assert found["p_permille"] == 930
    assert found["tte90_ms"] == 6200


def test_missing_arguments_read_as_none():
    assert fields(codes.EV_ALARM, 1, codes.H, 1, 2, None)["p_permille"] is None
    assert fields(codes.EV_BOOT)["version"] is None


def test_further_arguments_are_ignored():
    assert fields(codes.EV_OVERWRITE, 3, 9, "later") == {"first_seq": 3, "last_seq": 9}


def test_arguments_of_an_unknown_event_are_kept_as_they_are():
    assert fields(99, 1, "two", None) == {"args": [1, "two", None]}


def test_arguments_of_a_wrong_type_read_as_none():
    for wrong in (1.5, [1], {1: 2}, b"x", True, None):
        assert fields(codes.EV_MISSED, wrong, 2) == {"ch": None, "slots": 2}
    found = fields(codes.EV_LIMIT, 1, 2, 3, 4, 5, 6, 7, 1, False)
    assert (found["latch"], found["predict"]) == (None, False)


def test_every_event_has_a_word_and_a_layout():
    numbers = [getattr(codes, name) for name in dir(codes) if name.startswith("EV_")]
    assert sorted(numbers) == sorted(code for code, _ in event.LAYOUTS)
    assert sorted(numbers) == sorted(code for code, _ in words.EVENTS)


def test_no_layout_names_an_argument_twice():
    for _, names in event.LAYOUTS:
        assert len(set(names)) == len(names)
